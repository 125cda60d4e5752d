//! What needs someone: who is told of it, page by page, and who closes it.

use std::collections::BTreeSet;

use edef_sim::{Endpoint, FaultKind};
use serde_json::{Value, json};

use super::{OPERATOR, OUTLET, OWNER, Way};
use crate::bench::Answer;

const ALERTS: &str = "/api/v1/authority/alerts";

fn list(way: &Way, key: u8, query: &str) -> Vec<Value> {
    let answer = way.bench.client().get(&format!("{ALERTS}{query}"), key);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["alerts"].as_array().unwrap().clone()
}

fn close(way: &Way, key: u8, body: &Value) -> Answer {
    way.bench.say(key, &format!("POST {ALERTS}/close"), Some(body))
}

/// A way on which several things are to be looked at: an invoice was handed out, and another one is refused.
fn troubled() -> (Way, String) {
    let way = Way::start();
    way.always(FaultKind::Refuse(9), Endpoint::Request);
    let number = way.sell(1);
    way.until_state(&number, "FAILED");
    let handed = way.bench.say(OWNER, &format!("POST /api/v1/submissions/hand-out?outlet_id={OUTLET}"), None);
    let id = handed.header("x-hand-out").unwrap().to_owned();
    (way, format!("hand-out-{id}"))
}

#[test]
fn the_platform_closes_what_it_looked_at_and_no_merchant_hides_anything_from_it() {
    let (way, about) = troubled();
    let of_owner = list(&way, OWNER, "?cause=handed_out");
    assert_eq!((of_owner.len(), &of_owner[0]["about"]), (1, &json!(about)), "{of_owner:?}");
    assert!(of_owner[0]["merchant_id"].is_string() && of_owner[0]["may"] == json!([]), "{of_owner:?}");
    assert_eq!(list(&way, OPERATOR, "?cause=handed_out")[0]["may"], json!(["close"]));

    let seen = list(&way, OPERATOR, "?cause=handed_out")[0]["seen"].clone();
    let body = json!({ "cause": "handed_out", "about": about, "seen": seen, "reason": "comparée" });
    for key in [OWNER, 1] {
        assert_eq!(close(&way, key, &body).status, 403);
    }
    for (wrong, status) in [
        (json!({ "cause": "handed_out", "about": about, "seen": seen }), 422),
        (json!({ "cause": "handed_out", "about": about, "reason": "x" }), 422),
        (json!({ "cause": "handed_out", "about": about, "seen": "today", "reason": "x" }), 422),
        (
            json!({ "cause": "handed_out", "about": about, "seen": "2026-03-14T08:00:00.000Z", "reason": "x" }),
            409,
        ),
        (json!({ "cause": "handed_out", "about": about, "seen": seen, "reason": "" }), 422),
        (json!({ "cause": "nothing", "about": about, "seen": seen, "reason": "x" }), 422),
        (json!({ "cause": "handed_out", "about": "hand-out-1", "seen": seen, "reason": "x" }), 404),
        (json!({ "cause": "handed_out", "about": "\u{0}", "seen": seen, "reason": "x" }), 404),
        (json!({ "cause": "failed", "about": OUTLET, "seen": seen, "reason": "x" }), 409),
    ] {
        let answer = close(&way, OPERATOR, &wrong);
        assert_eq!(answer.status, status, "{wrong} {answer:?}");
    }
    assert_eq!(list(&way, OPERATOR, "?cause=handed_out").len(), 1);

    let closed = close(&way, OPERATOR, &body);
    assert_eq!((closed.status, &closed.json()["may"]), (200, &json!([])), "{closed:?}");
    assert!(closed.json()["ended"].is_string(), "{closed:?}");
    let again = close(&way, OPERATOR, &body);
    assert_eq!((again.status, again.json()["ended"].is_string()), (200, true), "{again:?}");
    assert!(list(&way, OPERATOR, "?cause=handed_out").is_empty());
    assert_eq!(list(&way, OPERATOR, "?cause=handed_out&ended=true").len(), 1);
    let acts = way.bench.client().get("/api/v1/audit/acts?limit=200", OPERATOR).json();
    let acts: Vec<_> =
        acts["acts"].as_array().unwrap().iter().filter(|act| act["action"] == "alert.close").collect();
    let [act] = acts[..] else { panic!("{acts:?}") };
    assert_eq!(act["subject"], json!(format!("handed_out {about}: comparée")));
}

#[test]
fn pages_of_alerts_go_through_all_that_the_summary_counts() {
    let (way, _) = troubled();
    let summary = || way.bench.client().get("/api/v1/authority", OPERATOR).json()["alerts"].as_u64().unwrap();
    let walk = || {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = way.bench.client().get(&format!("{ALERTS}?limit=1{cursor}"), OPERATOR).json();
            let alerts = page["alerts"].as_array().unwrap();
            assert!(alerts.len() <= 1, "{page}");
            let name = |alert: &Value| format!("{} {}", alert["cause"], alert["about"]);
            found.extend(alerts.iter().map(name));
            let Some(next) = page["next"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    };
    // The watch may tell of something more at any moment.
    let found = walk();
    let names: BTreeSet<_> = found.iter().collect();
    assert!(names.len() >= 2 && names.len() == found.len(), "{found:?}");
    assert!(found.iter().any(|name| name.contains("handed_out")), "{found:?}");
    let (before, walked, after) = (summary(), walk().len() as u64, summary());
    assert!((before..=after).contains(&walked) || before > after, "{before} {walked} {after}");
    for query in ["?limit=0", "?limit=201", "?cursor=1", "?cursor=1.!", "?cursor=1.AA", "?cause=nothing"] {
        assert_eq!(way.bench.client().get(&format!("{ALERTS}{query}"), OPERATOR).status, 400, "{query}");
    }
}
