use cloud::SystemClock;
use signing::KeyDocument;

use crate::{
    bench::{Bench, CHEAP, entropy, payload},
    patience::until,
};

#[test]
fn a_cloud_says_that_it_lives_and_is_ready() {
    let bench = Bench::start();
    let mut client = bench.client();
    assert_eq!(client.ask("GET /healthz", &[], None).body, r#"{"status":"alive"}"#);
    let ready = client.ask("GET /readyz", &[], None);
    assert_eq!((ready.status, ready.body.as_str()), (200, r#"{"status":"ready"}"#));
}

#[test]
fn what_happened_is_counted_without_names_of_outlets() {
    let bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    client.sell(1, Some("sale-0001"), &payload);
    client.sell(1, Some("sale-0001"), &payload);
    client.sell(1, None, &payload);
    client.get("/api/v1/invoices/KINGOMBE01-0-00000001", 1);
    client.get("/nowhere/1", 1);
    client.get("/nowhere/2", 1);
    let metrics = client.ask("GET /metrics", &[], None);
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        r#"stelala_http_requests_total{method="POST",route="/api/v1/invoices",status="201"} 1"#,
        r#"stelala_http_requests_total{method="POST",route="/api/v1/invoices",status="200"} 1"#,
        r#"stelala_http_requests_total{method="POST",route="/api/v1/invoices",status="409"} 1"#,
        r#"stelala_http_requests_total{method="GET",route="/api/v1/invoices/{fiscal_number}",status="200"} 1"#,
        r#"stelala_http_requests_total{method="GET",route="other",status="404"} 2"#,
        r#"stelala_problems_total{code="REPLAY_DETECTED"} 1"#,
        "stelala_invoices_sealed_total 1",
        "stelala_invoices_repeated_total 1",
        "stelala_seal_seconds_count 2",
        "stelala_queue_depth 0",
        "stelala_queue_capacity 4096",
        "stelala_signer_active 1",
        "stelala_connections 1",
    ] {
        assert!(metrics.body.lines().any(|shown| shown == line), "{line} is not in\n{}", metrics.body);
    }
    assert!(!metrics.body.contains("KIN"), "{}", metrics.body);
}

#[test]
fn the_published_keys_are_those_that_seal_and_attest() {
    let bench = Bench::start();
    let mut client = bench.client();
    let sealed = client.sell(1, None, &payload(1)).json();
    let answer = client.ask("GET /.well-known/fiscal-keys.json", &[], None);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(KeyDocument::CONTENT_TYPE)));
    let uses = |answer: &serde_json::Value| -> Vec<String> {
        answer["keys"].as_array().unwrap().iter().map(|key| key["use"].as_str().unwrap().to_owned()).collect()
    };
    let mut named = uses(&answer.json());
    named.sort();
    assert_eq!(named, ["attest", "seal"]);
    // The seal's QR text names its key.
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.iter().filter(|key| key["until"].is_null()).count(), 2);
    assert!(sealed["qr_payload"].as_str().unwrap().split('|').count() >= 14);
}

#[test]
fn another_key_takes_over_while_the_cloud_runs() {
    let bench = Bench::start();
    let mut client = bench.client();
    let key_of = |answer: serde_json::Value| {
        answer["qr_payload"].as_str().unwrap().split('|').nth(13).unwrap().to_owned()
    };
    let before = key_of(client.sell(1, None, &payload(1)).json());
    let database = cloud::database(&bench.config.database).unwrap();
    cloud::make_key(&bench.config, CHEAP, &*database, &SystemClock, entropy).unwrap();
    let mut sale = 1;
    until("the new key seals", || {
        sale += 1;
        key_of(client.sell(1, None, &payload(sale)).json()) != before
    });
    // What the old one sealed is still shown: its key stays published.
    assert_eq!(client.get("/api/v1/invoices/KINGOMBE01-0-00000001", 1).status, 200);
    let keys = client.ask("GET /.well-known/fiscal-keys.json", &[], None).json();
    let sealing: Vec<_> =
        keys["keys"].as_array().unwrap().iter().filter(|key| key["use"] == "seal").collect();
    assert_eq!(sealing.len(), 2);
    assert_eq!(sealing.iter().filter(|key| key["until"].is_null()).count(), 1, "the other has an end");
}

#[test]
fn a_request_has_a_name_of_its_own_or_the_clients() {
    let bench = Bench::start();
    let mut client = bench.client();
    let named = client.ask("GET /healthz", &[("X-Request-Id", "till-1.42")], None);
    assert_eq!(named.header("x-request-id"), Some("till-1.42"));
    let [first, second] = [client.get("/healthz", 1), client.get("/healthz", 1)];
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}
