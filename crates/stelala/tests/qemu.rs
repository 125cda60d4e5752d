//! The device in QEMU, as far as it needs no QEMU: what is refused, and that the power is cut in order however the
//! program ends. The device itself is in `tests/def_host.py` and `tests/def_power_cuts.py`, which `./test` runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

/// A machine that says that it is ready, echoes one line of what its UART hears, and stops when it is told to: slowly,
/// never or not, if a file of that name is there.
const FAKE_QEMU: &str = r#"#!/bin/sh
echo $$ > pid
echo "$*" > arguments
echo on >> events
echo '{"QMP": {}}'
read -r command <&1
echo '{"return": {}}'
printf '\n' >&0
exec 3<&0
(read -r line <&3 && echo "heard $line" >&3) &
while read -r command <&1; do
    echo "$command" >> commands
    echo '{"event": "STOP"}'
    [ -e never ] && continue
    [ -e refuses ] && echo '{"error": {"desc": "the disk is full"}}' && continue
    [ -e slowly ] && sleep 1
    echo off >> events
    echo '{"return": {}}'
done
"#;
/// Says where the firmware is, without a look at it.
const FAKE_CARGO: &str = r#"#!/bin/sh
echo "$*" >> calls
echo '{"reason":"compiler-artifact","target":{"name":"qemu"},"executable":"firmware.elf"}'
"#;
const ENDS_AT_ONCE: &str = "#!/bin/sh\necho 'no such machine' >&2\nexit 1\n";
const FIRMWARE_ENDS: &str = r#"#!/bin/sh
echo '{"QMP": {}}'
read -r command <&1
echo '{"return": {}}'
printf '\n' >&0
echo 'firmware: the firmware panicked' >&2
exit 1
"#;

struct Bench {
    folder: PathBuf,
}

impl Bench {
    /// With this program as QEMU.
    fn new(test: &str, qemu: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("qemu").join(test);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("bin")).unwrap();
        fs::write(folder.join("firmware.elf"), "not looked at").unwrap();
        let bench = Self { folder };
        if !qemu.is_empty() {
            bench.put("qemu-system-arm", qemu);
        }
        bench
    }

    /// A program that is found before the system's.
    fn put(&self, name: &str, script: &str) {
        let program = self.folder.join("bin").join(name);
        fs::write(&program, script).unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Has the fake QEMU stop in another way.
    fn stops(&self, how: &str) {
        fs::write(self.folder.join(how), "").unwrap();
    }

    fn command(&self, board: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
        command.args(["device", board, "--state", "state", "--link", "port"]).args(more);
        let path = format!("{}:/usr/bin:/bin", self.folder.join("bin").display());
        command.current_dir(&self.folder).env("PATH", path);
        command
    }

    fn refused(&self, more: &[&str]) -> String {
        said(self.command("qemu", &[&["--firmware", "firmware.elf"], more].concat()).output().unwrap())
    }

    fn start(&self) -> Running {
        self.start_with(&["--firmware", "firmware.elf"])
    }

    fn start_with(&self, more: &[&str]) -> Running {
        let mut command = self.command("qemu", more);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("listening at port as DEF-000001") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Running(process)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Whether the fake QEMU is gone, or soon is.
    fn is_off(&self) -> bool {
        let process = PathBuf::from("/proc").join(self.read("pid").trim());
        (0..6_000).any(|_| {
            thread::sleep(Duration::from_millis(20));
            !process.exists()
        })
    }
}

struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()).status();
        assert!(sent.unwrap().success());
    }
}

