//! What a cloud does when a device's certificate, connection or journal is not as it should be; vouchers and batches.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client};

use super::{Proxy, bench, expire, selling};
use crate::{
    bench::{Bench, payload},
    patience::{PATIENCE, eventually},
};

const SERIAL: &str = "DEF-000001";

#[test]
fn a_voucher_is_given_once_by_the_api_and_through_the_tunnel_alike() {
    let (bench, root) = bench("");
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
    let order = json!({ "fiscal_number": "KINGOMBE01-0-00000001" });
    let none = bench.say(1, "POST /api/v1/vouchers", Some(&order));
    assert_eq!((none.status, none.code().as_str()), (409, "CONFLICT"), "the cloud holds the line");
    let proxy = selling(&bench, root, SERIAL);
    let made = bench.say(1, "POST /api/v1/vouchers", Some(&order));
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(
        (&made.json()["device"], &made.json()["fiscal_number"]),
        (&json!(SERIAL), &order["fiscal_number"])
    );
    let asked = proxy.vouch(&order);
    assert_eq!((&asked["status"], &asked["ask"]), (&json!(201), &json!(1)), "{asked}");
    assert_eq!(asked["body"]["voucher"], made.json()["voucher"], "there is one");
    let unknown = proxy.vouch(&json!({ "fiscal_number": "KINGOMBE01-0-00000077" }));
    assert_eq!(
        (&unknown["status"], &unknown["body"]["code"]),
        (&json!(404), &json!("NOT_FOUND")),
        "{unknown}"
    );
}

#[test]
fn a_batch_goes_through_the_device_in_its_order() {
    let (bench, root) = bench("");
    let _proxy = selling(&bench, root, SERIAL);
    let one = |sale: u64, key: &str| json!({ "idempotency_key": key, "canonical": payload(sale) });
    let body = json!({ "invoices": [one(1, "batch-001"), { "idempotency_key": "batch-002", "canonical": "{}" },
        one(3, "batch-003"), one(3, "batch-004")] });
    let send = || {
        let answer = bench.say(1, "POST /api/v1/invoices/batch", Some(&body));
        assert_eq!(answer.status, 200, "{answer:?}");
        let results = answer.json()["results"].clone();
        let statuses: Vec<_> =
            results.as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect();
        (statuses, results)
    };
    let (statuses, results) = send();
    assert_eq!(statuses, [201, 422, 201, 409], "{results}");
    assert_eq!(
        (&results[2]["seal"]["device_id"], &results[2]["seal"]["invoice_seq"]),
        (&json!(SERIAL), &json!(2))
    );
    assert_eq!(send().0, [200, 422, 200, 409], "the same batch again changes nothing");
}

#[test]
fn an_invoice_of_an_expired_certificate_is_listed_and_reissued_and_holds_nothing_up() {
    let (bench, root) = bench("");
    let _proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    expire(&bench, SERIAL);
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    let listed = await_non_compliant(&bench);
    let number = "KINGOMBE01-0-00000001";
    let shown = &listed["non_compliant"][0];
    assert_eq!((&shown["fiscal_number"], &shown["device_id"]), (&json!(number), &json!(SERIAL)));
    assert_eq!((&shown["causes"], &shown["reissued_by"]), (&json!(["certificate_expired"]), &Value::Null));
    let status = client.get(&format!("/api/v1/invoices/{number}/status"), 1).json();
    assert_eq!(
        status["non_compliant"],
        json!({ "causes": ["certificate_expired"], "reissued_by": null }),
        "{status}"
    );

    let renewed = bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/rotation"), None);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    let line = format!("POST /api/v1/invoices/{number}/reissue");
    let again = bench.say(1, &line, None);
    assert_eq!((again.status, &again.json()["device_id"]), (201, &json!(SERIAL)), "{again:?}");
    let by = again.json()["fiscal_number"].clone();
    let read = await_invoice(&bench, by.as_str().unwrap());
    assert!(read["payload"].as_str().unwrap().contains(number), "{read}");
    let repeated = bench.say(1, &line, None);
    assert_eq!((repeated.status, &repeated.json()["fiscal_number"]), (200, &by), "{repeated:?}");
    let fine = bench.say(1, &format!("POST /api/v1/invoices/{}/reissue", by.as_str().unwrap()), None);
    assert_eq!((fine.status, fine.code().as_str()), (409, "CONFLICT"), "it breaks no rule");
    let listed = await_non_compliant(&bench);
    assert_eq!(
        (listed["non_compliant"].as_array().unwrap().len(), &listed["non_compliant"][0]["reissued_by"]),
        (1, &by)
    );
}

