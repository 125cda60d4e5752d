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
        let answer = client.get(path, 1);
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"), "it is not sealed yet");
    }
    client.sell(1, Some("sale-0001"), &payload);
    for path in [by_key, &by_sale] {
        let answer = client.get(path, 1);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["fiscal_number"], "KINGOMBE01-0-00000001");
        assert_eq!(answer.json()["payload"], payload);
    }
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
        "",
        "?outlet_id=KIN-GOMBE-01",
        "?idempotency_key=sale-0001",
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
