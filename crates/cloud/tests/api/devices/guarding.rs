//! What is said of devices to others, and what a device's word is not believed for.

use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{active, bench, expire, place::file};
use crate::{
    bench::{Bench, payload},
    patience::until,
};

const SERIAL: &str = "DEF-000001";

#[test]
fn a_device_is_published_with_what_it_held_of_the_line_and_its_receipts_are_true_there() {
    let (bench, root) = bench("");
    let mut client = bench.client();
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    let _proxy = active(&bench, root, SERIAL);
    assert_eq!(published(&bench), None, "it stands by");
    bench.switched(&json!({ "mode": "def", "device": SERIAL }));
    let sold = client.sell(1, None, &payload(2));
    assert_eq!((sold.status, &sold.json()["device_id"]), (201, &json!(SERIAL)), "{sold:?}");
    let seals = published(&bench).unwrap();
    assert_eq!(seals["first"], json!({ "epoch": 0, "invoice_seq": 2 }), "the first is the cloud's");
    assert_eq!(seals["last"], Value::Null);
    bench.switched(&json!({ "mode": "cloud" }));
    assert_eq!(client.sell(1, None, &payload(3)).json()["device_id"], "CLOUD-01");
    let seals = published(&bench).unwrap();
    assert_eq!(
        (&seals["first"]["invoice_seq"], &seals["last"]["invoice_seq"]),
        (&json!(2), &json!(2)),
        "{seals}"
    );
    let qr = json!({ "qr": sold.json()["qr_payload"] });
    let headers = [("Content-Type", "application/json")];
    let verified = client.ask("POST /api/v1/verify/qr", &headers, Some(&qr.to_string()));
    assert_eq!(verified.status, 200, "{verified:?}");
    // One that holds again: from its first on.
    bench.switched(&json!({ "mode": "def", "device": SERIAL }));
    let seals = published(&bench).unwrap();
    assert_eq!((&seals["first"]["invoice_seq"], &seals["last"]), (&json!(2), &Value::Null), "{seals}");
}

#[test]
fn what_names_another_outlet_is_reissued_for_nobody() {
    let (bench, root) = bench("");
    let mut client = bench.client();
    let _proxy = active(&bench, root, SERIAL);
    bench.switched(&json!({ "mode": "def", "device": SERIAL }));
    expire(&bench, SERIAL);
    assert_eq!(client.sell(1, None, &payload(1)).status, 201);
    let number = "KINGOMBE01-0-00000001";
    await_non_compliant(&bench);
    // As if the device had delivered another text than it sealed: it is kept as it is, and flagged.
    let other = Connection::open(file(&bench)).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other.execute_batch("DROP TRIGGER records_stay_on_update").unwrap();
    let changed = "UPDATE records SET body = replace(body, 'KIN-GOMBE-01', 'KIN-LIMETE-02') WHERE number = 1";
    assert_eq!(other.execute(changed, []).unwrap(), 1);
    let renewed = bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/rotation"), None);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    for key in [1, 3] {
        let refused = bench.say(key, &format!("POST /api/v1/invoices/{number}/reissue"), None);
        assert_eq!((refused.status, refused.code().as_str()), (409, "CONFLICT"), "{refused:?}");
    }
    let sold = "SELECT count(*) FROM records WHERE outlet = 'KIN-LIMETE-02' AND number IS NOT NULL";
    assert_eq!(
        other.query_row(sold, [], |row| row.get::<_, i64>(0)).unwrap(),
        0,
        "the other outlet sold nothing"
    );
}

fn await_non_compliant(bench: &Bench) {
    until("something is listed", || {
        let listed = bench.client().get("/api/v1/outlets/KIN-GOMBE-01/non-compliant", 1).json();
        listed["non_compliant"].as_array().is_some_and(|all| !all.is_empty())
    });
}

/// For which numbers the device's key stands in the list of keys.
fn published(bench: &Bench) -> Option<Value> {
    let answer = bench.client().ask("GET /.well-known/fiscal-trust.jwt", &[], None);
    assert_eq!(answer.status, 200, "{answer:?}");
    let payload = Base64UrlUnpadded::decode_vec(answer.body.split('.').nth(1).unwrap()).unwrap();
    let bundle: Value = serde_json::from_slice(&payload).unwrap();
    let keys = bundle["keys"].as_array().unwrap();
    keys.iter().map(|key| &key["seals"]).find(|seals| seals["device_id"] == SERIAL).cloned()
}