fn await_non_compliant(bench: &Bench) -> Value {
    eventually("something is listed", || {
        let listed = bench.client().get("/api/v1/outlets/KIN-GOMBE-01/non-compliant", 1).json();
        listed["non_compliant"].as_array().is_some_and(|all| !all.is_empty()).then_some(listed)
    })
}

#[test]
fn a_device_whose_certificate_has_ended_is_refused_until_it_has_another() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    expire(&bench, SERIAL);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let (_, said) = knock(&bench, &proxy);
    assert_eq!((&said["type"], &said["code"]), (&json!("refused"), &json!("CERTIFICATE_EXPIRED")), "{said}");
    let refused = bench.client().sell(1, None, &payload(1));
    assert_eq!((refused.status, refused.code().as_str()), (503, "DEVICE_UNREACHABLE"));
    let renewed = bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/rotation"), None);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    proxy.be_away(false);
    bench.await_device(SERIAL, |device| device["reachable"] == true);
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
}

#[test]
fn a_second_connection_of_a_device_takes_the_place_of_the_first() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let (mut first, welcome) = knock(&bench, &proxy);
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    proxy.be_away(false);
    // The first hears why, and its connection is over.
    let replaced = std::iter::from_fn(|| read(&mut first)).find(|said| said["type"] == "refused").unwrap();
    assert_eq!(replaced["code"], "REPLACED", "{replaced}");
    assert!(read(&mut first).is_none());
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what is tested is how long it takes")]
fn what_is_missing_however_often_it_is_read_is_read_twice_and_then_no_more() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    let first = client.sell(1, None, &payload(1));
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.lose(first.json()["position"].as_u64().unwrap() + 1);
    let begun = Instant::now();
    for number in 2.. {
        assert_eq!(client.sell(1, None, &payload(number)).status, 201, "no sale waits for it");
        if begun.elapsed() > Duration::from_secs(18) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1_500));
    }
    assert_eq!(proxy.read_again(), 2);
    // Once it is there, all of it is taken.
    proxy.lose(0);
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    proxy.be_away(false);
    assert_eq!(await_invoice(&bench, "KINGOMBE01-0-00000002")["device_id"], SERIAL);
}

/// An invoice, once the ledger has it.
fn await_invoice(bench: &Bench, number: &str) -> Value {
    eventually("it arrives", || {
        let answer = bench.client().get(&format!("/api/v1/invoices/{number}"), 1);
        (answer.status == 200).then(|| answer.json())
    })
}

type Socket = WebSocket<TcpStream>;

/// Connects beside the device's own proxy, with proof from the device; what the cloud says to that.
fn knock(bench: &Bench, proxy: &Proxy) -> (Socket, Value) {
    let stream = TcpStream::connect(bench.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut socket, _) = client(format!("ws://{}{}", bench.address, tunnel::PATH), stream).unwrap();
    let key = proxy.ask("QRY|STATUS")["public_key_id"].clone();
    let hello = json!({ "type": "hello", "protocol": 1, "proxy_version": "test", "device": SERIAL, "public_key_id": key });
    socket.send(Message::text(hello.to_string())).unwrap();
    let challenge = read(&mut socket).unwrap();
    let presence = proxy.ask(&format!("QRY|PROOF {}", json!({ "challenge": challenge["challenge"] })));
    let proof = json!({ "type": "presence", "presence": presence });
    socket.send(Message::text(proof.to_string())).unwrap();
    let said = read(&mut socket).unwrap();
    (socket, said)
}

fn read(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.read().ok()? {
            Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}
