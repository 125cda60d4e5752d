//! The cloud as a newcomer starts it, and as an operator runs it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::Duration,
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
    send(address, &format!("{request}Host: test\r\nConnection: close\r\n\r\n"))
}

fn send(address: &str, text: &str) -> String {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
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
    let secrets = ["passphrase", "api-key", "merchant-key", "operator-key", "keys.json", "ledger.sqlite"];
    assert_eq!(secrets.map(secret), [0o600; 6]);
    let second = said(folder.path(), &up);
    assert!(second.contains("38 invoices were sealed before"), "{second}");
    let before: Vec<String> = rows(&first).iter().map(|row| format!("{row}  sealed before")).collect();
    assert_eq!(rows(&second), before);

    // The same folder is a cloud for the other commands.
    let config = "cloud/cloud.toml";
    let doctor = run(folder.path(), &["doctor", "--config", config]);
    let said_by_doctor = String::from_utf8(doctor.stdout).unwrap();
    assert!(
        said_by_doctor.contains("seals with key") && said_by_doctor.contains("2 registered"),
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
fn a_second_shop_sells_by_its_device_and_the_numbers_go_on_when_the_cloud_takes_the_line() {
    let folder = TempDir::new().unwrap();
    let rows = |said: &str| said.lines().filter(|line| line.starts_with("LUBKAMAL01-0-")).count();
    let (up, said) = serve(folder.path());
    assert_eq!(rows(&said), 6, "{said}");
    assert!(said.contains("DEF-000001") && said.contains("activated by the code"), "{said}");
    let address = address_in(&said).to_owned();
    let key = fs::read_to_string(folder.path().join("my cloud/merchant-key")).unwrap();
    let ask_as_merchant = |method: &str, path: &str, media: &str, body: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\
             Host: test\r\nConnection: close\r\n\r\n{body}",
            key.trim(),
            body.len()
        );
        send(&address, &head)
    };
    let device = ask_as_merchant("GET", "/api/v1/devices/DEF-000001", "application/json", "");
    assert!(device.contains(r#""state":"active""#) && device.contains("not_after"), "{device}");
    let mode = "/api/v1/outlets/LUB-KAMALONDO-01/mode";
    let switched = ask_as_merchant("PUT", mode, "application/json", r#"{"mode":"cloud"}"#);
    assert!(switched.starts_with("HTTP/1.1 200 "), "{switched}");
    let sale = r#"{"outlet_id":"LUB-KAMALONDO-01","invoice_type":"sale","timestamp":"2026-03-14T08:00:00Z",
        "pos_terminal_id":"TILL-1","cashier_id":"GRACE","currency":"CDF","payments":[{"method":"cash"}],
        "items":[{"code":"BREAD","description":"Pain","quantity":2,"unit_price":1500,"tax_group":"standard_vat"}]}"#;
    let sealed = ask_as_merchant("POST", "/api/v1/invoices?complete=true", "application/json", sale);
    assert!(sealed.contains("LUBKAMAL01-0-00000007") && sealed.contains("CLOUD-01"), "{sealed}");
    up.terminate();
    drop(up);
    // It goes on as it was left: the cloud has the line.
    let again = self::said(folder.path(), &["up", "--dir", "my cloud", "--port", "0", "--once"]);
    assert_eq!(rows(&again), 6, "{again}");
    assert!(again.contains("6 invoices were sealed before") && !again.contains("activated by"), "{again}");
}

#[test]
fn it_serves_after_the_day_until_it_is_ended() {
    let folder = TempDir::new().unwrap();
    let (mut up, address) = start(folder.path(), &["up", "--dir", "cloud", "--port", "0"], "address");
    let ready = (0..2_400).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
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

/// `up`, and all that it says before it serves.
fn serve(folder: &Path) -> (Running, String) {
    let arguments = ["up", "--dir", "my cloud", "--port", "0"];
    let mut up = Running(command(folder, &arguments).stdout(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(up.0.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("Serving until Ctrl-C") {
        assert!(out.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    (up, said)
}

fn address_in(said: &str) -> &str {
    said.lines().find_map(|line| line.trim().strip_prefix("address")).unwrap().trim()
}

/// What a shell makes of a line of curl; where there is no curl, the same by hand.
fn paste(folder: &Path, line: &str, address: &str) -> String {
    let shell = |text: &str| {
        let output = Command::new("sh").args(["-c", text]).current_dir(folder).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    if Command::new("curl").arg("--version").output().is_ok() {
        return shell(line);
    }
    let (_, body) = line.split_once("-d ").unwrap();
    let body = shell(&format!("printf %s {body}"));
    let key = fs::read_to_string(folder.join("my cloud/api-key")).unwrap();
    let head = format!(
        "POST /api/v1/invoices?complete=true HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n",
        key.trim()
    );
    let answer = send(
        address,
        &format!("{head}Content-Length: {}\r\nHost: test\r\nConnection: close\r\n\r\n{body}", body.len()),
    );
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[test]
fn the_sale_that_it_suggests_is_sealed_when_it_is_pasted_and_the_documentation_is_there() {
    let folder = TempDir::new().unwrap();
    let (_up, said) = serve(folder.path());
    let address = address_in(&said);
    let begins = said.find("curl -s 'http").unwrap();
    let line = &said[begins..][..said[begins..].find("\n  }'").unwrap() + 5];
    assert!(line.contains("?complete=true") && line.contains("api-key"), "{line}");
    let sealed = paste(folder.path(), line, address);
    assert!(sealed.contains("\"fiscal_number\":\"KINGOMBE01-0-00000039\""), "{line}\n{sealed}");
    assert!(said.contains(&format!("{address}/docs")) && said.contains("Authorize"), "{said}");
    assert!(ask(address, "GET /docs HTTP/1.1\r\n").starts_with("HTTP/1.1 200 "));
    assert!(said.contains(&format!("{address}/authority")), "{said}");
    assert!(ask(address, "GET /authority HTTP/1.1\r\n").starts_with("HTTP/1.1 200 "));
    let simulator = said.lines().find_map(|line| line.strip_prefix("  authority ")).unwrap();
    assert!(said.contains(&format!("  {simulator}/\n")), "{said}");
    let host = simulator.strip_prefix("http://").unwrap();
    let page = send(simulator, &format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
}

#[test]
fn a_cloud_that_runs_knows_a_new_key_at_once_and_a_revoked_one_no_more() {
    let folder = TempDir::new().unwrap();
    let (_up, shown) = serve(folder.path());
    let address = address_in(&shown);
    let config = ["--config", "my cloud/cloud.toml"];
    let new = ["cloud", "key", "new", "--outlet", "KIN-GOMBE-01", "--role", "cashier", "--name", "till 2"];
    let key = said(folder.path(), &[&new[..], &config].concat());
    let request = format!("GET /api/v1/invoices HTTP/1.1\r\nAuthorization: Bearer {}\r\n", key.trim());
    assert!(ask(address, &request).starts_with("HTTP/1.1 200 "));
    let list = said(folder.path(), &[&["cloud", "key", "list"][..], &config].concat());
    assert!(!list.contains(key.trim()), "{list}");
    let mut lines = list.lines().filter(|line| line.ends_with("till 2"));
    let id = lines.next().unwrap().split(' ').next().unwrap();
    let revoked = said(folder.path(), &[&["cloud", "key", "revoke", id][..], &config].concat());
    assert!(revoked.contains("revoked at"), "{revoked}");
    let refused = (0..1_200).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        ask(address, &request).starts_with("HTTP/1.1 401 ")
    });
    assert!(refused);
    let list = said(folder.path(), &[&["cloud", "key", "list"][..], &config].concat());
    assert!(list.lines().any(|line| line.starts_with(id) && line.contains("revoked 20")), "{list}");
}

#[test]
fn a_folder_of_an_older_version_is_told_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let old =
        "[http]\nlisten = \"127.0.0.1:0\"\n\n[[api_keys]]\nhash = \"sha256:00\"\noutlet = \"KIN-GOMBE-01\"\n";
    fs::create_dir(folder.path().join("cloud")).unwrap();
    fs::write(folder.path().join("cloud/cloud.toml"), old).unwrap();
    let output = run(folder.path(), &["up", "--dir", "cloud", "--port", "0", "--once"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("older version"), "{said}");
    assert!(said.contains("[[api_keys]]") && said.contains("--dir"), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("cloud")).unwrap().count(), 1);
}

#[test]
fn a_folder_that_is_no_clouds_and_a_port_in_use_are_told_before_anything_is_made() {
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
    assert!(!folder.path().join("cloud").exists());
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
    let (_, added, _) = with(&add);
    assert!(added.contains("no merchant had the NIF A2301457K, so he was made"), "{added}");
    assert!(added.contains("KINONE-0-00000001"), "{added}");
    let (code, _, fault) = with(&add);
    assert!(code == 2 && fault.contains("this outlet id is taken"), "{fault}");
    let other = ["cloud", "outlet", "add", "--id", "KIN-2", "--nif", "A2301457K", "--prefix", "KINTWO"];
    assert!(!with(&other).1.contains("no merchant"));
    let (code, key, about) = with(&["cloud", "key", "new", "--outlet", "KIN-1"]);
    assert!(code == 0 && key.starts_with("stk_") && key.lines().count() == 1, "{key}");
    assert!(about.contains("manager") && !about.contains(key.trim()), "{about}");
    let (code, said_by_doctor, _) = with(&["doctor"]);
    assert!(code == 0 && said_by_doctor.contains("This cloud can serve."), "{said_by_doctor}");
    let (code, _, fault) = with(&["cloud", "key", "new"]);
    assert!(code == 2 && fault.contains("--operator"), "{fault}");
}

#[test]
fn merchants_keys_people_and_tax_manifests_are_made_where_the_database_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    fs::write(path.join("cloud.toml"), "").unwrap();
    let good = |arguments: &[&str]| {
        let output = run(path, arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let bad = |arguments: &[&str], word: &str| {
        let output = run(path, arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && said.contains(word), "{arguments:?}: {said}");
    };
    bad(&["cloud", "key", "list"], "ledger.sqlite");
    let add = ["cloud", "merchant", "add", "--nif", "A2301457K", "--name", "Maman Nzuzi"];
    assert!(good(&add).0.starts_with("mer_"));
    bad(&add, "this nif is taken");
    bad(&["cloud", "key", "new", "--merchant", "B0000001A"], "cloud merchant add");
    bad(&["cloud", "key", "new", "--outlet", "NOWHERE"], "cloud outlet add");
    bad(&["cloud", "key", "new", "--operator", "--role", "cashier"], "the platform has operators");
    bad(&["cloud", "key", "new", "--operator", "--expires", "2020-01-01T00:00:00Z"], "not in the future");
    bad(&["cloud", "key", "new", "--operator", "--per-second", "5"], "--burst");
    let limited = ["cloud", "key", "new", "--merchant", "A2301457K", "--per-second", "500", "--burst", "900"];
    good(&[&limited[..], &["--expires", "2100-01-01T00:00:00Z", "--name", "ERP"]].concat());
    let list = good(&["cloud", "key", "list"]).0;
    assert!(list.contains("good until 2100-01-01T00:00:00Z, 500/s  ERP"), "{list}");

    let invite = ["cloud", "user", "invite", "--email", "grace@example.cd", "--name", "Grace"];
    bad(&invite, "--operator");
    bad(&[&invite[..], &["--merchant", "A2301457K"]].concat(), "--role");
    let (token, about) = good(&[&invite[..], &["--merchant", "A2301457K", "--role", "owner"]].concat());
    assert!(token.starts_with("sti_") && token.lines().count() == 1, "{token}");
    assert!(about.contains("/api/v1/invitations/accept") && !about.contains(token.trim()), "{about}");
    bad(
        &[&invite[..], &["--merchant", "A2301457K", "--role", "cashier"]].concat(),
        "e-mail address is taken",
    );
    assert!(good(&[&invite[..], &["--operator"]].concat()).1.contains("operator"));

    let groups = good(&["cloud", "manifest", "show"]).0;
    fs::write(path.join("groups.json"), &groups).unwrap();
    assert!(good(&["cloud", "manifest", "import", "groups.json"]).0.contains("version 1"));
    assert_eq!(good(&["cloud", "manifest", "show", "--version", "1"]).0, groups);
    fs::write(path.join("groups.json"), groups.replace("0.16", "0.17")).unwrap();
    bad(&["cloud", "manifest", "import", "groups.json"], "groups.json");
    bad(&["cloud", "manifest", "show", "--version", "2"], "no such tax manifest");
}

#[test]
fn the_document_of_the_api_is_printed() {
    let folder = TempDir::new().unwrap();
    let document: serde_json::Value =
        serde_json::from_str(&said(folder.path(), &["cloud", "openapi"])).unwrap();
    assert!(document["paths"]["/api/v1/invoices"]["post"].is_object());
}
