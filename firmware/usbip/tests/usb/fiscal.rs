//! A fiscal memory sells over USB.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use def_protocol::Base64Url;
use def_trials::{
    Authority, Sale,
    authority::{OPENING, at},
};
use def_usb::PATIENCE_MS;
use serde_json::{Value, json};

use crate::{
    desk::{SERIAL, Table, fiscal_memory},
    host::SOON,
    port::Port,
};

fn sale(number: u32) -> String {
    Sale::of("CAISSE-1", at(OPENING), 5, number).payload()
}

#[track_caller]
fn answer(port: &mut Port) -> Value {
    serde_json::from_str(&port.read_frame(SOON).expect("an answer")).unwrap()
}

#[track_caller]
fn ask(port: &mut Port, request: &str) -> Value {
    port.send_frame(request);
    loop {
        let answer = answer(port);
        if answer["status"] != "WAIT" {
            return answer;
        }
    }
}

#[track_caller]
fn ok(port: &mut Port, request: &str) -> Value {
    let answer = ask(port, request);
    assert_eq!(answer["status"], "OK", "{request}: {answer}");
    answer
}

#[track_caller]
fn prepare(port: &mut Port, payload: &str) -> String {
    let prepared = ok(port, &format!("TXN|PREPARE {payload}"));
    format!(r#"TXN|COMMIT {{"nonce":{}}}"#, prepared["nonce"])
}

fn shop() -> (Table, Port) {
    let table = fiscal_memory();
    let mut port = Port::open(table.address());
    ok(&mut port, &Authority::new(SERIAL).initialisation());
    (table, port)
}

#[test]
fn a_sale_is_prepared_committed_and_found_again() {
    let (table, mut port) = shop();
    for number in 1..=3 {
        let commit = prepare(&mut port, &sale(number));
        let sealed = ok(&mut port, &commit);
        assert_eq!(sealed["invoice_seq"], number);
        let log = ok(&mut port, &format!("QRY|LOG 0/{number}"));
        assert!(log.to_string().contains(sealed["auth_code"].as_str().unwrap()), "{log}");
    }
    assert_eq!(ok(&mut port, "QRY|STATUS")["next_invoice_seq"], 4);
    table.expect_alive();
}

#[test]
fn a_request_is_answered_however_it_is_cut() {
    let (_table, mut port) = shop();
    let commit = prepare(&mut port, &sale(1));
    let request = crate::port::frame(&commit);
    let first = ok(&mut port, &commit);
    for cut in 1..request.len() {
        port.send(&request[..cut]);
        port.send(&request[cut..]);
        let again = answer(&mut port);
        assert_eq!(again["auth_code"], first["auth_code"], "cut at {cut}: {again}");
    }
}

#[test]
fn a_sale_of_a_host_that_does_not_read_is_sealed() {
    let (_table, mut port) = shop();
    let commit = prepare(&mut port, &sale(1));
    // Long answers that it does not read, and the sale behind them.
    for _ in 0..8 {
        port.send_frame("QRY|LOG 0/1");
        port.send_frame("QRY|STATUS");
    }
    port.send_frame(&commit);
    std::thread::sleep(Duration::from_millis(PATIENCE_MS + 1_000));
    port.reopen();
    assert_eq!(ok(&mut port, "QRY|STATUS")["next_invoice_seq"], 2);
    // The same bytes again: the seal that there is.
    let again = ask(&mut port, &format!("TXN|PREPARE {}", sale(1)));
    assert_eq!((&again["code"], &again["invoice_seq"]), (&json!("REPLAY_DETECTED"), &json!(1)), "{again}");
}

#[test]
fn a_sale_whose_host_is_unplugged_is_sealed_or_not_and_the_next_host_can_tell() {
    let (table, mut port) = shop();
    for number in 1..=6 {
        let payload = sale(number);
        let commit = prepare(&mut port, &payload);
        port.send_frame(&commit);
        drop(port);
        port = Port::open(table.address());
        let again = ask(&mut port, &format!("TXN|PREPARE {payload}"));
        let sealed = match again["nonce"].as_str() {
            Some(nonce) => ok(&mut port, &format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)),
            None => again,
        };
        assert_eq!(sealed["invoice_seq"], number, "{sealed}");
    }
    table.expect_alive();
}

/// The program, with a device in that directory.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    fn start(state: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_usbip"))
            .args(["--listen", "127.0.0.1:0", "--state"])
            .arg(state)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split(' ').nth(2).unwrap().parse().unwrap();
        assert_eq!(line, format!("listening at {address} as {SERIAL} (busid 1-1)\n"));
        Self { child, address }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn the_program_keeps_its_sales_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(SERIAL);
    let root = authority.factory().root.to_pem().to_string();
    let made = json!({"serial": SERIAL, "realm": "development", "root": root, "flash_mib": 1});
    fs::write(folder.path().join("factory.json"), made.to_string()).unwrap();

    let program = Program::start(folder.path());
    let mut port = Port::open(program.address);
    ok(&mut port, &authority.initialisation());
    let challenge = ok(&mut port, "QRY|STATUS")["challenge"].as_str().unwrap().parse().unwrap();
    let signature = authority.time(at(OPENING), challenge, None);
    let signature = Base64Url(signature.as_bytes());
    ok(&mut port, &format!(r#"CFG|TIME {{"timestamp":"{OPENING}","signature":"{signature}"}}"#));
    let commit = prepare(&mut port, &sale(1));
    let sealed = ok(&mut port, &commit);
    drop(program);

    let program = Program::start(folder.path());
    let mut port = Port::open(program.address);
    let log = ok(&mut port, "QRY|LOG 0/1");
    assert!(log.to_string().contains(sealed["auth_code"].as_str().unwrap()), "{log}");
}

#[test]
fn the_program_says_where_to_get_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_usbip")).arg("--state").arg(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("stelala device simulate"));
}
