use edef_sim::{Call, Method, Wanted};
use serde_json::json;

use crate::bench::{Bench, NIF, NOON, body, error, sale, sale_with};

#[test]
fn a_request_answers_a_uid_and_totals_and_a_confirm_the_elements() {
    let mut bench = Bench::drc();
    let said = bench.request(&sale());
    assert_eq!((&said["total"], &said["vtotal"]), (&json!(2320), &json!(320)));
    assert_eq!((&said["errorCode"], &said["errorDesc"]), (&json!(null), &json!(null)));
    let uid = said["uid"].as_str().unwrap();
    assert_eq!(uid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let path = format!("/api/invoice/{uid}/confirm");
    let confirmed = body(&bench.ask(Method::Put, &path, r#"{"total":2320,"vtotal":320.00}"#));
    let code = confirmed["codeDEFDGI"].as_str().unwrap();
    assert_eq!(code.len(), 24);
    assert_eq!(confirmed["nim"], "CD01000001-1");
    assert_eq!(confirmed["dateTime"], "14/03/2026 09:00:00");
    assert_eq!(confirmed["counters"], "1/1 FV");
    assert_eq!(confirmed["qrCode"], format!("F;CD01000001-1;{code};{NIF};20260314090000"));
    assert_eq!(error(&confirmed), None);
}

#[test]
fn the_status_lists_what_is_pending_until_it_is_confirmed_or_cancelled() {
    let mut bench = Bench::drc();
    let (one, two) = (bench.uid(&sale()), bench.uid(&sale()));
    let status = bench.status();
    assert_eq!(status["pendingRequestsCount"], 2);
    assert_eq!(status["pendingRequestsList"].as_array().unwrap().len(), 2);
    assert_eq!(status["pendingRequestsList"][0]["date"], "2026-03-14T09:00:00.000+01:00");
    assert_eq!((&status["nif"], &status["nim"]), (&json!(NIF), &json!("CD01000001-1")));
    assert_eq!(status["serverDateTime"], "2026-03-14T09:00:00.000+01:00");
    bench.confirm(&one);
    assert_eq!(bench.status()["pendingRequestsList"][0]["uid"], two);
    bench.ask(Method::Put, &format!("/api/invoice/{two}/cancel"), r#"{"total":2320,"vtotal":320}"#);
    assert_eq!(bench.status()["pendingRequestsCount"], 0);
    assert_eq!(bench.finalised(), 1);
}

#[test]
fn upper_case_acts_and_the_prefix_of_the_test_service_are_the_same_calls() {
    let mut bench = Bench::drc();
    for (prefix, act) in [("", "CONFIRM"), ("/edef", "confirm"), ("/edef", "CONFIRM")] {
        let posted = bench.ask(Method::Post, &format!("{prefix}/api/invoice"), &sale().to_string());
        let uid = body(&posted)["uid"].as_str().unwrap().to_owned();
        let confirmed = bench.ask(Method::Put, &format!("{prefix}/api/invoice/{uid}/{act}"), "{}");
        assert!(body(&confirmed)["codeDEFDGI"].is_string(), "{prefix} {act}");
    }
    let uid = bench.uid(&sale());
    let cancelled = body(&bench.ask(Method::Put, &format!("/api/invoice/{uid}/CANCEL"), "{}"));
    assert_eq!(error(&cancelled), None);
    assert_eq!((bench.finalised(), bench.status()["pendingRequestsCount"].as_u64()), (3, Some(0)));
}

#[test]
fn details_are_of_what_is_pending_only() {
    let mut bench = Bench::drc();
    let uid = bench.uid(&sale());
    let path = format!("/api/invoice/{uid}");
    let details = body(&bench.ask(Method::Get, &path, ""));
    assert_eq!(
        (&details["rn"], &details["total"], &details["uid"]),
        (&json!("F-1"), &json!(2320), &json!(uid))
    );
    bench.confirm(&uid);
    assert_eq!(error(&body(&bench.ask(Method::Get, &path, ""))).as_deref(), Some("20"));
}

#[test]
fn a_second_confirm_or_a_cancel_after_it_is_20_and_finalises_nothing() {
    let mut bench = Bench::drc();
    let uid = bench.uid(&sale());
    bench.confirm(&uid);
    assert_eq!(error(&body(&bench.confirm(&uid))).as_deref(), Some("20"));
    let cancel = bench.ask(Method::Put, &format!("/api/invoice/{uid}/cancel"), "{}");
    assert_eq!(error(&body(&cancel)).as_deref(), Some("20"));
    assert_eq!(bench.finalised(), 1);
}

#[test]
fn a_confirm_with_other_totals_is_99_and_finalises_nothing() {
    let mut bench = Bench::drc();
    let uid = bench.uid(&sale());
    for wrong in [r#"{"total":2320.01,"vtotal":320}"#, r#"{"total":2320,"vtotal":319.99}"#] {
        let said = bench.ask(Method::Put, &format!("/api/invoice/{uid}/confirm"), wrong);
        assert_eq!(error(&body(&said)).as_deref(), Some("99"), "{wrong}");
    }
    assert_eq!(bench.finalised(), 0);
    let right = r#"{"total":"2320.00","vtotal":"320"}"#;
    bench.ask(Method::Put, &format!("/api/invoice/{uid}/confirm"), right);
    assert_eq!(bench.finalised(), 1);
}

#[test]
fn counters_count_by_type_and_all_of_one_e_mcf() {
    let mut bench = Bench::drc();
    let counters = |bench: &mut Bench, kind: &str| {
        let uid = bench.uid(&sale_with(json!({ "type": kind })));
        body(&bench.confirm(&uid))["counters"].as_str().unwrap().to_owned()
    };
    assert_eq!(counters(&mut bench, "FV"), "1/1 FV");
    assert_eq!(counters(&mut bench, "EV"), "1/2 EV");
    assert_eq!(counters(&mut bench, "FV"), "2/3 FV");
    let other = bench.add(Wanted::of(NIF));
    bench.token = other.token.as_str().to_owned();
    assert_eq!(counters(&mut bench, "FV"), "1/1 FV");
}

#[test]
fn an_e_mcf_sees_nothing_of_another_one() {
    let mut bench = Bench::drc();
    let uid = bench.uid(&sale());
    let other = bench.add(Wanted::of("B9999999Z"));
    bench.token = other.token.as_str().to_owned();
    assert_eq!(bench.status()["pendingRequestsCount"], 0);
    assert_eq!(error(&body(&bench.confirm(&uid))).as_deref(), Some("20"));
    assert_eq!(bench.error(&sale()).as_deref(), Some("99"), "the nif is not its own");
}

#[test]
fn a_call_needs_a_token_that_is_good_now() {
    let mut bench = Bench::new(Wanted { token_life_ms: Some(1_000), ..Wanted::of(NIF) });
    let with = |token: Option<&str>| Call {
        token: token.map(str::to_owned),
        ..Call::bare(Method::Get, "/api/invoice", "")
    };
    let token = bench.token.clone();
    assert_eq!(bench.call(&with(None)).status, 401);
    assert_eq!(bench.call(&with(Some(""))).status, 401);
    assert_eq!(bench.call(&with(Some(&token[1..]))).status, 401);
    bench.pass(999);
    assert_eq!(bench.call(&with(Some(&token))).status, 200);
    bench.pass(1);
    assert_eq!(bench.call(&with(Some(&token))).status, 401);
    let (now, dice) = (bench.now, &mut bench.dice);
    let new = bench.world.renew(bench.nim, 1_000, now, &mut || crate::bench::roll(dice)).unwrap();
    assert_eq!(bench.call(&with(Some(new.as_str()))).status, 200);
    assert_eq!(bench.call(&with(Some(&token))).status, 401, "an old token is good no more");
}

#[test]
fn a_token_tells_its_end_as_a_jwt_does() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let bench = Bench::new(Wanted { token_life_ms: Some(5_000), ..Wanted::of(NIF) });
    let part = bench.token.split('.').nth(1).unwrap();
    let said: serde_json::Value =
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap();
    assert_eq!(said["exp"], NOON.0 / 1_000 + 5);
}

#[test]
fn what_is_no_call_is_404_405_or_400_and_changes_nothing() {
    let mut bench = Bench::drc();
    assert_eq!(bench.ask(Method::Get, "/api/invoices", "").status, 404);
    assert_eq!(bench.ask(Method::Get, "/", "").status, 404);
    assert_eq!(bench.ask(Method::Put, "/api/invoice", "").status, 405);
    assert_eq!(bench.ask(Method::Post, "/api/invoice/x/confirm", "{}").status, 405);
    let members_in_a_row = format!("[{}]", vec!["null"; 23].join(","));
    for unreadable in
        ["", "{", "[]", &members_in_a_row, r#"{"items":[{"price":"ten","quantity":1}]}"#, r#"{"items":5}"#]
    {
        assert_eq!(bench.ask(Method::Post, "/api/invoice", unreadable).status, 400, "{unreadable}");
    }
    let uid = bench.uid(&sale());
    assert_eq!(bench.ask(Method::Put, &format!("/api/invoice/{uid}/confirm"), "").status, 400);
    assert_eq!(bench.finalised(), 0);
}
