//! What a receiver is told of devices and of what they seal.

use serde_json::{Value, json};

use super::{PRIVATE, Receiver, make};
use crate::{
    bench::payload,
    devices::{bench, expire, selling, unseen},
};

const SERIAL: &str = "DEF-000001";

#[test]
fn an_invoice_that_breaks_a_rule_and_a_device_that_stays_away_are_told_and_its_return_too() {
    let ((bench, root), receiver) = (bench(PRIVATE), Receiver::start());
    let events = json!({ "events": ["invoice.non_compliant", "device.offline", "device.online"] });
    let (_, secret) = make(&bench, &receiver, events);
    let proxy = selling(&bench, root, SERIAL);
    expire(&bench, SERIAL);
    assert_eq!(bench.client().sell(1, None, &payload(1)).status, 201);
    let first = receiver.wait_for(1).remove(0);
    assert!(first.is_signed_by(&secret));
    let event: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(event["type"], "invoice.non_compliant", "{event}");
    assert!(event["data"].to_string().contains("KINGOMBE01-0-00000001"), "{event}");

    let renewed = bench.say(3, &format!("POST /api/v1/devices/{SERIAL}/rotation"), None);
    assert_eq!(renewed.status, 200, "{renewed:?}");
    proxy.be_away(true);
    bench.await_device(SERIAL, |device| device["reachable"] == false);
    unseen(&bench, SERIAL);
    // The upkeep looks every 20 seconds.
    std::thread::sleep(std::time::Duration::from_secs(12));
    let event: Value = serde_json::from_str(&receiver.wait_for(2)[1].body).unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["device_id"]),
        (&json!("device.offline"), &json!(SERIAL)),
        "{event}"
    );
    proxy.be_away(false);
    let event: Value = serde_json::from_str(&receiver.wait_for(3)[2].body).unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["device_id"]),
        (&json!("device.online"), &json!(SERIAL)),
        "{event}"
    );
}
