//! From a sale to both seals.

use edef_sim::{Endpoint, FaultKind};
use serde_json::json;

use super::{OPERATOR, OWNER, Way};
use crate::bench::Bench;

#[test]
fn a_sale_reaches_the_authority_by_itself_and_its_receipt_shows_both_seals() {
    let way = Way::start();
    let number = way.sell(1);
    let submission = way.until(&number, |submission| submission["state"] == "SYNCED");
    let elements = &submission["elements"];
    let code = elements["code"].as_str().unwrap();
    assert_eq!((code.len(), elements["source"].as_str(), &elements["test"]), (24, Some("api"), &json!(true)));
    assert_eq!(way.finalised(), 1);
    let causes: Vec<_> =
        submission["transitions"].as_array().unwrap().iter().map(|one| &one["cause"]).collect();
    assert_eq!(causes.first().unwrap(), &"requested");
    assert_eq!(causes.last().unwrap(), &"confirmed");
    let mut client = way.bench.client();
    let receipt = client.get(&format!("/api/v1/receipts/{number}.txt?wait_dgi=3"), 1);
    assert_eq!(receipt.status, 200, "{receipt:?}");
    let letters: String = receipt.body.chars().filter(char::is_ascii_alphanumeric).collect();
    let invoice = client.get(&format!("/api/v1/invoices/{number}"), 1).json();
    let ours: String =
        invoice["auth_code"].as_str().unwrap().chars().filter(char::is_ascii_alphanumeric).collect();
    assert!(letters.contains(code) && letters.contains(&ours), "{}", receipt.body);
    assert!(receipt.body.contains("ESSAI"), "{}", receipt.body);
    for dgi in [&invoice["dgi"], &client.get(&format!("/api/v1/invoices/{number}/status"), 1).json()["dgi"]] {
        assert_eq!((&dgi["state"], &dgi["elements"]["code"]), (&json!("SYNCED"), &json!(code)), "{dgi}");
    }
    let metrics = client.get("/metrics", 1).body;
    assert!(metrics.contains("stelala_authority_recorded_total") || !metrics.is_empty());
}

#[test]
fn a_receipt_waits_for_the_second_seal_no_longer_than_it_is_asked_to() {
    let way = Way::without_machine("");
    let number = way.sell(1);
    let print = |query: &str| way.bench.client().get(&format!("/api/v1/receipts/{number}.txt{query}"), 1);
    assert_eq!(print("?wait_dgi=0").status, 200);
    assert_ne!(print("?wait_dgi=0").body, print("").body, "it says that it waits for the second");
    assert_eq!(print("?wait_dgi=4").status, 400);
    let machine = way.machine();
    let printing = std::thread::scope(|scope| {
        let printing = scope.spawn(|| print("?wait_dgi=3"));
        let made = way.bench.say(OWNER, "POST /api/v1/authority/machines", Some(&machine));
        assert_eq!(made.status, 201, "{made:?}");
        printing.join().unwrap()
    });
    way.until_state(&number, "SYNCED");
    assert_eq!(printing.status, 200, "{printing:?}");
    assert!(print("").body.contains("ESSAI"));
}

#[test]
fn an_outlet_without_a_machine_shows_its_backlog_and_why() {
    let way = Way::without_machine("");
    let number = way.sell(1);
    let submission = way.until(&number, |submission| submission["state"] == "PENDING");
    assert_eq!(submission["may"], json!([]));
    let summary = way.bench.client().get("/api/v1/authority", OWNER).json();
    assert_eq!((&summary["enabled"], &summary["unsent"]), (&json!(true), &json!(1)), "{summary}");
    assert_eq!(summary["outlets"][0]["states"], json!({ "PENDING": 1 }), "{summary}");
    assert!(summary["oldest"].is_string() && summary["outlets"][0].get("machine_id").is_none(), "{summary}");
}

#[test]
fn a_cloud_that_sends_nothing_says_so_and_takes_no_machine() {
    let bench = Bench::start();
    let summary = bench.client().get("/api/v1/authority", OWNER).json();
    assert_eq!((&summary["enabled"], &summary["hosts"]), (&json!(false), &json!([])), "{summary}");
    let body = json!({
        "url": "https://edef.dgirdc.cd", "nim": "CD01002345-1", "isf": "S-1", "token": "0123456789abcdef", "outlet_ids": [],
    });
    let refused = bench.say(OWNER, "POST /api/v1/authority/machines", Some(&body));
    assert_eq!((refused.status, refused.code()), (409, "CONFLICT".to_owned()));
    let sold = bench.client().sell(1, None, &crate::bench::payload(1)).json();
    let number = sold["fiscal_number"].as_str().unwrap();
    let status = bench.client().get(&format!("/api/v1/invoices/{number}/status"), 1).json();
    assert_eq!(status["dgi"], json!({ "state": "PENDING" }), "{status}");
}

#[test]
fn what_the_authority_refuses_is_told_in_plain_words_and_sent_again_when_somebody_says_so() {
    let way = Way::start();
    way.always(FaultKind::Refuse(9), Endpoint::Request);
    let number = way.sell(1);
    let failed = way.until_state(&number, "FAILED");
    assert_eq!(failed["error"]["authority_code"], 9, "{failed}");
    assert!(failed["explanation"].as_str().is_some_and(|text| text.len() > 15), "{failed}");
    assert!(
        failed["advice"].is_string() && failed["may"].as_array().unwrap().contains(&json!("retry")),
        "{failed}"
    );
    let said = |language: &str| {
        let bearer = crate::bench::bearer(OWNER);
        let headers = [("Authorization", &*bearer), ("Accept-Language", language)];
        let line = format!("GET /api/v1/invoices/{number}/submission");
        way.bench.client().ask(&line, &headers, None).json()["explanation"].clone()
    };
    assert_ne!(said("fr"), said("en"));
    // A till may read it, and not have it sent again.
    assert_eq!(way.bench.client().get("/api/v1/submissions?state=FAILED", 1).status, 200);
    let listed = way.bench.client().get("/api/v1/submissions?state=FAILED", OWNER).json();
    assert_eq!(listed["submissions"][0]["fiscal_number"], number.as_str(), "{listed}");
    assert_eq!(
        way.bench.client().get("/api/v1/submissions?state=SYNCED", OWNER).json()["submissions"],
        json!([])
    );
    assert_eq!(way.bench.client().get("/api/v1/submissions?state=LOST", OWNER).status, 400);
    way.mend();
    let retried = way.bench.say(OWNER, "POST /api/v1/submissions/retry", Some(&json!({})));
    assert_eq!((retried.status, &retried.json()["retried"]), (200, &json!(1)), "{retried:?}");
    way.until_state(&number, "SYNCED");
    assert_eq!(way.finalised(), 1);
    // What is at the authority is never sent again.
    let again = way.act(OWNER, &number, "retry", &json!({}));
    assert_eq!((again.status, again.code()), (409, "CONFLICT".to_owned()));
    let acts = way.bench.client().get("/api/v1/audit/acts?limit=200", OPERATOR).body;
    assert!(acts.contains("sync.retry"), "{acts}");
}
