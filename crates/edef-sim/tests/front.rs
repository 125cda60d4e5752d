//! The service behind HTTP, as a client meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]
#![allow(clippy::disallowed_methods, reason = "how late an answer comes is measured")]

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use edef_sim::{Endpoint, Fault, FaultKind, Moment, Often, Options, Simulator, Wanted, spawn};
use serde_json::{Value, json};

/// What came back; None when the connection ended without an answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.body))
    }
}

fn ask(simulator: &Simulator, verb: &str, path: &str, headers: &[&str], body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(simulator.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let host = format!("Host: {}", simulator.address());
    let host =
        if headers.iter().any(|header| header.starts_with("Host:")) { None } else { Some(host.as_str()) };
    let headers: Vec<&str> = headers.iter().copied().chain(host).collect();
    let length = body.len();
    let request = format!(
        "{verb} {path} HTTP/1.1\r\n{}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}",
        headers.join("\r\n")
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut said = String::new();
    match stream.read_to_string(&mut said) {
        Ok(_) => {}
        Err(fault) if fault.kind() == ErrorKind::ConnectionReset => {}
        Err(fault) => panic!("{fault}"),
    }
    let (head, body) = said.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
}

fn token(simulator: &Simulator, index: usize) -> String {
    format!("Authorization: Bearer {}", simulator.machines()[index].token.as_str())
}

fn call(simulator: &Simulator, verb: &str, path: &str, body: &str) -> Option<Answer> {
    ask(simulator, verb, path, &[&token(simulator, 0)], body)
}

const JSON: &str = "Content-Type: application/json";

fn sale() -> String {
    json!({
        "nif": "A2301457K", "rn": "F-1", "mode": "ttc", "type": "FV",
        "items": [{ "type": "BIE", "name": "Pain <b>", "price": 1160, "quantity": 2, "taxGroup": "B" }],
    })
    .to_string()
}

fn uid(simulator: &Simulator) -> String {
    let said = call(simulator, "POST", "/api/invoice", &sale()).unwrap().json();
    said["uid"].as_str().unwrap_or_else(|| panic!("{said}")).to_owned()
}

fn confirm(simulator: &Simulator) -> Option<Answer> {
    call(simulator, "PUT", &format!("/api/invoice/{}/confirm", uid(simulator)), "{}")
}

fn once(simulator: &Simulator, kind: FaultKind, endpoint: Endpoint) {
    let fault = Fault { kind, often: Often::Next(1), endpoint: Some(endpoint), nim: None };
    simulator.change(|world, _, _| world.fault(fault)).unwrap();
}

fn finalised(simulator: &Simulator) -> usize {
    let nim = simulator.machines()[0].nim;
    simulator.look(|world| world.finalised(nim).count())
}

#[test]
fn a_sale_is_requested_and_confirmed_over_http() {
    let simulator = spawn(Options::default()).unwrap();
    let answer = confirm(&simulator).unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert_eq!(answer.json()["codeDEFDGI"].as_str().unwrap().len(), 24);
    assert_eq!(ask(&simulator, "GET", "/edef/api/invoice", &[], "").unwrap().status, 401);
    assert_eq!(call(&simulator, "DELETE", "/api/invoice", "").unwrap().status, 405);
}

#[test]
fn a_lost_answer_ends_the_connection_without_a_byte() {
    let simulator = spawn(Options::default()).unwrap();
    once(&simulator, FaultKind::Lost(Moment::After), Endpoint::Confirm);
    assert!(confirm(&simulator).is_none());
    assert_eq!(finalised(&simulator), 1);
    once(&simulator, FaultKind::Lost(Moment::Before), Endpoint::Confirm);
    assert!(confirm(&simulator).is_none());
    assert_eq!(finalised(&simulator), 1);
    assert!(confirm(&simulator).is_some());
}

#[test]
fn retry_after_is_a_header() {
    let simulator = spawn(Options::default()).unwrap();
    let kind = FaultKind::Status { status: 429, moment: Moment::After, retry_after: Some(7) };
    once(&simulator, kind, Endpoint::Confirm);
    let answer = confirm(&simulator).unwrap();
    assert_eq!((answer.status, finalised(&simulator)), (429, 1));
    assert!(answer.head.contains("retry-after: 7"), "{}", answer.head);
}

#[test]
fn a_slow_answer_is_late() {
    let simulator = spawn(Options::default()).unwrap();
    once(&simulator, FaultKind::Slow(300), Endpoint::Status);
    let before = Instant::now();
    call(&simulator, "GET", "/api/invoice", "").unwrap();
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[test]
fn confirms_of_one_e_mcf_take_turns_and_other_calls_do_not() {
    let machines = vec![Wanted::of("A2301457K"); 2];
    let latency = Duration::from_secs(1);
    let simulator = spawn(Options { machines, latency, ..Options::default() }).unwrap();
    let all = |paths: Vec<(&str, String)>| {
        let before = Instant::now();
        thread::scope(|scope| {
            for (verb, path) in &paths {
                scope.spawn(|| call(&simulator, verb, path, "{}").unwrap());
            }
        });
        before.elapsed()
    };
    let uids: Vec<String> = (0..4).map(|_| uid(&simulator)).collect();
    let path = |uid: &String| ("PUT", format!("/api/invoice/{uid}/confirm"));
    assert!(all(uids.iter().map(path).collect()) >= 4 * latency);
    assert_eq!(finalised(&simulator), 4);
    let statuses = vec![("GET", "/api/invoice".to_owned()); 4];
    assert!(all(statuses) < 4 * latency);
}

#[test]
fn a_restart_with_a_file_loses_nothing_and_adds_the_e_mcfs_that_are_missing() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options { state: Some(folder.path().join("edef.db")), ..Options::default() };
    let simulator = spawn(options()).unwrap();
    let (machine, waits) = (simulator.machines()[0].token.clone(), uid(&simulator));
    confirm(&simulator).unwrap();
    assert!(spawn(options()).is_err(), "a file is of one simulator");
    drop(simulator);
    let simulator = spawn(Options { machines: vec![Wanted::of("A2301457K"); 3], ..options() }).unwrap();
    assert_eq!((simulator.machines().len(), &simulator.machines()[0].token), (3, &machine));
    let answer = call(&simulator, "PUT", &format!("/api/invoice/{waits}/confirm"), "{}").unwrap();
    assert_eq!(answer.json()["counters"], "2/2 FV");
}

#[test]
fn a_file_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Chère Madame, ".repeat(100)).unwrap();
    let fault = spawn(Options { state: Some(path), ..Options::default() }).unwrap_err().to_string();
    assert!(fault.contains("letter.txt"), "{fault}");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let first = spawn(Options::default()).unwrap();
    let fault = spawn(Options { listen: first.address(), ..Options::default() }).unwrap_err().to_string();
    assert!(fault.contains("choose another address"), "{fault}");
}

#[test]
fn its_own_api_shows_and_sets_what_is_inside() {
    let simulator = spawn(Options::default()).unwrap();
    let set = |verb: &str, path: &str, body: Value| {
        ask(&simulator, verb, path, &[JSON], &body.to_string()).unwrap_or_else(|| panic!("{path}"))
    };
    let made = set("POST", "/simulator/machines", json!({ "nif": "B1", "profile": "parent" }));
    assert_eq!(made.json()["nim"], "CD01000002-1");
    let fault = set(
        "POST",
        "/simulator/faults",
        json!({ "kind": { "lost": "after" }, "often": { "next": 1 }, "on": "confirm" }),
    );
    assert_eq!(fault.json()["id"], 0);
    let path = "/simulator/machines/CD01000001-1";
    assert_eq!(
        set("POST", &format!("{path}/rates"), json!({ "from": "2026-01-01", "rates": { "B": 18 } })).status,
        200
    );
    let currency = json!({ "type": "GBP", "date": "2026-01-01", "rate": "3500.5" });
    assert_eq!(set("POST", &format!("{path}/currency"), currency).status, 200);
    let settings = json!({ "life_ms": 60000, "most_pending": 5, "clock_skew_ms": 0 });
    assert_eq!(set("PUT", "/simulator/settings", settings).json()["most_pending"], 5);
    assert!(confirm(&simulator).is_none());
    uid(&simulator);
    let state = ask(&simulator, "GET", "/simulator/state", &[], "").unwrap().json();
    assert_eq!(state["machines"][0]["pending"].as_array().unwrap().len(), 1);
    assert_eq!((&state["invoices"][0]["total"], &state["faults"]), (&json!(2320), &json!([])));
    assert_eq!(state["log"][1]["delivery"], "lost after");
    set("POST", "/simulator/expire", json!({ "nim": "CD01000001-1" }));
    assert_eq!(call(&simulator, "GET", "/api/invoice", "").unwrap().json()["pendingRequestsCount"], 0);
    let invoices = |after: u64| {
        let path = format!("{path}/invoices?after={after}");
        ask(&simulator, "GET", &path, &[], "").unwrap().json().as_array().unwrap().len()
    };
    assert_eq!((invoices(0), invoices(1)), (1, 0));
    let old = token(&simulator, 0);
    let renewed = set("POST", &format!("{path}/token"), json!({ "life_ms": 1000 }));
    assert!(renewed.json()["token"].is_string());
    assert_eq!(ask(&simulator, "GET", "/api/invoice", &[&old], "").unwrap().status, 401);
}

#[test]
fn its_own_api_says_what_is_wrong() {
    let simulator = spawn(Options::default()).unwrap();
    let status = |verb: &str, path: &str, headers: &[&str], body: &str| {
        ask(&simulator, verb, path, headers, body).unwrap().status
    };
    assert_eq!(status("POST", "/simulator/faults", &["Content-Type: text/plain"], "{}"), 415);
    assert_eq!(status("POST", "/simulator/faults", &[JSON], "{}"), 400);
    let never = r#"{"kind":"no_code","often":{"next":0}}"#;
    assert_eq!(status("POST", "/simulator/faults", &[JSON], never), 422);
    assert_eq!(status("DELETE", "/simulator/faults/9", &[], ""), 422);
    let path = "/simulator/machines/CD77777777-1/token";
    assert_eq!(status("POST", path, &[JSON], r#"{"life_ms":1}"#), 404);
    let taken = r#"{"nif":"A","nim":"CD01000001-1"}"#;
    assert_eq!(status("POST", "/simulator/machines", &[JSON], taken), 422);
}

#[test]
fn the_page_takes_nothing_from_elsewhere_and_nobody_else_takes_it() {
    let simulator = spawn(Options::default()).unwrap();
    for path in ["/", "/simulator/page.js", "/simulator/page.css"] {
        let answer = ask(&simulator, "GET", path, &[], "").unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.head.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(!answer.body.contains("http:") && !answer.body.contains("https:"), "{path}");
        assert!(!answer.body.contains("innerHTML"), "{path}");
    }
    for host in
        ["Host: evil.example", "Host: evil.example:80", "Host: 192.0.2.1", "Host: 127.0.0.1.evil.example"]
    {
        assert_eq!(ask(&simulator, "GET", "/simulator/state", &[host], "").unwrap().status, 403, "{host}");
        assert_eq!(ask(&simulator, "GET", "/", &[host], "").unwrap().status, 403, "{host}");
    }
    for host in ["Host: localhost:9300", "Host: [::1]:9300", "Host: 127.0.0.2"] {
        assert_eq!(ask(&simulator, "GET", "/simulator/state", &[host], "").unwrap().status, 200, "{host}");
    }
}

#[test]
fn forty_e_mcfs_at_once_each_keep_their_counters() {
    const MACHINES: usize = 40;
    const EACH: usize = 5;
    let machines = vec![Wanted::of("A2301457K"); MACHINES];
    let simulator = spawn(Options { machines, ..Options::default() }).unwrap();
    thread::scope(|scope| {
        for index in 0..MACHINES {
            let simulator = &simulator;
            scope.spawn(move || {
                let token = token(simulator, index);
                for number in 1..=EACH {
                    let said = ask(simulator, "POST", "/api/invoice", &[&token], &sale()).unwrap().json();
                    let path = format!("/api/invoice/{}/confirm", said["uid"].as_str().unwrap());
                    let said = ask(simulator, "PUT", &path, &[&token], "{}").unwrap().json();
                    assert_eq!(said["counters"], format!("{number}/{number} FV"));
                }
            });
        }
    });
    assert!(simulator.machines().iter().all(|machine| machine.finalised == EACH as u64));
}
