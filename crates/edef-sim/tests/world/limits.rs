use edef_sim::{PENDING, Settings};
use serde_json::json;

use crate::bench::{Bench, body, error, sale};

#[test]
fn ten_may_be_pending_and_the_eleventh_is_1() {
    let mut bench = Bench::drc();
    let uids: Vec<String> = (0..PENDING).map(|_| bench.uid(&sale())).collect();
    assert_eq!(bench.error(&sale()).as_deref(), Some("1"));
    bench.confirm(&uids[0]);
    assert_eq!(bench.error(&sale()), None);
    assert_eq!(bench.error(&sale()).as_deref(), Some("1"));
}

#[test]
fn the_limit_is_of_each_e_mcf() {
    let mut bench = Bench::drc();
    (0..PENDING).for_each(|_| drop(bench.uid(&sale())));
    let other = bench.add(edef_sim::Wanted::of(crate::bench::NIF));
    bench.token = other.token.as_str().to_owned();
    assert_eq!(bench.error(&sale()), None);
}

#[test]
fn a_request_can_be_confirmed_before_two_minutes_are_over_and_not_then() {
    for (after, is_confirmed) in [(119_999, true), (120_000, false), (120_001, false)] {
        let mut bench = Bench::drc();
        let uid = bench.uid(&sale());
        bench.pass(after);
        let said = body(&bench.confirm(&uid));
        assert_eq!(error(&said).is_none(), is_confirmed, "after {after} ms: {said}");
        assert_eq!(bench.finalised(), usize::from(is_confirmed));
    }
}

#[test]
fn what_expired_is_in_no_list_and_makes_room() {
    let mut bench = Bench::drc();
    (0..PENDING).for_each(|_| drop(bench.uid(&sale())));
    bench.pass(119_999);
    assert_eq!(bench.status()["pendingRequestsCount"], 10);
    bench.pass(1);
    assert_eq!(bench.status()["pendingRequestsList"], json!([]));
    assert_eq!(bench.error(&sale()), None);
}

#[test]
fn life_and_limit_can_be_set() {
    let mut bench = Bench::drc();
    bench.world.set(Settings { life_ms: 500, most_pending: 1, ..Settings::default() });
    let uid = bench.uid(&sale());
    assert_eq!(bench.error(&sale()).as_deref(), Some("1"));
    bench.pass(500);
    assert_eq!(error(&body(&bench.confirm(&uid))).as_deref(), Some("20"));
}

#[test]
fn prices_have_thirteen_digits_and_six_decimals_at_most() {
    let mut bench = Bench::drc();
    let mut price = |text: &str| {
        let mut sale = sale();
        sale["items"][0]["price"] = json!(text);
        bench.post(&sale).status
    };
    assert_eq!(price("9999999999999"), 200);
    assert_eq!(price("10000000000000"), 400);
    assert_eq!(price("0.000001"), 200);
    assert_eq!(price("0.0000001"), 400);
    assert_eq!(price("0.0000010"), 200, "zeros at the end are no decimals");
    for wrong in ["1e3", "1,5", "1.", ".5", "+1", "NaN"] {
        assert_eq!(price(wrong), 400, "{wrong}");
    }
}

#[test]
fn amounts_that_are_too_large_to_sum_are_99_and_no_crash() {
    let mut sale = sale();
    for (name, value) in [("price", "9999999999999"), ("quantity", "9999999999999")] {
        sale["items"][0][name] = json!(value);
    }
    let item = sale["items"][0].clone();
    sale["items"] = json!(vec![item; 300]);
    let said = Bench::drc().error(&sale);
    assert_eq!(said.as_deref(), Some("99"));
}

#[test]
fn the_log_of_calls_is_bounded() {
    let mut bench = Bench::drc();
    for _ in 0..1_200 {
        bench.status();
    }
    assert_eq!(bench.world.log().count(), 500);
}
