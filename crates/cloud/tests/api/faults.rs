use std::time::Duration;

use signing::SignerFault;

use crate::{
    bench::{Bench, Client, bearer, payload},
    patience::until,
};

const SECRET: &str = "PIN 1234 of /dev/token";

/// Offers a sale without waiting for its answer.
fn offer(bench: &Bench, sale: u64) -> Client {
    let (mut client, payload) = (bench.client(), payload(sale));
    let head = format!(
        "POST /api/v1/invoices HTTP/1.1\r\nHost: test\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Idempotency-Key: sale-{sale:04}\r\nContent-Length: {}\r\n\r\n{payload}",
        bearer(1),
        payload.len()
    );
    client.send(head.as_bytes());
    client
}

fn depth(bench: &Bench, wanted: usize) {
    let line = format!("stelala_queue_depth {wanted}");
    until(&line, || bench.client().ask("GET /metrics", &[], None).body.lines().any(|shown| shown == line));
}

#[test]
fn when_the_queue_is_full_a_sale_is_told_when_to_come_again_and_nobody_is_ready() {
    let (bench, gate) = Bench::with_gate();
    gate.set(Ok(false));
    let mut first = offer(&bench, 1);
    gate.wait_for_batch();
    let mut second = offer(&bench, 2);
    depth(&bench, 1);
    let refused = bench.client().sell(1, None, &payload(3));
    assert_eq!((refused.status, refused.code().as_str()), (429, "BUSY"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    let ready = bench.client().ask("GET /readyz", &[], None);
    assert_eq!((ready.status, ready.code().as_str()), (503, "NOT_READY"));
    assert_eq!(ready.json()["errors"][0]["detail"], "as many sales wait as may");
    gate.set(Ok(true));
    assert_eq!([first.answer().status, second.answer().status], [201, 201]);
    assert_eq!(bench.client().sell(1, None, &payload(3)).json()["invoice_seq"], 3);
}

#[test]
fn a_signer_that_is_away_refuses_for_the_time_being_and_one_that_is_broken_for_good() {
    let (bench, gate) = Bench::with_gate();
    for (fault, later) in
        [(SignerFault::Temporary(SECRET.into()), true), (SignerFault::Permanent(SECRET.into()), false)]
    {
        gate.set(Err(fault));
        let refused = bench.client().sell(1, None, &payload(1));
        assert_eq!((refused.status, refused.code().as_str()), (503, "SIGNER_UNAVAILABLE"));
        assert_eq!(refused.header("retry-after").is_some(), later);
        let ready = bench.client().ask("GET /readyz", &[], None);
        assert_eq!(ready.status, 503);
        assert!(!refused.body.contains("1234") && !ready.body.contains("1234"), "{refused:?} {ready:?}");
    }
    assert_eq!(bench.client().ask("GET /healthz", &[], None).status, 200, "it lives all the same");
    gate.set(Ok(true));
    assert_eq!(bench.client().sell(1, None, &payload(1)).json()["invoice_seq"], 1, "no number was lost");
}

#[test]
fn a_client_that_goes_away_changes_nothing_for_its_sale() {
    let (bench, gate) = Bench::with_gate();
    gate.set(Ok(false));
    let gone = offer(&bench, 1);
    gate.wait_for_batch();
    drop(gone);
    std::thread::sleep(Duration::from_millis(100));
    gate.set(Ok(true));
    let mut client = bench.client();
    until("the sale is sealed", || {
        client.get("/api/v1/invoices?outlet_id=KIN-GOMBE-01&idempotency_key=sale-0001", 1).status == 200
    });
}

#[test]
fn a_stop_waits_for_the_sale_that_is_being_sealed() {
    let (mut bench, gate) = Bench::with_gate();
    gate.set(Ok(false));
    let mut waiting = offer(&bench, 1);
    gate.wait_for_batch();
    bench.begin_stop();
    std::thread::sleep(Duration::from_millis(100));
    gate.set(Ok(true));
    let answer = waiting.answer();
    assert_eq!((answer.status, answer.header("connection")), (201, Some("close")), "{answer:?}");
    bench.stopped();
}
