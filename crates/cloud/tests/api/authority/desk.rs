//! What only a person decides.

use edef_sim::{Endpoint, FaultKind, Moment};
use serde_json::json;

use super::{OUTLET, OWNER, Way};
use crate::bench::bearer;

#[test]
fn a_lost_answer_is_never_guessed_and_bad_words_of_a_person_change_nothing() {
    let way = Way::start();
    way.always(FaultKind::Lost(Moment::After), Endpoint::Confirm);
    let number = way.sell(1);
    // A request is out before the authority finalises it: SUBMITTED alone says too little.
    let doubted = way.until(&number, |submission| {
        let state = submission["state"].as_str().unwrap();
        way.finalised() == 1 && ["AMBIGUOUS", "SYNCED_WITHOUT_CODE", "SUBMITTED"].contains(&state)
    });
    assert!(!doubted["may"].as_array().unwrap().contains(&json!("retry")), "{doubted}");
    let settled = json!({ "outcome": "finalised", "code": "TEST-FEW7", "reason": "portail" });
    for (key, body, status) in [
        (OWNER, &settled, 422),
        (OWNER, &json!({ "outcome": "finalised", "reason": "portail" }), 422),
        (OWNER, &json!({ "outcome": "lost", "reason": "portail" }), 422),
        (OWNER, &json!({ "outcome": "not_there" }), 422),
        (1, &settled, 403),
    ] {
        let answer = way.act(key, &number, "settle", body);
        assert_eq!(answer.status, status, "{body} {answer:?}");
    }
    assert_eq!(way.act(OWNER, &number, "retry", &json!({})).status, 409);
    assert_eq!(way.finalised(), 1);
}

#[test]
fn an_invoice_whose_code_was_lost_is_settled_with_the_portals_code_and_no_other_invoice_gets_it() {
    let way = Way::start();
    way.always(FaultKind::Lost(Moment::After), Endpoint::Confirm);
    let number = way.sell(1);
    let state = way
        .until(&number, |one| ["AMBIGUOUS", "SYNCED_WITHOUT_CODE"].contains(&one["state"].as_str().unwrap()));
    assert!(state["may"].as_array().unwrap().contains(&json!("settle")), "{state}");
    let nim = way.simulator.machines()[0].nim;
    let code = way.simulator.look(|world| world.finalised(nim).next().unwrap().code.clone());
    let said = json!({ "outcome": "finalised", "code": code, "reason": "vu sur le portail" });
    for (member, value) in [
        ("date_time", "soon".to_owned()),
        ("date_time", "14/03/2025 09:10:00".to_owned()),
        ("qr", "F".repeat(513)),
        ("qr", "F;CD01002345-1;another invoice's;20260314".to_owned()),
        ("nim", "CD99999999-9".to_owned()),
    ] {
        let mut wrong = said.clone();
        wrong[member] = json!(value);
        let refused = way.act(OWNER, &number, "settle", &wrong);
        assert_eq!((refused.status, refused.code()), (422, "MEMBER_INVALID".to_owned()), "{refused:?}");
    }
    let settled = way.act(OWNER, &number, "settle", &said);
    assert_eq!(settled.status, 200, "{settled:?}");
    assert_eq!(
        (&settled.json()["state"], &settled.json()["elements"]["source"]),
        (&json!("SYNCED"), &json!("hand"))
    );
    way.until(&number, |one| one["elements"]["code"].is_string());
    let acts = way.bench.client().get("/api/v1/audit/acts?limit=200", OWNER).body;
    assert!(acts.contains("sync.settle"), "{acts}");
    // Another one with the same code.
    let other = way.sell(2);
    way.until(&other, |one| ["AMBIGUOUS", "SYNCED_WITHOUT_CODE"].contains(&one["state"].as_str().unwrap()));
    let reused = way.act(OWNER, &other, "settle", &said);
    assert_eq!((reused.status, reused.code()), (409, "CODE_REUSED".to_owned()), "{reused:?}");
}

#[test]
fn what_waits_is_exported_and_an_import_says_of_each_row_what_came_of_it() {
    let way = Way::start();
    way.always(FaultKind::Refuse(9), Endpoint::Request);
    let number = way.sell(1);
    way.until_state(&number, "FAILED");
    let export = |format: &str| {
        way.bench
            .client()
            .get(&format!("/api/v1/submissions/export?format={format}&outlet_id={OUTLET}"), OWNER)
    };
    let csv = export("csv");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"), "{csv:?}");
    assert!(csv.body.contains(&number) && csv.header("x-invoices") == Some("1"), "{csv:?}");
    assert!(export("xlsx").header("content-type").unwrap().contains("spreadsheetml"));
    assert_eq!(export("pdf").status, 400);

    let take = |key: u8, query: &str, kind: &str, body: &str| {
        let token = bearer(key);
        let headers = [("Authorization", &*token), ("Content-Type", kind)];
        way.bench.client().ask(&format!("POST /api/v1/submissions/import{query}"), &headers, Some(body))
    };
    let sheet =
        format!("rn;nim;codeDEFDGI\n{number};CD01002345-1;TESTFEW73TJMEJCGFOCXPDOX\nX;CD01002345-1;abc\n");
    let tried = take(OWNER, "?dry_run=true", "text/csv", &sheet);
    assert_eq!(tried.status, 200, "{tried:?}");
    let report = tried.json();
    assert_eq!(
        (&report["dry_run"], report["results"].as_array().map(Vec::len)),
        (&json!(true), Some(2)),
        "{report}"
    );
    assert!(report["results"].as_array().unwrap().iter().all(|row| row["outcome"] == "refused"), "{report}");
    // A manager of the outlet may try, and not import.
    assert_eq!(take(1, "?dry_run=true", "text/csv", &sheet).status, 200);
    assert_eq!(take(1, "", "text/csv", &sheet).status, 403);
    assert_eq!(take(OWNER, "", "application/json", "{}").status, 415);
    assert_eq!(take(OWNER, "", "text/csv", "a;b\n1;2\n").status, 422);
    assert_eq!(take(OWNER, "?complete_from=2026-01-01T00:00:00Z", "text/csv", &sheet).status, 400);
    assert_eq!(way.submission(&number).json()["state"], "FAILED");
}

#[test]
fn a_refused_invoice_and_its_cancellation_are_withdrawn_together() {
    let way = Way::start();
    way.always(FaultKind::Refuse(9), Endpoint::Request);
    let number = way.sell(1);
    way.until_state(&number, "FAILED");
    let reason = json!({ "reason": "refaite" });
    let early = way.act(OWNER, &number, "withdraw", &reason);
    assert_eq!(
        (early.status, early.code()),
        (409, "CONFLICT".to_owned()),
        "there is no cancellation yet: {early:?}"
    );
    assert_eq!(way.act(1, &number, "withdraw", &reason).status, 403);
    assert_eq!(way.act(OWNER, &number, "withdraw", &json!({ "reason": "" })).status, 422);
    assert_eq!(way.submission(&number).json()["state"], "FAILED");
}
