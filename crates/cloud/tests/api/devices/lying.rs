//! Devices and proxies whose answers are not what they deliver, and receipts of what breaks a rule.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};

use super::{Proxy, bench, selling};
use crate::{
    bench::{Bench, Client, payload},
    patience::eventually,
};

const SERIAL: &str = "DEF-000001";
const OFTEN: &str = "[limits]\npublic_per_second = 1000\npublic_burst = 1000\n";

fn warns(device: &Value, of: &str) -> bool {
    device["warnings"].as_array().is_some_and(|all| all.contains(&json!(of)))
}

fn verified(client: &mut Client, seal: &Value, code: &str) -> (u16, Value) {
    let number = seal["fiscal_number"].as_str().unwrap();
    let answer = client.ask(&format!("GET /api/v1/verify/{number}?auth_code={code}"), &[], None);
    (answer.status, answer.json())
}

fn await_verified(bench: &Bench, seal: &Value) -> Value {
    eventually("it is said to be sealed", || {
        let (status, said) = verified(&mut bench.client(), seal, seal["auth_code"].as_str().unwrap());
        (status == 200).then_some(said)
    })
}

#[test]
fn what_a_lost_device_delivers_late_is_true_and_said_to_break_a_rule() {
    let (bench, root) = bench(OFTEN);
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    let good = client.sell(1, None, &payload(1)).json();
    let said = await_verified(&bench, &good);
    assert_eq!(
        (&said["compliant"], &said["causes"], &said["notice"]),
        (&json!(true), &json!([]), &Value::Null)
    );
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.hold_back(true);
    let late = client.sell(1, None, &payload(2));
    assert_eq!(late.status, 201, "{late:?}");
    let late = late.json();
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    assert_eq!(bench.switch(&json!({ "mode": "cloud", "force": true, "reason": "lost" })).status, 200);
    assert_eq!(
        verified(&mut client, &late, late["auth_code"].as_str().unwrap()).0,
        404,
        "it is not here yet"
    );
    proxy.hold_back(false);
    proxy.be_away(false);
    let said = await_verified(&bench, &late);
    assert_eq!((&said["valid"], &said["compliant"]), (&json!(true), &json!(false)), "{said}");
    assert!(said["causes"].as_array().unwrap().contains(&json!("key_ended")), "{said}");
    assert!(said["notice"].as_str().unwrap().contains("breaks a rule"), "{said}");
    let qr = json!({ "qr": late["qr_payload"] }).to_string();
    let by_qr = client.ask("POST /api/v1/verify/qr", &[("Content-Type", "application/json")], Some(&qr));
    assert_eq!((by_qr.status, by_qr.json()), (200, said));
    // Who has not seen it hears of it as little as of what is not there.
    let (wrong, unknown) = (verified(&mut client, &late, "0000000000000000"), {
        let unknown = json!({ "fiscal_number": "KINGOMBE01-0-00000077" });
        verified(&mut client, &unknown, "0000000000000000")
    });
    assert_eq!((wrong.0, &wrong), (404, &unknown));
    assert_eq!(await_verified(&bench, &good)["compliant"], true, "what was delivered before stays good");
}

#[test]
fn a_proxy_that_sealed_what_it_said_it_did_not_is_found_out() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    proxy.lie(true);
    let denied = bench.client().sell(1, None, &payload(1));
    assert_eq!((denied.status, denied.code().as_str()), (503, "DEVICE_UNREACHABLE"));
    bench.await_device(SERIAL, |device| warns(device, "answered_falsely"));
}

#[test]
fn a_device_that_delivers_another_record_than_it_answered_with_is_offered_no_more_sales() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    proxy.hold_back(true);
    let to = copied(&bench);
    assert_eq!(client.sell(1, None, &payload(2)).status, 201);
    drop(proxy);
    let _copy = Proxy::start(bench.address, to, SERIAL, root, None);
    bench.await_device(SERIAL, |device| warns(device, "forked"));
    let refused = client.sell(1, None, &payload(3));
    assert_eq!((refused.status, refused.code().as_str()), (503, "DEVICE_FAILED"), "{refused:?}");
}

/// The device as it is now, flash and secure element.
fn copied(bench: &Bench) -> PathBuf {
    let (from, to) = (bench.folder.path().join(SERIAL), bench.folder.path().join("copy"));
    fs::create_dir(&to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    to
}

#[test]
fn a_copy_that_is_behind_what_the_ledger_holds_is_not_let_in() {
    let (bench, root) = bench("");
    let proxy = selling(&bench, root, SERIAL);
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    let to = copied(&bench);
    for sale in 2..5 {
        assert_eq!(client.sell(1, None, &payload(sale)).status, 201);
    }
    bench.await_device(SERIAL, |device| device["waiting"] == 0);
    drop(proxy);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    let _copy = Proxy::start(bench.address, to, SERIAL, root, None);
    for _ in 0..40 {
        std::thread::sleep(Duration::from_millis(50));
        bench.await_device(SERIAL, |device| {
            assert_eq!(device["reachable"], false, "{device}");
            true
        });
    }
    let refused = client.sell(1, None, &payload(9));
    assert_eq!((refused.status, refused.code().as_str()), (503, "DEVICE_UNREACHABLE"), "{refused:?}");
}
