//! A made-up cloud with one shop, the authority as a simulator in this process, and the program's commands.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use edef_sim::{Endpoint, Fault, FaultKind, Finalised, Often, Options, Simulator, spawn};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const OUTLET: &str = "KIN-1";
pub(crate) const NIM: &str = "CD01000001-1";

/// A folder with a configured cloud that does not run, and the authority.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) simulator: Simulator,
    key: String,
}

/// A cloud that runs; ended when it is dropped.
pub(crate) struct Cloud {
    process: Child,
    address: String,
    key: String,
}

const CONFIG: &str = "[http]\nlisten = \"127.0.0.1:0\"\n\n[signer]\npassphrase_file = \"passphrase\"\n\n[authority]\n\
    enabled = true\nhosts = [\"127.0.0.1\"]\nallow_loopback = true\n";

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path();
        fs::write(path.join("cloud.toml"), CONFIG).unwrap();
        write_secret(path, "passphrase", "correct horse\n");
        let simulator = spawn(Options::default()).unwrap();
        let mut bench = Self { folder, simulator, key: String::new() };
        bench.good("cloud rotate-key", &[]);
        bench.good("cloud outlet add --nif A2301457K --prefix KINONE --id", &[OUTLET]);
        bench.key = bench.good("cloud key new --outlet", &[OUTLET]).trim().to_owned();
        bench
    }

    /// The same, with the shop's e-MCF.
    pub(crate) fn with_machine() -> Self {
        let bench = Self::new();
        bench.write_token("token");
        let url = bench.simulator.url();
        bench.good(
            "edef machine add --nif A2301457K --isf STELALA-1 --token-file token",
            &["--nim", NIM, "--outlet", OUTLET, "--url", &url],
        );
        bench
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn token(&self) -> String {
        self.simulator.machines()[0].token.as_str().to_owned()
    }

    pub(crate) fn write_token(&self, name: &str) {
        write_secret(self.path(), name, &format!("{}\n", self.token()));
    }

    /// A command, as words with more arguments behind.
    pub(crate) fn command(&self, words: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
        command.args(words.split(' ')).args(more).current_dir(self.path());
        command
    }

    /// What it says, and with which code it ends.
    pub(crate) fn said(&self, words: &str, more: &[&str]) -> (String, i32) {
        let Output { stdout, stderr, status } = self.command(words, more).output().unwrap();
        (String::from_utf8([stdout, stderr].concat()).unwrap(), status.code().unwrap())
    }

    #[track_caller]
    pub(crate) fn good(&self, words: &str, more: &[&str]) -> String {
        let (text, code) = self.said(words, more);
        assert_eq!(code, 0, "{words} {more:?}: {text}");
        text
    }

    /// It is refused, for a reason with this in it.
    #[track_caller]
    pub(crate) fn bad(&self, words: &str, more: &[&str], part: &str) {
        let (text, code) = self.said(words, more);
        assert!(code == 2 && text.contains(part), "{words} {more:?}: {code} {text}");
    }

    pub(crate) fn run(&self) -> Cloud {
        let mut command = self.command("cloud run", &[]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening at http://").unwrap().to_owned();
        Cloud { process, address, key: self.key.clone() }
    }

    /// The next calls of a kind go wrong.
    pub(crate) fn fault(&self, kind: FaultKind, on: Endpoint) {
        let fault = Fault { kind, often: Often::Next(1), endpoint: Some(on), nim: None };
        self.simulator.change(|world, _, _| world.fault(fault)).unwrap();
    }

    /// What the authority finalised, the oldest first.
    pub(crate) fn finalised(&self) -> Vec<Finalised> {
        let nim = self.simulator.machines()[0].nim;
        self.simulator.look(|world| world.finalised(nim).cloned().collect())
    }

    /// Waits until the agent has found an invoice.
    #[track_caller]
    pub(crate) fn until_known(&self, number: &str) {
        let mut looks = 0;
        while self.said("edef show", &[number]).1 != 0 {
            looks += 1;
            assert!(looks < 1_200, "{number} is not found");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until an invoice is in a state, and shows it.
    #[track_caller]
    pub(crate) fn until(&self, number: &str, state: &str) -> String {
        let mut looks = 0;
        loop {
            looks += 1;
            let (shown, _) = self.said("edef show --lang en", &[number]);
            if shown.lines().next().is_some_and(|line| line.ends_with(&format!(" {state}"))) {
                return shown;
            }
            assert!(looks < 1_200, "{number} is not {state}: {shown}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Cloud {
    /// Sells two breads; the invoice.
    pub(crate) fn sell(&self) -> Value {
        self.seal(&sale("sale", "2", ""))
    }

    /// Takes all of an invoice back.
    pub(crate) fn void(&self, sold: &Value) -> Value {
        let number = sold["fiscal_number"].as_str().unwrap();
        let seq: u64 = number.rsplit('-').next().unwrap().parse().unwrap();
        let reference = format!(
            r#","reference":{{"nature":"RAN","outlet_id":"{OUTLET}","epoch":0,"invoice_seq":{seq},"auth_code":{}}}"#,
            sold["auth_code"]
        );
        self.seal(&sale("credit_note", "-2", &reference))
    }

    /// Once the signer is ready.
    fn seal(&self, body: &str) -> Value {
        let mut offers = 0;
        loop {
            offers += 1;
            let answer = self.offer(body);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            if head.starts_with("HTTP/1.1 201 ") {
                return serde_json::from_str(body).unwrap();
            }
            assert!(head.starts_with("HTTP/1.1 503 ") && offers < 1_200, "{answer}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn offer(&self, body: &str) -> String {
        let request = format!(
            "POST /api/v1/invoices?complete=true HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Cloud {
    /// In good order, so that nothing is in doubt by it.
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
    }
}

pub(crate) fn number_of(sold: &Value) -> &str {
    sold["fiscal_number"].as_str().unwrap()
}

pub(crate) fn write_secret(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
}

fn sale(kind: &str, quantity: &str, more: &str) -> String {
    // Two sales that are alike in all would be one.
    static SECOND: AtomicU32 = AtomicU32::new(0);
    let second = SECOND.fetch_add(1, Ordering::Relaxed) % 60;
    format!(
        r#"{{"outlet_id":"{OUTLET}","invoice_type":"{kind}","timestamp":"2026-03-14T08:00:{second:02}Z","pos_terminal_id":"TILL-1",
        "cashier_id":"GRACE","currency":"CDF","payments":[{{"method":"cash"}}],"items":[{{"code":"BREAD","description":"Pain",
        "quantity":{quantity},"unit_price":1500,"tax_group":"standard_vat"}}]{more}}}"#
    )
}
