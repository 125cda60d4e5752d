use fiscal::PayloadHash;

use crate::bench::{Bench, Client, payload};

#[test]
fn a_sale_is_created_with_its_seal_and_its_place() {
    let bench = Bench::start();
    let payload = payload(1);
    let answer = bench.client().sell(1, Some("sale-0001"), &payload);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("location"), Some("/api/v1/invoices/KINGOMBE01-0-00000001"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json = answer.json();
    assert_eq!(json["payload_hash"], PayloadHash::of(payload.as_bytes()).to_string());
    // The members of the device's answer, in their order.
    let names: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = "invoice_seq auth_code device_id timestamp qr_payload fiscal_number epoch position payload_hash previous_hash \
                    record_hash counter signature record";
    assert_eq!(names.join(" "), expected);
    assert_eq!(json["device_id"], "CLOUD-01");
}

#[test]
fn the_same_key_and_sale_get_the_same_answer_with_200() {
    let bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    let first = client.sell(1, Some("sale-0001"), &payload);
    let again = client.sell(1, Some("sale-0001"), &payload);
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.body, again.body);
}

#[test]
fn the_same_key_for_another_sale_is_refused() {
    let bench = Bench::start();
    let mut client = bench.client();
    assert_eq!(client.sell(1, Some("sale-0001"), &payload(1)).status, 201);
    let answer = client.sell(1, Some("sale-0001"), &payload(2));
    assert_eq!((answer.status, answer.code().as_str()), (409, "IDEMPOTENCY_KEY_REUSED"));
}

#[test]
fn the_same_sale_without_its_key_is_a_replay_that_names_the_invoice() {
    let bench = Bench::start();
    let (mut client, payload) = (bench.client(), payload(1));
    assert_eq!(client.sell(1, None, &payload).status, 201);
    for key in [None, Some("another-key")] {
        let answer = client.sell(1, key, &payload);
        assert_eq!((answer.status, answer.code().as_str()), (409, "REPLAY_DETECTED"));
        assert_eq!(answer.json()["fiscal_number"], "KINGOMBE01-0-00000001");
    }
}

fn friendly(client: &mut Client, query: &str, body: &str) -> crate::bench::Answer {
    let bearer = crate::bench::bearer(1);
    let headers = [("Authorization", &*bearer), ("Content-Type", "application/json; charset=utf-8")];
    client.ask(&format!("POST /api/v1/invoices{query}"), &headers, Some(body))
}

#[test]
fn canonical_bytes_are_taken_as_plain_json_too_and_come_back_unchanged() {
    let bench = Bench::start();
    let payload = payload(1);
    let answer = friendly(&mut bench.client(), "", &payload);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["payload"], payload);
}

#[test]
fn a_friendly_sale_is_completed_when_the_caller_asks_for_it() {
    let bench = Bench::start();
    let mut client = bench.client();
    let sale = r#"{"timestamp": "2026-03-14T08:32:10+01:00", "invoice_type": "sale", "cashier_id": "GRACE", "pos_terminal_id": "TILL-1",
        "payments": [{"method": "cash"}], "currency": "CDF",
        "items": [{"code": "BREAD", "description": "Pain", "quantity": 2, "unit_price": 1500, "tax_group": "standard_vat"}]}"#;
    let refused = friendly(&mut client, "", sale);
    assert_eq!((refused.status, refused.code().as_str()), (422, "SCHEMA_INVALID"));
    let sealed = friendly(&mut client, "?complete=true", sale);
    assert_eq!(sealed.status, 201, "{sealed:?}");
    let payload = sealed.json()["payload"].as_str().unwrap().to_owned();
    assert!(payload.contains(r#""merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01""#), "{payload}");
    assert!(payload.contains(r#""total":"3480.00","currency":"CDF""#), "{payload}");
    assert!(payload.contains(r#""timestamp":"2026-03-14T07:32:10""#), "{payload}");
}

#[test]
fn a_friendly_sale_that_is_wrong_is_told_its_member() {
    let bench = Bench::start();
    let mut client = bench.client();
    for (sale, member) in [
        (r#"{"timestamp":"2026-03-14T07:32:10","tilt":1}"#, "tilt"),
        (r#"{"invoice_type":"sale","timestamp":"yesterday","items":[],"payments":[]}"#, "timestamp"),
    ] {
        let answer = friendly(&mut client, "?complete=true", sale);
        assert_eq!((answer.status, answer.code().as_str()), (422, "SCHEMA_INVALID"), "{sale}");
        assert_eq!(answer.json()["member"], member, "{answer:?}");
    }
    // Another's outlet is not helped along by what it would lack.
    let elsewhere = r#"{"invoice_type":"sale","timestamp":"2026-03-14T07:32:10Z","outlet_id":"KIN-LIMETE-02","items":[],"payments":[]}"#;
    assert_eq!(friendly(&mut client, "?complete=true", elsewhere).code(), "WRONG_OUTLET");
}

#[test]
fn a_batch_is_sealed_in_its_order_and_one_that_is_refused_keeps_no_other_back() {
    let bench = Bench::start();
    let mut client = bench.client();
    let bearer = crate::bench::bearer(1);
    let headers = [("Authorization", &*bearer), ("Content-Type", "application/json")];
    let one =
        |sale: u64, key: &str| serde_json::json!({ "idempotency_key": key, "canonical": payload(sale) });
    let body = serde_json::json!({ "invoices": [one(1, "batch-001"), { "idempotency_key": "batch-002", "canonical": "{}" },
        one(3, "batch-003"), one(3, "batch-004")] });
    let send =
        |client: &mut Client| client.ask("POST /api/v1/invoices/batch", &headers, Some(&body.to_string()));
    let answer = send(&mut client);
    assert_eq!(answer.status, 200, "{answer:?}");
    let statuses = |answer: &crate::bench::Answer| -> Vec<u64> {
        answer.json()["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["status"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(statuses(&answer), [201, 422, 201, 409]);
    let json = answer.json();
    assert_eq!(
        (
            json["results"][0]["seal"]["invoice_seq"].as_u64(),
            json["results"][2]["seal"]["invoice_seq"].as_u64()
        ),
        (Some(1), Some(2))
    );
    assert_eq!(json["results"][1]["problem"]["code"], "SCHEMA_INVALID");
    assert_eq!(statuses(&send(&mut client)), [200, 422, 200, 409], "the same batch again changes nothing");
    let empty = client.ask("POST /api/v1/invoices/batch", &headers, Some(r#"{"invoices":[]}"#));
    assert_eq!((empty.status, empty.code().as_str()), (422, "MEMBER_INVALID"));
}

#[test]
fn many_clients_at_once_get_numbers_without_gaps() {
    let bench = Bench::start();
    let address = bench.address;
    let sell = |client: u64| {
        move || {
            let mut connection = Client::connect(address);
            let sell = |sale: u64| {
                connection.sell(1, None, &payload(client * 100 + sale)).json()["invoice_seq"]
                    .as_u64()
                    .unwrap()
            };
            (0..20).map(sell).collect::<Vec<_>>()
        }
    };
    let clients: Vec<_> = (0..8).map(|client| std::thread::spawn(sell(client))).collect();
    let mut numbers: Vec<u64> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=160).collect::<Vec<_>>());
}
