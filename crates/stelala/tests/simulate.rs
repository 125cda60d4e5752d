//! The simulator as a program: a state directory, a COM port, signals and power cuts.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

const PAYLOAD: &str = include_str!("../../../examples/day/001-bread-and-eggs.json");
/// A COMMIT that is refused.
const UNKNOWN: &str = r#"TXN|COMMIT {"nonce":"00000000000000000000000000000000"}"#;

struct Bench {
    state: PathBuf,
    link: PathBuf,
}

impl Bench {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self { state: folder.join("state"), link: folder.join("port") }
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
        command.args(["device", "simulate", "--state"]).arg(&self.state).arg("--link").arg(&self.link);
        command.args(more);
        command
    }

    /// Starts it and waits for its line; what it said.
    fn start(&self, more: &[&str]) -> Simulator {
        let mut process = self.command(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        while !said.contains("listening at") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Simulator { process, said }
    }

    /// Starts it where it has to refuse; what it said.
    fn refused(&self, more: &[&str]) -> String {
        let output = self.command(more).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn authority(&self, what: &str, more: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
        command
            .args(["authority", what, "--device", "DEF-000001", "--keys"])
            .arg(self.state.join("authority"));
        let output = command.args(more).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    fn ask(&self, request: &str) -> Value {
        ask(&mut self.port(), request)
    }

    /// The host's end of the port.
    fn port(&self) -> File {
        OpenOptions::new().read(true).write(true).open(&self.link).unwrap()
    }

    /// Prepares a sale of its own; the request that commits it.
    fn prepared(&self, sale: usize) -> String {
        let payload = PAYLOAD.replace("C-01", &format!("C-{sale:02}"));
        let prepared = self.ask(&format!("TXN|PREPARE {payload}"));
        let nonce = prepared["nonce"].as_str().unwrap_or_else(|| panic!("{prepared}"));
        format!("TXN|COMMIT {{\"nonce\":\"{nonce}\"}}")
    }

    /// Sends a COMMIT at which the power is to fail, and waits until it did.
    fn dies_of(&self, simulator: &mut Simulator, commit: &str) {
        let mut port = self.port();
        port.write_all(framed(commit).as_bytes()).unwrap();
        assert_eq!(simulator.process.wait().unwrap().code(), Some(9));
        assert!(!matches!(port.read(&mut [0; 16]), Ok(1..)), "nothing is answered");
    }

    fn flash(&self) -> Vec<u8> {
        fs::read(self.state.join("flash")).unwrap()
    }

    /// Binds the device, and sets its clock.
    fn bind(&self) {
        let shop = ["--nif", "A2301457K", "--outlet", "KIN-GOMBE-01", "--prefix", "KING"];
        let operator = fs::read_to_string(self.state.join("authority/operator.pem")).unwrap();
        let init = json!({ "activation_code": self.authority("activate", &shop), "public_key": operator });
        assert_eq!(self.ask(&format!("CFG|INIT {init}"))["status"], "OK");
        let challenge = self.ask("QRY|STATUS")["challenge"].as_str().unwrap().to_owned();
        let setting = self.authority("time", &["--challenge", &challenge, "--json"]);
        assert_eq!(self.ask(&format!("CFG|TIME {setting}"))["status"], "OK");
    }
}

fn ask(port: &mut File, request: &str) -> Value {
    port.write_all(framed(request).as_bytes()).unwrap();
    answer(port)
}

fn framed(request: &str) -> String {
    format!("\u{2}{request}\u{3}")
}

fn answer(port: &mut File) -> Value {
    try_answer(port).unwrap()
}

fn try_answer(port: &mut File) -> io::Result<Value> {
    let (mut reply, mut byte) = (Vec::new(), [0]);
    loop {
        port.read_exact(&mut byte)?;
        match byte {
            [2] => reply.clear(),
            [3] => return Ok(serde_json::from_slice(&reply).unwrap()),
            [other] => reply.push(other),
        }
    }
}

struct Simulator {
    process: Child,
    said: String,
}

impl Simulator {
    fn signal(&mut self, name: &str) -> std::process::ExitStatus {
        let signal = Command::new("kill").arg(format!("-{name}")).arg(self.process.id().to_string()).status();
        assert!(signal.unwrap().success());
        self.process.wait().unwrap()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_first_start_makes_a_device_and_keys_and_a_signal_ends_it() {
    for signal in ["INT", "TERM"] {
        let bench = Bench::new(&format!("first_start_{signal}"));
        let mut simulator = bench.start(&[]);
        assert!(simulator.said.contains("made a development authority in"), "{}", simulator.said);
        let ready = format!("as DEF-000001 (state {})\n", bench.state.display());
        assert!(simulator.said.ends_with(&ready), "{}", simulator.said);
        let status = bench.ask("QRY|STATUS");
        assert_eq!((&status["lifecycle"], &status["clock"]), (&json!("factory"), &json!("lost")), "{status}");
        assert_eq!(status["storage"]["capacity_bytes"], 64 << 20);
        assert!(simulator.signal(signal).success(), "SIG{signal}");
        assert!(bench.link.symlink_metadata().is_err(), "the link is removed");
    }
}

#[test]
fn a_device_survives_kill_9_and_a_change_of_its_battery() {
    let bench = Bench::new("survives");
    let mut simulator = bench.start(&["--flash-mib", "1"]);
    bench.bind();
    let before = bench.ask("QRY|STATUS");
    assert!(!simulator.signal("KILL").success());
    assert!(bench.link.symlink_metadata().is_ok(), "a power cut tidies nothing");

    let mut simulator = bench.start(&[]);
    assert!(!simulator.said.contains("authority"), "{}", simulator.said);
    let after = bench.ask("QRY|STATUS");
    for same in ["lifecycle", "outlet_id", "public_key_id", "clock", "corrupt"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!((&after["lifecycle"], &after["clock"]), (&json!("provisioned"), &json!("ok")));
    simulator.signal("TERM");

    let _simulator = bench.start(&["--clock-lost"]);
    assert_eq!(bench.ask("QRY|STATUS")["clock"], "lost");
}

#[test]
fn a_state_directory_is_one_device_for_ever() {
    let bench = Bench::new("one_device");
    let mut simulator = bench.start(&["--serial", "DEF-000007", "--flash-mib", "1"]);
    assert!(bench.refused(&[]).contains("in use by another simulator"));
    simulator.signal("TERM");
    assert!(bench.refused(&["--serial", "DEF-000008"]).contains("is the device DEF-000007, not DEF-000008"));
    assert!(bench.refused(&["--flash-mib", "2"]).contains("has a flash of 1 MiB, not 2"));
    let other = Bench::new("another_device");
    other.start(&[]).signal("TERM");
    let root = other.state.join("authority/root.pem");
    assert!(bench.refused(&["--root", root.to_str().unwrap()]).contains("obeys another root"));

    let own = bench.state.join("authority/root.pem");
    let again = bench.start(&["--serial", "DEF-000007", "--root", own.to_str().unwrap(), "--flash-mib", "1"]);
    assert_eq!(bench.ask("QRY|STATUS")["device_id"], "DEF-000007");
    drop(again);
    fs::remove_file(bench.state.join("factory.json")).unwrap();
    assert!(bench.refused(&[]).contains("has a flash and no factory.json"));
}

#[test]
fn a_named_root_needs_no_new_keys() {
    let keys = Bench::new("named_root_keys");
    keys.start(&[]).signal("TERM");
    let bench = Bench::new("named_root");
    let root = keys.state.join("authority/root.pem");
    let simulator = bench.start(&["--root", root.to_str().unwrap()]);
    assert!(!simulator.said.contains("authority"), "{}", simulator.said);
    assert!(!bench.state.join("authority").exists());
}

#[test]
fn power_fails_on_demand_within_a_commit_or_just_after_it() {
    // The number that the next invoice gets once the power is back, and what was decided about a torn record.
    for (when, next, torn) in [("in-commit=1", 1, true), ("after-commit=1", 2, false)] {
        let bench = Bench::new(&format!("power_fails_{when}"));
        bench.start(&["--flash-mib", "1"]);
        let mut simulator = bench.start(&["--power-fails", when]);
        bench.bind();
        bench.dies_of(&mut simulator, &bench.prepared(1));
        let _simulator = bench.start(&[]);
        let status = bench.ask("QRY|STATUS");
        assert_eq!(status["next_invoice_seq"], next, "{when}");
        assert_eq!(!status["recovery"].is_null(), torn, "{when}: {}", status["recovery"]);
    }
    assert!(
        Bench::new("power_fails_wrong").refused(&["--power-fails", "in-commit=0"]).contains("in-commit=N")
    );
}

#[test]
fn only_a_request_to_commit_counts_however_its_bytes_arrive() {
    let bench = Bench::new("power_counts");
    let mut simulator = bench.start(&["--flash-mib", "1", "--power-fails", "after-commit=3"]);
    bench.bind();
    let spoken = PAYLOAD.replace("Pain baguette 200 g", "TXN|COMMIT TXN|COMMIT TXN|COMMIT");
    assert_eq!(bench.ask(&format!("TXN|PREPARE {spoken}"))["status"], "OK", "an article may be called so");
    let mut port = bench.port();
    port.write_all(b"TXN|COMMIT outside of a frame").unwrap();
    for sale in 1..=2 {
        let commit = framed(&bench.prepared(sale));
        let (begin, end) = commit.split_at(7);
        port.write_all(begin.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        port.write_all(end.as_bytes()).unwrap();
        assert_eq!(answer(&mut port)["invoice_seq"], sale, "it is not the third");
    }
    bench.dies_of(&mut simulator, &bench.prepared(3));
}

/// Three requests in one write, of which the second cuts the power, and the answer to the first. A terminal whose other
/// end is gone before it was read has lost what it held, on a machine that is busy: then all is begun again.
fn answered_before_the_cut(when: &str) -> (Bench, Simulator, File, Value) {
    for attempt in 0..10 {
        let bench = Bench::new(&format!("power_fails_among_{when}_{attempt}"));
        let simulator = bench.start(&["--flash-mib", "1", "--power-fails", when]);
        bench.bind();
        let requests = [UNKNOWN.to_owned(), bench.prepared(1), "QRY|STATUS".to_owned()];
        let mut port = bench.port();
        port.write_all(requests.map(|request| framed(&request)).concat().as_bytes()).unwrap();
        if let Ok(first) = try_answer(&mut port) {
            return (bench, simulator, port, first);
        }
    }
    panic!("{when}: the first was never answered");
}

#[test]
fn of_several_requests_in_one_write_the_one_is_cut_that_is_meant() {
    for (when, next) in [("in-commit=2", 1), ("after-commit=2", 2)] {
        let (bench, mut simulator, mut port, first) = answered_before_the_cut(when);
        assert_eq!(first["code"], "INVALID_NONCE", "{when}: the first is answered");
        assert!(!matches!(port.read(&mut [0; 16]), Ok(1..)), "{when}: the others are not");
        assert_eq!(simulator.process.wait().unwrap().code(), Some(9), "{when}");
        let _simulator = bench.start(&[]);
        assert_eq!(bench.ask("QRY|STATUS")["next_invoice_seq"], next, "{when}");
    }
}

#[test]
fn a_commit_that_is_refused_cuts_nothing_and_the_next_that_is_sealed_is_meant() {
    for (when, next) in [("in-commit=2", 2), ("after-commit=2", 3)] {
        let bench = Bench::new(&format!("power_refused_{when}"));
        let mut simulator = bench.start(&["--flash-mib", "1", "--power-fails", when]);
        bench.bind();
        let commit = bench.prepared(1);
        let sealed = bench.ask(&commit);
        assert_eq!(sealed["invoice_seq"], 1);
        for _ in 0..3 {
            assert_eq!(bench.ask(UNKNOWN)["code"], "INVALID_NONCE", "{when}");
        }
        if when.starts_with("in") {
            assert_eq!(bench.ask(&commit), sealed, "what is sealed already is not written again");
        }
        assert_eq!(bench.ask("QRY|STATUS")["next_invoice_seq"], 2, "{when}: it lives");
        bench.dies_of(&mut simulator, &bench.prepared(2));
        let _simulator = bench.start(&[]);
        assert_eq!(bench.ask("QRY|STATUS")["next_invoice_seq"], next, "{when}");
    }
}

/// Where the records of a sector stand, in bytes (`docs/journal.md`).
const SECTOR: usize = 4096;
const RECORDS: std::ops::Range<usize> = 120..4088;

/// Which bytes of the flash were programmed between.
fn programmed(before: &[u8], after: &[u8]) -> Vec<usize> {
    (0..after.len()).filter(|at| before[*at] != after[*at]).collect()
}

fn opens_a_sector(programmed: &[usize]) -> bool {
    programmed.iter().any(|at| at.is_multiple_of(SECTOR))
}

/// The first sale of which the record opens a sector.
fn first_that_opens_a_sector() -> usize {
    let bench = Bench::new("power_sector");
    let _simulator = bench.start(&["--flash-mib", "1"]);
    bench.bind();
    let opens = |sale: &usize| {
        let commit = bench.prepared(*sale);
        let before = bench.flash();
        assert_eq!(bench.ask(&commit)["invoice_seq"], *sale);
        opens_a_sector(&programmed(&before, &bench.flash()))
    };
    (1..30).find(opens).unwrap()
}

#[test]
fn power_fails_in_the_contents_of_a_record_also_when_it_opens_a_sector() {
    let first = first_that_opens_a_sector();
    for cut in [first - 1, first] {
        let bench = Bench::new(&format!("power_sector_{cut}"));
        let when = format!("in-commit={cut}");
        let mut simulator = bench.start(&["--flash-mib", "1", "--power-fails", &when]);
        bench.bind();
        for sale in 1..cut {
            assert_eq!(bench.ask(&bench.prepared(sale))["invoice_seq"], sale);
        }
        let commit = bench.prepared(cut);
        let before = bench.flash();
        bench.dies_of(&mut simulator, &commit);
        let programmed = programmed(&before, &bench.flash());
        assert_eq!(opens_a_sector(&programmed), cut == first);
        let of_record = programmed.iter().filter(|at| RECORDS.contains(&(**at % SECTOR))).count();
        // The envelope has 6 bytes, all of the record has hundreds.
        assert!((10..200).contains(&of_record), "{cut}: {of_record} bytes");
        let _simulator = bench.start(&[]);
        let status = bench.ask("QRY|STATUS");
        assert_eq!((&status["next_invoice_seq"], &status["corrupt"]), (&json!(cut), &Value::Null), "{cut}");
        assert_eq!(status["recovery"]["decision"], "retired", "{cut}: {status}");
    }
}

#[test]
fn a_simulator_ends_with_standard_input_where_it_is_told_to() {
    let bench = Bench::new("while_stdin");
    let mut process = bench
        .command(&["--flash-mib", "1", "--while-stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut said, mut out) = (String::new(), BufReader::new(process.stdout.take().unwrap()));
    while !said.contains("listening at") {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
    }
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(b"words are not heard\n").unwrap();
    assert_eq!(bench.ask("QRY|STATUS")["lifecycle"], "factory");
    drop(stdin);
    assert!(process.wait().unwrap().success());
    assert!(bench.link.symlink_metadata().is_err(), "the link is removed");
}