impl Running {
    /// How it ends and what it says then.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut told = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        (self.0.wait().unwrap().code(), told)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn said(output: Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn signals_cut_the_power_in_order_and_leave_nothing() {
    for signal in ["INT", "TERM"] {
        let bench = Bench::new(&format!("signal-{signal}"), FAKE_QEMU);
        let mut running = bench.start();
        running.signal(signal);
        assert_eq!(running.0.wait().unwrap().code(), Some(0));
        assert_eq!(bench.read("commands").trim(), r#"{"execute":"stop"}"#);
        assert!(bench.is_off());
        assert!(!bench.folder.join("port").is_symlink());
    }
}

#[test]
fn kill_9_is_a_power_cut_too_and_leaves_no_machine_behind() {
    let bench = Bench::new("kill", FAKE_QEMU);
    let mut running = bench.start();
    running.signal("KILL");
    running.0.wait().unwrap();
    assert!(bench.is_off());
    assert_eq!(bench.read("commands").trim(), r#"{"execute":"stop"}"#);
    // The next one finds the flashes free.
    drop(bench.start());
}

#[test]
fn a_start_at_once_after_kill_9_waits_until_the_first_machine_is_off() {
    let bench = Bench::new("kill-at-once", FAKE_QEMU);
    bench.stops("slowly");
    let mut running = bench.start();
    running.signal("KILL");
    running.0.wait().unwrap();
    let _next = bench.start();
    assert_eq!(bench.read("events"), "on\noff\non\n");
}

#[test]
fn a_machine_that_does_not_stop_in_order_is_a_failure_that_says_what_to_do() {
    for (how, why) in [("refuses", "the disk is full"), ("never", "did not answer within 10 seconds")] {
        let bench = Bench::new(how, FAKE_QEMU);
        bench.stops(how);
        let mut running = bench.start();
        running.signal("TERM");
        let (code, told) = running.ended();
        assert!(code.is_some_and(|code| ![0, 9].contains(&code)), "{code:?}");
        assert!(told.contains(why) && told.contains("compare `stelala device status`"), "{told}");
        assert!(bench.is_off());
    }
}

#[test]
fn a_power_failure_that_was_asked_for_is_none_when_the_machine_does_not_stop_in_order() {
    for (how, expected) in [("in-order", true), ("refuses", false)] {
        let bench = Bench::new(&format!("power-fails-{how}"), FAKE_QEMU);
        bench.stops(how);
        let mut running = bench.start_with(&["--firmware", "firmware.elf", "--power-fails", "in-commit=1"]);
        let mut port = OpenOptions::new().write(true).open(bench.folder.join("port")).unwrap();
        let nonce = "A7".repeat(16);
        port.write_all(format!("\u{2}TXN|COMMIT {{\"nonce\":\"{nonce}\"}}\u{3}").as_bytes()).unwrap();
        let (code, told) = running.ended();
        assert_eq!(code == Some(9), expected, "{code:?} {told}");
        assert_eq!(told.contains("may have lost what it answered last"), !expected, "{told}");
    }
}

#[test]
fn cargo_is_asked_at_each_start_what_the_firmware_is_made_of() {
    let bench = Bench::new("cargo", FAKE_QEMU);
    bench.put("cargo", FAKE_CARGO);
    fs::create_dir_all(bench.folder.join("firmware/qemu")).unwrap();
    fs::write(bench.folder.join("firmware/qemu/Cargo.toml"), "").unwrap();
    for _ in 0..2 {
        drop(bench.start_with(&[]));
    }
    assert!(bench.is_off());
    assert!(bench.read("arguments").contains("-kernel firmware.elf"));
    let calls = bench.read("firmware/calls");
    assert_eq!(calls.lines().count(), 2, "{calls}");
    assert!(calls.lines().all(|call| call.contains("build") && call.contains("--package qemu")), "{calls}");
}

#[test]
fn the_port_is_the_machines_uart() {
    let bench = Bench::new("port", FAKE_QEMU);
    let _running = bench.start();
    let mut port: File = OpenOptions::new().read(true).write(true).open(bench.folder.join("port")).unwrap();
    port.write_all(b"a word\n").unwrap();
    let mut heard = [0; 13];
    port.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"heard a word\n");
}

#[test]
fn the_flashes_are_whole_parts_and_the_second_has_the_factory_page() {
    let bench = Bench::new("images", FAKE_QEMU);
    drop(bench.start());
    assert!(bench.is_off());
    let read = |name: &str| fs::read(bench.folder.join("state").join(name)).unwrap();
    assert!(read("flash").len() == 8 << 20 && read("flash").iter().all(|byte| *byte == 0xFF));
    let element = read("secure-element");
    let page = def_engine::FactoryPage::read(&element).unwrap();
    assert_eq!((page.serial.as_str(), page.sectors), ("DEF-000001", 2_048));
    assert!(element.len() == 8 << 20 && element[256..].iter().all(|byte| *byte == 0xFF));
    let arguments = bench.read("arguments");
    assert!(
        arguments.contains("file=state/flash") && arguments.contains("-kernel firmware.elf"),
        "{arguments}"
    );
}

#[test]
fn a_machine_that_ends_by_itself_is_a_failure_that_says_why() {
    let bench = Bench::new("ends", ENDS_AT_ONCE);
    let told = bench.refused(&[]);
    assert!(told.contains("no such machine") && told.contains("the machine stopped"), "{told}");
    let bench = Bench::new("panics", FIRMWARE_ENDS);
    let told = bench.refused(&[]);
    assert!(told.contains("the firmware panicked") && told.contains("the machine stopped"), "{told}");
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let bench = Bench::new("missing", "");
    let mut command = bench.command("qemu", &["--firmware", "firmware.elf"]);
    let told = said(command.env("PATH", bench.folder.join("bin")).output().unwrap());
    assert!(told.contains("apt-get install qemu-system-arm"), "{told}");
    let told = said(bench.command("qemu", &["--firmware", "nowhere.elf"]).output().unwrap());
    assert!(told.contains("nowhere.elf: no firmware there"), "{told}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    command.args(["device", "qemu", "--state", "/nowhere/state", "--link", "/nowhere/port"]);
    let told = said(command.current_dir("/").output().unwrap());
    assert!(told.contains("run this in a clone of the repository"), "{told}");
}

#[test]
fn a_device_stays_what_it_is() {
    let bench = Bench::new("same", FAKE_QEMU);
    drop(bench.start());
    assert!(bench.refused(&["--serial", "DEF-000002"]).contains("is the device DEF-000001"));
    assert!(bench.refused(&["--flash-kib", "1024"]).contains("has a flash of 8 MiB, not 1 MiB"));
    assert!(bench.refused(&["--flash-kib", "1022"]).contains("a multiple of 4"));
    let told = said(bench.command("simulate", &[]).output().unwrap());
    assert!(told.contains("one of `stelala device qemu`"), "{told}");
    let image = OpenOptions::new().write(true).open(bench.folder.join("state/flash")).unwrap();
    image.set_len(4096).unwrap();
    assert!(bench.refused(&[]).contains("restore it from a copy"));
}
