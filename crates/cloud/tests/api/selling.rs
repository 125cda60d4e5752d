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

#[test]
fn canonical_bytes_are_taken_as_plain_json_too() {
    let bench = Bench::start();
    let headers =
        [("Authorization", &*crate::bench::bearer(9)), ("Content-Type", "application/json; charset=utf-8")];
    let answer = bench.client().ask("POST /api/v1/invoices", &headers, Some(&payload(1)));
    assert_eq!(answer.status, 201, "{answer:?}");
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
