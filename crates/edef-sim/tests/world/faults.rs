use edef_sim::{
    Delivery, Endpoint, Fault, FaultKind, Method, Moment, Nim, Often, Settings, Wanted, WorldFault,
};
use serde_json::json;

use crate::bench::{Bench, NIF, body, error, sale, sale_with};

/// Whether a confirm finalised, and what the caller saw of it.
fn confirmed_under(kind: FaultKind) -> (usize, edef_sim::Reply) {
    let mut bench = Bench::drc();
    let uid = bench.uid(&sale());
    bench.once(kind);
    let reply = bench.confirm(&uid);
    let finalised = bench.finalised();
    assert_eq!(bench.world.faults().count(), 0, "a counted fault is over");
    (finalised, reply)
}

#[test]
fn an_answer_is_lost_before_or_after_its_effect() {
    let (finalised, reply) = confirmed_under(FaultKind::Lost(Moment::Before));
    assert_eq!((finalised, reply.delivery), (0, Delivery::LostBefore));
    let (finalised, reply) = confirmed_under(FaultKind::Lost(Moment::After));
    assert_eq!((finalised, reply.delivery), (1, Delivery::LostAfter));
}

#[test]
fn a_status_stands_before_or_after_the_effect() {
    for status in [401, 403, 429, 500, 502, 503] {
        for (moment, finalised) in [(Moment::Before, 0), (Moment::After, 1)] {
            let kind = FaultKind::Status { status, moment, retry_after: Some(30) };
            let (seen, reply) = confirmed_under(kind);
            assert_eq!((seen, reply.status, reply.retry_after), (finalised, status, Some(30)), "{moment:?}");
            assert_eq!(reply.delivery, Delivery::Arrives);
        }
    }
}

#[test]
fn a_malformed_body_stands_before_or_after_the_effect_and_is_no_answer() {
    for (moment, finalised) in [(Moment::Before, 0), (Moment::After, 1)] {
        for dice in 0..40 {
            let mut bench = Bench::drc();
            bench.dice = dice;
            let uid = bench.uid(&sale());
            bench.once(FaultKind::Malformed(moment));
            let reply = bench.confirm(&uid);
            assert_eq!((bench.finalised(), reply.status), (finalised, 200));
            let said: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
            assert!(said.is_none_or(|said| !said["codeDEFDGI"].is_string()));
        }
    }
}

#[test]
fn a_slow_answer_has_its_effect_and_its_delay() {
    let (finalised, reply) = confirmed_under(FaultKind::Slow(1_500));
    assert_eq!((finalised, reply.delay_ms), (1, 1_500));
}

#[test]
fn only_requests_for_credit_notes_are_slow_by_their_check() {
    let mut bench = Bench::drc();
    bench.once(FaultKind::SlowCreditNote(9_000));
    assert_eq!(bench.post(&sale()).delay_ms, 0);
    let note = sale_with(json!({ "type": "FA", "referenceType": "RRR" }));
    assert_eq!(bench.post(&note).delay_ms, 9_000);
    assert_eq!(bench.post(&note).delay_ms, 0);
}

#[test]
fn any_code_can_be_answered_without_an_effect() {
    for code in [1, 10, 11, 20, 99] {
        let (finalised, reply) = confirmed_under(FaultKind::Refuse(code));
        assert_eq!((finalised, error(&body(&reply))), (0, Some(code.to_string())));
    }
    let mut bench = Bench::drc();
    bench.once(FaultKind::Refuse(10));
    assert_eq!(bench.error(&sale()).as_deref(), Some("10"));
    assert_eq!(bench.status()["pendingRequestsCount"], 0);
}

