//! What a receiver is told, and what is kept of it.

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use super::{PRIVATE, Receiver, ask, make, until};
use crate::{
    bench::{Bench, payload},
    tenants::OWNER,
};

#[test]
fn a_sale_is_told_within_seconds_with_a_signature_that_the_secret_verifies() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, secret) = make(&bench, &receiver, json!({}));
    let sealed = bench.client().sell(1, None, &payload(1)).json();
    let told = receiver.wait_for(1).remove(0);
    assert!(told.is_signed_by(&secret) && !told.is_signed_by("whsec_AAAA"));
    let event: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(event["type"], "invoice.sealed");
    assert_eq!(event["data"]["fiscal_number"], sealed["fiscal_number"]);
    assert_eq!(event["id"], told.headers["webhook-id"].as_str());

    let log = ask(&bench, &format!("GET /api/v1/webhooks/{id}/deliveries"), OWNER, None).json();
    let entry = &log["deliveries"][0];
    assert_eq!(
        (&entry["delivery_id"], &entry["record"]["outlet_id"]),
        (&event["id"], &json!("KIN-GOMBE-01"))
    );
    let path = format!("/api/v1/webhooks/{id}/deliveries/{}", told.headers["webhook-id"]);
    let delivery = until(&bench, &format!("GET {path}"), |delivery| delivery["state"] == "delivered");
    assert_eq!(
        (&delivery["sent"], &delivery["attempts"][0]["status"]),
        (&json!(1), &json!(200)),
        "{delivery}"
    );

    let resent = ask(&bench, &format!("POST {path}/resend"), OWNER, None);
    assert_eq!((resent.status, resent.json()["state"].as_str()), (200, Some("waiting")), "{resent:?}");
    let again = receiver.wait_for(2).remove(1);
    assert_eq!((&again.headers["webhook-id"], &again.body), (&told.headers["webhook-id"], &told.body));
    let delivery = until(&bench, &format!("GET {path}"), |delivery| delivery["sent"] == 2);
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 2);
}

#[test]
fn what_was_told_is_counted() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make(&bench, &receiver, json!({}));
    bench.client().sell(1, None, &payload(1));
    receiver.wait_for(1);
    crate::patience::until("the delivery is counted", || {
        let metrics = bench.client().ask("GET /metrics", &[], None).body;
        metrics.contains("\nstelala_webhook_delivered_total 1\n")
            && metrics.contains("\nstelala_webhook_waiting 0\n")
    });
}

#[test]
fn what_was_sealed_while_a_receiver_was_away_is_in_the_log_with_the_reason() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    receiver.answer(503);
    let (id, _) = make(&bench, &receiver, json!({}));
    bench.client().sell(1, None, &payload(1));
    let told = receiver.wait_for(1).remove(0);
    let line = format!("GET /api/v1/webhooks/{id}/deliveries/{}", told.headers["webhook-id"]);
    let delivery = until(&bench, &line, |delivery| delivery["sent"] == 1);
    assert_eq!((&delivery["state"], &delivery["attempts"][0]["status"]), (&json!("waiting"), &json!(503)));
    assert!(delivery["due"].as_str().unwrap().ends_with('Z'), "{delivery}");
    let listed = |state: &str| {
        let line = format!("GET /api/v1/webhooks/{id}/deliveries?state={state}");
        ask(&bench, &line, OWNER, None).json()["deliveries"].as_array().unwrap().len()
    };
    assert_eq!((listed("waiting"), listed("delivered"), listed("failed")), (1, 0, 0));
}

#[test]
fn after_a_rotation_both_secrets_sign() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, old) = make(&bench, &receiver, json!({}));
    let rotated = ask(&bench, &format!("POST /api/v1/webhooks/{id}/secret"), OWNER, None);
    assert_eq!((rotated.status, rotated.json()["webhook"]["webhook_id"].as_str()), (200, Some(id.as_str())));
    let new = rotated.json()["secret"].as_str().unwrap().to_owned();
    assert_ne!(old, new);
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None);
    assert_eq!((ping.status, ping.json()["event"].as_str()), (201, Some("webhook.ping")), "{ping:?}");
    let told = receiver.wait_for(1).remove(0);
    assert_eq!(Some(told.headers["webhook-id"].as_str()), ping.json()["delivery_id"].as_str());
    assert!(told.is_signed_by(&new) && told.is_signed_by(&old));
}

#[test]
fn a_secret_is_shown_once_and_kept_in_no_file_and_no_log() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, secret) = make(&bench, &receiver, json!({}));
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None).json();
    let whole = format!("/api/v1/webhooks/{id}");
    let delivery = format!("{whole}/deliveries/{}", ping["delivery_id"].as_str().unwrap());
    let patch = ask(&bench, &format!("PATCH {whole}"), OWNER, Some(&json!({ "events": ["report.closed"] })));
    let mut shown = vec![patch];
    for path in ["/api/v1/webhooks", &whole, &format!("{whole}/deliveries"), &delivery, "/api/v1/audit/acts"]
    {
        shown.push(ask(&bench, &format!("GET {path}"), OWNER, None));
    }
    for answer in shown {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("whsec_") && !answer.body.contains("\"secret\""), "{answer:?}");
    }
    let bytes = Base64::decode_vec(secret.strip_prefix("whsec_").unwrap()).unwrap();
    for file in std::fs::read_dir(bench.folder.path()).unwrap().map(|file| file.unwrap().path()) {
        let held = if file.is_file() { std::fs::read(&file).unwrap() } else { Vec::new() };
        let has = |part: &[u8]| held.windows(part.len()).any(|window| window == part);
        assert!(!has(&bytes) && !has(&secret.as_bytes()[6..]), "{}", file.display());
    }
}

#[test]
fn a_deleted_webhook_is_told_nothing_for_ever() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let (id, _) = make(&bench, &receiver, json!({}));
    let path = format!("/api/v1/webhooks/{id}");
    for _ in 0..2 {
        assert_eq!(ask(&bench, &format!("DELETE {path}"), OWNER, None).status, 204);
    }
    let shown = ask(&bench, &format!("GET {path}"), OWNER, None).json();
    assert!(shown["stopped"] == true && shown["stopped_at"].as_str().unwrap().ends_with('Z'), "{shown}");
    let change = json!({ "events": ["report.closed"] });
    for (line, body) in [
        (format!("POST {path}/ping"), None),
        (format!("POST {path}/secret"), None),
        (format!("PATCH {path}"), Some(&change)),
    ] {
        assert_eq!(ask(&bench, &line, OWNER, body).code(), "CONFLICT", "{line}");
    }
    // Who is told of the same sale shows that it was looked for.
    let other = Receiver::start();
    make(&bench, &other, json!({}));
    bench.client().sell(1, None, &payload(1));
    other.wait_for(1);
    assert_eq!(receiver.told().len(), 0);
}
