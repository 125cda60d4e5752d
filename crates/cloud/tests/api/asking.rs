use fiscal::PayloadHash;

use crate::bench::{Bench, payload};

#[test]
fn an_invoice_is_shown_with_its_payload() {
    let bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    let sealed = client.sell(1, Some("sale-0001"), &payload).json();
    let answer = client.get("/api/v1/invoices/KINGOMBE01-0-00000001", 1);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut shown = answer.json();
    assert_eq!(shown.as_object_mut().unwrap().remove("payload").unwrap(), payload);
    let dgi = shown.as_object_mut().unwrap().remove("dgi").unwrap();
    assert_eq!(dgi, serde_json::json!({ "state": "PENDING" }));
    assert_eq!(shown, sealed);
}

#[test]
fn a_sale_whose_answer_was_lost_is_found_by_its_key_and_by_its_payload() {
    let bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    let stamped = &payload[payload.find("\"timestamp\":\"").unwrap() + 13..][..19];
    let by_key = "/api/v1/invoices?outlet_id=KIN-GOMBE-01&idempotency_key=sale-0001";
    let by_sale = format!(
        "/api/v1/invoices?outlet_id=KIN-GOMBE-01&payload_hash={}&timestamp={stamped}",
        PayloadHash::of(payload.as_bytes())
    );
    for path in [by_key, &by_sale] {
        assert_eq!(client.get(path, 1).body, r#"{"invoices":[]}"#, "it is not sealed yet");
    }
    let sealed = client.sell(1, Some("sale-0001"), &payload).json();
    for path in [by_key, &by_sale] {
        let answer = client.get(path, 1);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["invoices"], serde_json::json!([sealed]));
    }
}

#[test]
fn invoices_are_listed_page_by_page_in_the_order_in_which_they_were_sealed() {
    let bench = Bench::start();
    let mut client = bench.client();
    for sale in 1..=7 {
        client.sell(1, None, &payload(sale));
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/v1/invoices?invoice_type=sale&limit=3{cursor}"), 1).json();
        let of_page: Vec<_> = page["invoices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["invoice_seq"].as_u64().unwrap())
            .collect();
        seen.extend(of_page);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, (1..=7).collect::<Vec<_>>());
    let none = |query: &str, client: &mut crate::bench::Client| {
        client.get(&format!("/api/v1/invoices?{query}"), 1).json()
    };
    assert_eq!(none("invoice_type=credit_note", &mut client)["invoices"], serde_json::json!([]));
    assert_eq!(none("since=2099-01-01T00:00:00Z", &mut client)["invoices"], serde_json::json!([]));
    assert_eq!(none("until=2020-01-01T00:00:00Z", &mut client)["invoices"], serde_json::json!([]));
    // A cursor of one outlet means nothing at another, and the owner says which he means.
    assert_eq!(client.get("/api/v1/invoices", 3).code(), "REQUEST_INVALID");
    let both = client.get("/api/v1/invoices?outlet_id=KIN-LIMETE-02", 3);
    assert_eq!(both.json()["invoices"], serde_json::json!([]));
}

#[test]
fn the_status_of_an_invoice_says_what_was_taken_back() {
    let bench = Bench::start();
    let mut client = bench.client();
    client.sell(1, None, &payload(1));
    let answer = client.get("/api/v1/invoices/KINGOMBE01-0-00000001/status", 1);
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    assert_eq!((json["state"].as_str(), json["credited"].as_str()), (Some("sealed"), Some("0.00")));
    assert_eq!(json["dgi"]["state"], "PENDING");
    assert_eq!(client.get("/api/v1/invoices/KINGOMBE01-0-00000001/status", 2).code(), "NOT_FOUND");
}

#[test]
fn another_outlets_key_learns_nothing() {
    let bench = Bench::start();
    let mut client = bench.client();
    client.sell(1, Some("sale-0001"), &payload(1));
    let there = "/api/v1/invoices/KINGOMBE01-0-00000001";
    let nowhere = "/api/v1/invoices/KINGOMBE01-0-00000002";
    assert_eq!(client.get(there, 9).status, 200, "the operator sees it");
    let [other, none] = [client.get(there, 2), client.get(nowhere, 1)];
    assert_eq!((other.status, &other.body), (404, &none.body), "as if it were not there");
    assert_eq!(
        client.get("/api/v1/invoices?outlet_id=KIN-GOMBE-01&idempotency_key=sale-0001", 2).status,
        404
    );
    // Whether there is such an outlet is not said either.
    let sale = client.sell(2, None, &payload(2));
    let unknown = client.sell(2, None, &payload(2).replace("KIN-GOMBE-01", "KIN-NOWHERE"));
    assert_eq!((sale.status, sale.code().as_str()), (403, "WRONG_OUTLET"));
    assert_eq!((sale.status, &sale.body), (unknown.status, &unknown.body));
}

#[test]
fn a_question_that_names_no_sale_is_told_how_to_ask() {
    let bench = Bench::start();
    let mut client = bench.client();
    for question in [
        "?limit=0",
        "?limit=201",
        "?since=yesterday",
        "?cursor=x",
        "?invoice_type=gift",
        "?timestamp=2026-02-04T10:15:30",
        "?outlet_id=KIN-GOMBE-01&idempotency_key=short",
        "?outlet_id=KIN-GOMBE-01&payload_hash=00",
        "?outlet_id=KIN-GOMBE-01&payload_hash=00&timestamp=2026-02-04T10:15:30",
        "?outlet_id=KIN-GOMBE-01&idempotency_key=sale-0001&timestamp=2026-02-04T10:15:30",
        "?outlet_id=KIN-GOMBE-01&idempotency_key=sale-0001&page=2",
    ] {
        let answer = client.get(&format!("/api/v1/invoices{question}"), 1);
        assert_eq!((answer.status, answer.code().as_str()), (400, "REQUEST_INVALID"), "{question}");
    }
    for number in ["x", "KINGOMBE01-0-1", "%F0%9F%A6%80", "%FF"] {
        let answer = client.get(&format!("/api/v1/invoices/{number}"), 1);
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "{number}");
    }
}
