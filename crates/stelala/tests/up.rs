//! The cloud as a newcomer starts it, and as an operator runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stelala"));
    command.args(arguments).current_dir(folder);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A process that is ended by its id whatever happens.
struct Running(Child);

impl Running {
    fn terminate(&self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a command, and reads what it says until a line begins so; the rest of that line.
fn start(folder: &Path, arguments: &[&str], mark: &str) -> (Running, String) {
    let mut process = Running(command(folder, arguments).stdout(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(process.0.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert!(out.read_line(&mut line).unwrap() > 0, "it ended before it said {mark:?}");
        if let Some(rest) = line.trim().strip_prefix(mark) {
            let rest = rest.trim().to_owned();
            // It goes on writing: its output stays open.
            std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
            return (process, rest);
        }
    }
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(format!("{request}Host: test\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_cloud_comes_up_from_nothing_sells_the_day_once_and_goes_on_with_it() {
    let folder = TempDir::new().unwrap();
    let up = ["up", "--dir", "cloud", "--port", "0", "--once"];
    let first = said(folder.path(), &up);
    let rows = |said: &str| {
        said.lines().filter(|line| line.starts_with("KINGOMBE01-0-")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(first.contains("38 invoices sealed."), "{first}");
    assert_eq!(rows(&first).len(), 38);
    let secret =
        |name: &str| folder.path().join("cloud").join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(["passphrase", "api-key", "keys.json", "ledger.sqlite"].map(secret), [0o600; 4]);
    let second = said(folder.path(), &up);
    assert!(second.contains("38 invoices were sealed before"), "{second}");
    let before: Vec<String> = rows(&first).iter().map(|row| format!("{row}  sealed before")).collect();
    assert_eq!(rows(&second), before);

    // The same folder is a cloud for the other commands.
    let config = "cloud/cloud.toml";
    let doctor = run(folder.path(), &["doctor", "--config", config]);
    let said_by_doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        said_by_doctor.contains("seals with key") && said_by_doctor.contains("1 registered"),
        "{said_by_doctor}"
    );
    let mut variables = command(folder.path(), &["cloud", "run", "--config", config]);
    variables.env("STELALA_HTTP_LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = Running(variables.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening at ").unwrap();
    let key = fs::read_to_string(folder.path().join("cloud/api-key")).unwrap();
    let request = format!(
        "GET /api/v1/invoices/KINGOMBE01-0-00000038 HTTP/1.1\r\nAuthorization: Bearer {}\r\n",
        key.trim()
    );
    let shown = ask(address, &request);
    assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("qr_payload"), "{shown}");
    running.terminate();
    assert_eq!(running.0.wait().unwrap().code(), Some(0), "it ends in good order");
}

#[test]
fn it_serves_after_the_day_until_it_is_ended() {
    let folder = TempDir::new().unwrap();
    let (mut up, address) = start(folder.path(), &["up", "--dir", "cloud", "--port", "0"], "address");
    let ready = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        ask(&address, "GET /readyz HTTP/1.1\r\n").starts_with("HTTP/1.1 200 ")
    });
    assert!(ready);
    up.terminate();
    // While it sells or after: a signal ends it, and the next start goes on.
    up.0.wait().unwrap();
    let again = said(folder.path(), &["up", "--dir", "cloud", "--port", "0", "--once"]);
    assert_eq!(again.lines().filter(|line| line.starts_with("KINGOMBE01-0-")).count(), 38);
    assert!(again.contains("KINGOMBE01-0-00000038") && !again.contains("KINGOMBE01-0-00000039"));
}

#[test]
fn a_folder_that_is_no_clouds_and_a_port_in_use_are_told() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine"), "mine").unwrap();
    let output = run(folder.path(), &["up", "--dir", ".", "--once"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("is not empty and no cloud's"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let output = run(folder.path(), &["up", "--dir", "cloud", "--port", &port, "--once"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("--port"), "{said}");
}

#[test]
fn an_operator_makes_a_cloud_by_its_commands_and_the_doctor_says_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let missing = run(path, &["doctor"]);
    assert_eq!(missing.status.code(), Some(2), "there is no configuration");
    assert!(String::from_utf8(missing.stderr).unwrap().contains("stelala cloud config > cloud.toml"));
    fs::write(path.join("cloud.toml"), said(path, &["cloud", "config"])).unwrap();
    let with = |arguments: &[&str]| {
        let mut command = command(path, arguments);
        let output = command
            .env("STELALA_PASSPHRASE", "correct horse")
            .env("STELALA_HTTP_LISTEN", "127.0.0.1:0")
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said_by_doctor, _) = with(&["doctor"]);
    assert!(
        code == 1 && said_by_doctor.contains("BAD   signer") && said_by_doctor.contains("rotate-key"),
        "{said_by_doctor}"
    );
    let (code, rotated, fault) = with(&["cloud", "rotate-key"]);
    assert!(code == 0 && rotated.starts_with("CLOUD-01 seals with key "), "{rotated}{fault}");
    let add = ["cloud", "outlet", "add", "--id", "KIN-1", "--nif", "A2301457K", "--prefix", "KINONE"];
    assert!(with(&add).1.contains("KINONE-0-00000001"));
    let (code, _, fault) = with(&add);
    assert!(code == 2 && fault.contains("exists already"), "{fault}");
    let (code, key, lines) = with(&["cloud", "key", "new", "--outlet", "KIN-1"]);
    assert!(code == 0 && key.starts_with("stk_") && !lines.contains(key.trim()), "{lines}");
    let (_, table) = lines.split_once("\n\n").unwrap();
    let mut config = fs::read_to_string(path.join("cloud.toml")).unwrap();
    config.push_str(table);
    fs::write(path.join("cloud.toml"), config).unwrap();
    let (code, said_by_doctor, _) = with(&["doctor"]);
    assert!(code == 0 && said_by_doctor.contains("This cloud can serve."), "{said_by_doctor}");
    let (code, _, fault) = with(&["cloud", "key", "new"]);
    assert!(code == 2 && fault.contains("--operator"), "{fault}");
}
