//! Invoices that a person types into the authority's portal.

use edef_sim::{Endpoint, FaultKind};
use serde_json::{Value, json};

use super::{OUTLET, OWNER, Way};
use crate::bench::Answer;

/// Who runs the outlet in Gombe, and settles nothing.
const MANAGER: u8 = 1;
const HAND_OUT: &str = "/api/v1/submissions/hand-out";

/// A way whose only invoice the authority refused, and its number.
fn refused() -> (Way, String) {
    let way = Way::start();
    way.always(FaultKind::Refuse(9), Endpoint::Request);
    let number = way.sell(1);
    way.until_state(&number, "FAILED");
    (way, number)
}

fn hand_out(way: &Way, key: u8) -> Answer {
    way.bench.say(key, &format!("POST {HAND_OUT}?outlet_id={OUTLET}"), None)
}

/// The name of a hand-out of the one invoice.
fn handed_out(way: &Way) -> String {
    let handed = hand_out(way, OWNER);
    assert_eq!(handed.header("x-invoices"), Some("1"), "{handed:?}");
    handed.header("x-hand-out").unwrap().to_owned()
}

fn give_back(way: &Way, key: u8, id: &str, body: &Value) -> Answer {
    way.bench.say(key, &format!("POST {HAND_OUT}/{id}/return"), Some(body))
}

#[test]
fn what_is_handed_out_is_in_one_file_only_and_is_not_sent_any_more() {
    let (way, number) = refused();
    let forbidden = hand_out(&way, MANAGER);
    assert_eq!((forbidden.status, forbidden.code()), (403, "FORBIDDEN".to_owned()), "{forbidden:?}");
    assert_eq!(way.submission(&number).json()["state"], "FAILED");

    let handed = hand_out(&way, OWNER);
    assert_eq!((handed.status, handed.header("x-invoices")), (200, Some("1")), "{handed:?}");
    assert_eq!(handed.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(handed.header("x-hand-out").is_some(), "{handed:?}");
    assert!(handed.body.contains(&number) && handed.body.contains("codeDEFDGI"), "{handed:?}");
    let file = way.submission(&number).json();
    assert_eq!(file["state"], "AMBIGUOUS", "{file}");
    let told = |word: &str| file[word].as_str().unwrap().to_owned();
    assert!(told("explanation").contains("given to a person"), "{file}");
    assert!(told("advice").contains("give back"), "{file}");
    assert!(!file["may"].as_array().unwrap().contains(&json!("retry")), "{file}");

    // It left the queue, and not the account of what the authority does not have.
    let summary = way.bench.client().get("/api/v1/authority", OWNER).json();
    for account in [&summary, &summary["outlets"][0]] {
        assert_eq!((&account["unsent"], &account["handed_out"]), (&json!(1), &json!(1)), "{summary}");
        assert!(account["oldest"].is_string(), "{summary}");
    }

    // Nobody types it a second time, and we do not send it beside.
    let second = hand_out(&way, OWNER);
    assert_eq!((second.status, second.header("x-invoices")), (200, Some("0")), "{second:?}");
    assert!(second.header("x-hand-out").is_none() && !second.body.contains(&number), "{second:?}");
    way.mend();
    let retried = way.bench.say(OWNER, "POST /api/v1/submissions/retry", Some(&json!({})));
    assert_eq!((retried.status, &retried.json()["retried"]), (200, &json!(0)), "{retried:?}");
    assert_eq!(way.act(OWNER, &number, "retry", &json!({})).status, 409);
    assert_eq!(way.finalised(), 0);
    let acts = way.bench.client().get("/api/v1/audit/acts?limit=200", OWNER).body;
    assert!(acts.contains("sync.hand_out"), "{acts}");
}

#[test]
fn the_file_of_a_hand_out_is_had_again_as_it_was() {
    let (way, number) = refused();
    let handed = hand_out(&way, OWNER);
    let path = format!("{HAND_OUT}/{}", handed.header("x-hand-out").unwrap());
    let again = |path: &str, key: u8| way.bench.client().get(path, key);
    for _ in 0..2 {
        let again = again(&path, OWNER);
        assert_eq!((again.status, &again.body), (200, &handed.body), "{again:?}");
        assert_eq!(again.header("x-invoices"), Some("1"), "{again:?}");
    }
    let sheets = again(&format!("{path}?format=xlsx"), OWNER);
    assert!(sheets.header("content-type").unwrap().contains("spreadsheetml"), "{sheets:?}");
    assert_eq!(again(&path, MANAGER).status, 403);
    for none in ["1", "-1", "18446744073709551615", "tomorrow"] {
        assert_eq!(again(&format!("{HAND_OUT}/{none}"), OWNER).status, 404, "{none}");
    }
    assert_eq!(again(&format!("{path}?format=pdf"), OWNER).status, 400);
    assert_eq!(way.submission(&number).json()["state"], "AMBIGUOUS");
}

#[test]
fn what_may_have_been_typed_a_moment_ago_is_not_given_back() {
    let (way, number) = refused();
    let id = handed_out(&way);
    let reason = json!({ "reason": "rien n'a été saisi" });
    assert_eq!(give_back(&way, MANAGER, &id, &reason).status, 403);
    assert_eq!(give_back(&way, OWNER, "1", &reason).status, 404);
    assert_eq!(give_back(&way, OWNER, &id, &json!({ "reason": "" })).status, 422);
    assert_eq!(give_back(&way, OWNER, &id, &json!({})).status, 422);
    let early = give_back(&way, OWNER, &id, &reason);
    assert_eq!((early.status, early.code()), (409, "CONFLICT".to_owned()), "{early:?}");
    let wait: u32 = early.header("retry-after").unwrap().parse().unwrap();
    assert!((3_000..=3_600).contains(&wait), "{early:?}");
    assert_eq!(way.submission(&number).json()["state"], "AMBIGUOUS");
    assert_eq!(way.finalised(), 0);
}