#[test]
fn totals_differ_by_thousandths_in_the_first_group_and_the_sums() {
    let mut bench = Bench::drc();
    bench.once(FaultKind::Totals(-10));
    let said = bench.request(&sale());
    assert_eq!(said["vab"].to_string(), "319.99");
    assert_eq!((said["tab"].to_string(), said["hab"].to_string()), ("2319.99".into(), "2000".into()));
    assert_eq!((said["total"].to_string(), said["vtotal"].to_string()), ("2319.99".into(), "319.99".into()));
    let path = format!("/api/invoice/{}/confirm", said["uid"].as_str().unwrap());
    let ours = bench.ask(Method::Put, &path, r#"{"total":2320,"vtotal":320}"#);
    assert_eq!(error(&body(&ours)).as_deref(), Some("99"), "the service keeps to its own");
    let theirs = bench.ask(Method::Put, &path, r#"{"total":2319.99,"vtotal":319.99}"#);
    assert_eq!(error(&body(&theirs)), None);
}

#[test]
fn an_answer_without_a_code_finalises() {
    let (finalised, reply) = confirmed_under(FaultKind::NoCode);
    assert_eq!((finalised, &body(&reply)["codeDEFDGI"]), (1, &json!(null)));
    assert_eq!(body(&reply)["counters"], "1/1 FV");
}

#[test]
fn a_partial_list_lacks_entries_that_its_count_tells_of() {
    let mut bench = Bench::drc();
    (0..3).for_each(|_| drop(bench.uid(&sale())));
    bench.once(FaultKind::PartialList);
    let status = bench.status();
    assert_eq!(status["pendingRequestsCount"], 3);
    assert_eq!(status["pendingRequestsList"].as_array().unwrap().len(), 1);
    assert_eq!(bench.status()["pendingRequestsList"].as_array().unwrap().len(), 3);
}

#[test]
fn a_stale_list_is_as_it_was_and_the_time_is_todays() {
    let mut bench = Bench::drc();
    let gone = bench.uid(&sale());
    bench.pass(5_000);
    bench.confirm(&gone);
    let new = bench.uid(&sale());
    bench.pass(1_000);
    bench.once(FaultKind::StaleList(2_000));
    let stale = bench.status();
    let uids = |status: &serde_json::Value| {
        let list = status["pendingRequestsList"].as_array().unwrap().clone();
        list.iter().map(|entry| entry["uid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((uids(&stale), &stale["pendingRequestsCount"]), (vec![gone], &json!(1)));
    assert_eq!(stale["serverDateTime"], "2026-03-14T09:00:06.000+01:00");
    assert_eq!(uids(&bench.status()), [new]);
}

#[test]
fn a_wrong_nim_is_in_the_status_and_in_a_confirm() {
    let other: Nim = "CD99999999-2".parse().unwrap();
    let (finalised, reply) = confirmed_under(FaultKind::WrongNim(other));
    assert_eq!((finalised, &body(&reply)["nim"]), (1, &json!("CD99999999-2")));
    let mut bench = Bench::drc();
    bench.once(FaultKind::WrongNim(other));
    assert_eq!(bench.status()["nim"], "CD99999999-2");
    assert_eq!(bench.status()["nim"], "CD01000001-1");
}

#[test]
fn a_request_with_a_short_life_expires_sooner() {
    let mut bench = Bench::drc();
    bench.once(FaultKind::ShortLife(1_000));
    let (short, long) = (bench.uid(&sale()), bench.uid(&sale()));
    bench.pass(1_000);
    assert_eq!(error(&body(&bench.confirm(&short))).as_deref(), Some("20"));
    assert_eq!(error(&body(&bench.confirm(&long))), None);
}

#[test]
fn all_that_is_pending_can_expire_now_at_one_e_mcf_or_at_all() {
    let mut bench = Bench::drc();
    let (own, other) = (bench.nim, bench.add(Wanted::of(NIF)));
    let uid = bench.uid(&sale());
    bench.world.expire_all(Some(other.nim), bench.now);
    assert_eq!(bench.status()["pendingRequestsCount"], 1);
    bench.world.expire_all(Some(own), bench.now);
    assert_eq!(error(&body(&bench.confirm(&uid))).as_deref(), Some("20"));
    bench.uid(&sale());
    bench.world.expire_all(None, bench.now);
    assert_eq!(bench.status()["pendingRequestsCount"], 0);
}

#[test]
fn a_skewed_clock_shows_in_every_time_and_changes_no_life() {
    let mut bench = Bench::drc();
    bench.world.set(Settings { clock_skew_ms: -600_000, ..Settings::default() });
    let uid = bench.uid(&sale());
    let status = bench.status();
    assert_eq!(status["serverDateTime"], "2026-03-14T08:50:00.000+01:00");
    assert_eq!(status["pendingRequestsList"][0]["date"], "2026-03-14T08:50:00.000+01:00");
    bench.pass(119_999);
    assert_eq!(body(&bench.confirm(&uid))["dateTime"], "14/03/2026 08:51:59");
}

#[test]
fn a_fault_keeps_to_its_endpoint_and_its_e_mcf_and_to_calls_with_a_good_token() {
    let mut bench = Bench::drc();
    let other = bench.add(Wanted::of(NIF));
    let kind = FaultKind::Status { status: 500, moment: Moment::Before, retry_after: None };
    let fault = |endpoint, nim| Fault { kind: kind.clone(), often: Often::Next(1), endpoint, nim };
    bench.world.fault(fault(Some(Endpoint::Confirm), None)).unwrap();
    let uid = bench.uid(&sale());
    assert_eq!(bench.confirm(&uid).status, 500);
    assert_eq!(bench.confirm(&uid).status, 200);
    bench.world.fault(fault(None, Some(other.nim))).unwrap();
    bench.status();
    let token = std::mem::replace(&mut bench.token, "wrong".to_owned());
    assert_eq!(bench.ask(Method::Get, "/api/invoice", "").status, 401);
    bench.token = other.token.as_str().to_owned();
    assert_eq!(bench.ask(Method::Get, "/api/invoice", "").status, 500);
    assert_eq!(bench.ask(Method::Get, "/api/invoice", "").status, 200);
    bench.token = token;
    bench.status();
}

#[test]
fn the_next_calls_are_counted_and_a_chance_is_a_chance() {
    let mut bench = Bench::drc();
    let kind = FaultKind::Status { status: 503, moment: Moment::Before, retry_after: None };
    let set = |bench: &mut Bench, often| {
        bench.world.fault(Fault { kind: kind.clone(), often, endpoint: None, nim: None })
    };
    set(&mut bench, Often::Next(3)).unwrap();
    let struck = |bench: &mut Bench, calls: usize| {
        (0..calls).filter(|_| bench.ask(Method::Get, "/api/invoice", "").status == 503).count()
    };
    assert_eq!(struck(&mut bench, 10), 3);
    set(&mut bench, Often::PerMille(200)).unwrap();
    let of_2000 = struck(&mut bench, 2_000);
    assert!((300..500).contains(&of_2000), "{of_2000}");
    bench.world.heal();
    assert_eq!(struck(&mut bench, 100), 0);
    for often in [Often::Next(0), Often::PerMille(0), Often::PerMille(1_001)] {
        assert_eq!(set(&mut bench, often), Err(WorldFault::Fault), "{often:?}");
    }
    for _ in 0..100 {
        set(&mut bench, Often::Next(1)).unwrap();
    }
    assert_eq!(set(&mut bench, Often::Next(1)), Err(WorldFault::Fault));
}

#[test]
fn a_fault_reads_as_the_documentation_writes_it() {
    for text in [
        r#"{"kind":{"lost":"after"},"often":{"next":2},"on":"confirm"}"#,
        r#"{"kind":{"status":{"status":429,"moment":"after","retry_after":30}},"often":{"per_mille":5}}"#,
        r#"{"kind":"no_code","often":{"next":1},"nim":"CD01000001-1"}"#,
        r#"{"kind":{"wrong_nim":"CD99999999-1"},"often":{"next":1}}"#,
        r#"{"kind":{"totals":-10},"often":{"next":1}}"#,
        r#"{"kind":{"stale_list":5000},"often":{"next":1}}"#,
    ] {
        serde_json::from_str::<Fault>(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    }
    assert!(
        serde_json::from_str::<Fault>(r#"{"kind":"no_code","often":{"next":1},"onn":"confirm"}"#).is_err()
    );
}
