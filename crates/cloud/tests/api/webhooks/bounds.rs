//! Whose webhooks they are, which there can be, and how many.

use serde_json::{Value, json};

use super::{PRIVATE, Receiver, STRANGER, ask, make, make_stranger};
use crate::{
    bench::{Bench, bearer},
    tenants::{OPERATOR, OWNER},
};

#[test]
fn another_merchants_webhook_is_not_found_like_none() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make_stranger(&bench);
    let (id, _) = make(&bench, &receiver, json!({}));
    let ping = ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OWNER, None).json();
    let delivery = ping["delivery_id"].as_str().unwrap();
    let [none, no_delivery] = ["whk_00000000000000000000", "dlv_00000000000000000000"];
    let change = json!({ "url": receiver.url() });
    for (line, body) in [
        ("GET /api/v1/webhooks/WHK", None),
        ("PATCH /api/v1/webhooks/WHK", Some(&change)),
        ("DELETE /api/v1/webhooks/WHK", None),
        ("POST /api/v1/webhooks/WHK/secret", None),
        ("POST /api/v1/webhooks/WHK/ping", None),
        ("GET /api/v1/webhooks/WHK/deliveries", None),
        ("GET /api/v1/webhooks/WHK/deliveries/DLV", None),
        ("POST /api/v1/webhooks/WHK/deliveries/DLV/resend", None),
    ] {
        let of = |webhook, delivery| line.replace("WHK", webhook).replace("DLV", delivery);
        let theirs = ask(&bench, &of(&id, delivery), STRANGER, body);
        let nobodys = ask(&bench, &of(none, no_delivery), STRANGER, body);
        assert_eq!((theirs.status, &theirs.body), (404, &nobodys.body), "{line}");
        // Nor who has a key of one outlet, and the webhook is of all.
        assert_eq!(ask(&bench, &of(&id, delivery), 1, body).status, 404, "{line}");
    }
    let listed = ask(&bench, "GET /api/v1/webhooks", STRANGER, None).json();
    assert_eq!(listed["webhooks"], json!([]));
    let theirs = format!("GET /api/v1/webhooks?merchant_id={}", bench.merchant());
    assert_eq!(ask(&bench, &theirs, STRANGER, None).status, 404);
    // A delivery is found under its own webhook only.
    let (other, _) = make(&bench, &receiver, json!({}));
    let line = format!("GET /api/v1/webhooks/{other}/deliveries/{delivery}");
    assert_eq!(ask(&bench, &line, OWNER, None).status, 404);
    let line = format!("POST /api/v1/webhooks/{other}/deliveries/{delivery}/resend");
    assert_eq!(ask(&bench, &line, OWNER, None).status, 404);
}

#[test]
fn a_key_of_one_outlet_makes_a_webhook_that_is_told_of_that_one_alone() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    let body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    let made = ask(&bench, "POST /api/v1/webhooks", 1, Some(&body)).json();
    assert_eq!(made["webhook"]["outlet_id"], "KIN-GOMBE-01", "{made}");
    let mut of_next = body;
    of_next["outlet_id"] = json!("KIN-LIMETE-02");
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", 1, Some(&of_next)).status, 404);
    let listed = |number| {
        ask(&bench, "GET /api/v1/webhooks", number, None).json()["webhooks"].as_array().unwrap().len()
    };
    assert_eq!((listed(1), listed(2), listed(OWNER)), (1, 0, 1));
}

#[test]
fn the_platform_says_for_whom_and_the_act_is_in_the_merchants_log() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make_stranger(&bench);
    let mut body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body)).code(), "MEMBER_INVALID");
    body["merchant_id"] = json!("mer_00000000000000000000");
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body)).status, 404);
    body["merchant_id"] = json!(bench.merchant().as_str());
    assert_eq!(ask(&bench, "POST /api/v1/webhooks", STRANGER, Some(&body)).status, 404);
    let made = ask(&bench, "POST /api/v1/webhooks", OPERATOR, Some(&body));
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["webhook"]["webhook_id"].as_str().unwrap().to_owned();
    ask(&bench, &format!("POST /api/v1/webhooks/{id}/ping"), OPERATOR, None);
    ask(&bench, &format!("DELETE /api/v1/webhooks/{id}"), OPERATOR, None);
    let line = format!("GET /api/v1/webhooks?merchant_id={}", bench.merchant());
    assert_eq!(ask(&bench, &line, OPERATOR, None).json()["webhooks"][0]["webhook_id"], id.as_str());
    let acts = |number| ask(&bench, "GET /api/v1/audit/acts", number, None).body;
    for act in ["webhook.create", "webhook.ping", "webhook.stop"] {
        assert!(acts(OWNER).contains(act) && !acts(STRANGER).contains(act), "{act}");
    }
}

#[test]
fn what_no_webhook_can_be_is_refused_in_both_languages() {
    let bench = Bench::start();
    let new = |url: &str, events: Value| json!({ "url": url, "events": events });
    for (body, member) in [
        (new("http://erp.example.cd/", json!(["invoice.sealed"])), "url"),
        (new("https://127.0.0.1/", json!(["invoice.sealed"])), "url"),
        (new("https://me:word@erp.example.cd/", json!(["invoice.sealed"])), "url"),
        (new("https://erp.example.cd/", json!([])), "events"),
        (new("https://erp.example.cd/", json!(["invoice.sold"])), "events[0]"),
        (new("https://erp.example.cd/", json!(["webhook.ping"])), "events[0]"),
    ] {
        let english = ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&body));
        assert_eq!((english.status, english.code()), (422, "MEMBER_INVALID".to_owned()), "{body}");
        assert_eq!(english.json()["member"], member, "{body}");
        let bearer = bearer(OWNER);
        let said = ["fr", "en"].map(|language| {
            let headers = [
                ("Authorization", &*bearer),
                ("Content-Type", "application/json"),
                ("Accept-Language", language),
            ];
            let answer = bench.client().ask("POST /api/v1/webhooks", &headers, Some(&body.to_string()));
            answer.json()["detail"].clone()
        });
        assert_ne!(said[0], said[1], "{body}");
    }
}

#[test]
fn a_merchant_has_sixteen_webhooks_and_reads_them_page_by_page() {
    let bench = Bench::start();
    let new = json!({ "url": "https://erp.example.cd/", "events": ["invoice.sealed"] });
    for _ in 0..16 {
        assert_eq!(ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&new)).status, 201);
    }
    let seventeenth = ask(&bench, "POST /api/v1/webhooks", OWNER, Some(&new));
    assert_eq!((seventeenth.status, seventeenth.code()), (409, "CONFLICT".to_owned()));
    let mut ids = Vec::new();
    let mut line = "GET /api/v1/webhooks?limit=7".to_owned();
    loop {
        let page = ask(&bench, &line, OWNER, None).json();
        ids.extend(
            page["webhooks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["webhook_id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        line = format!("GET /api/v1/webhooks?limit=7&cursor={next}");
    }
    assert!(ids.len() == 16 && ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    // The log, likewise, the newest first.
    let path = format!("/api/v1/webhooks/{}", ids[0]);
    let pinged: Vec<Value> = (0..3)
        .map(|_| ask(&bench, &format!("POST {path}/ping"), OWNER, None).json()["delivery_id"].clone())
        .collect();
    let first = ask(&bench, &format!("GET {path}/deliveries?limit=2"), OWNER, None).json();
    let line = format!("GET {path}/deliveries?limit=2&cursor={}", first["next"].as_str().unwrap());
    let second = ask(&bench, &line, OWNER, None).json();
    let shown = [
        &first["deliveries"][0]["delivery_id"],
        &first["deliveries"][1]["delivery_id"],
        &second["deliveries"][0]["delivery_id"],
    ];
    assert_eq!(shown, [&pinged[2], &pinged[1], &pinged[0]]);
    assert!(second["next"].is_null());
    for wrong in ["limit=0", "state=lost", "cursor=x", "page=2"] {
        let answer = ask(&bench, &format!("GET {path}/deliveries?{wrong}"), OWNER, None);
        assert_eq!(answer.code(), "REQUEST_INVALID", "{wrong}");
    }
}

#[test]
fn the_platform_reads_the_webhooks_of_all_merchants_page_by_page() {
    let (bench, receiver) = (Bench::with(PRIVATE), Receiver::start());
    make_stranger(&bench);
    let mut made: Vec<_> = (0..3).map(|_| make(&bench, &receiver, json!({})).0).collect();
    let body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    for _ in 0..2 {
        let theirs = ask(&bench, "POST /api/v1/webhooks", STRANGER, Some(&body)).json();
        made.push(theirs["webhook"]["webhook_id"].as_str().unwrap().to_owned());
    }
    made.sort();
    let (mut read, mut merchants) = (Vec::new(), Vec::new());
    let mut line = "GET /api/v1/webhooks?limit=2".to_owned();
    loop {
        let page = ask(&bench, &line, OPERATOR, None).json();
        let webhooks = page["webhooks"].as_array().unwrap();
        assert!((1..=2).contains(&webhooks.len()), "{page}");
        let text = |one: &Value, member: &str| one[member].as_str().unwrap().to_owned();
        read.extend(webhooks.iter().map(|one| text(one, "webhook_id")));
        merchants.extend(webhooks.iter().map(|one| text(one, "merchant_id")));
        let Some(next) = page["next"].as_str() else { break };
        line = format!("GET /api/v1/webhooks?limit=2&cursor={next}");
    }
    merchants.sort();
    merchants.dedup();
    assert_eq!((read, merchants.len()), (made, 2));
}

#[test]
fn the_hundred_and_first_webhook_of_a_day_and_the_sixty_first_ping_of_an_hour_wait() {
    let limits = "[limits]\nper_second = 10000\nburst = 10000\n";
    let (bench, receiver) = (Bench::with(&format!("{PRIVATE}{limits}")), Receiver::start());
    let (first, _) = make(&bench, &receiver, json!({}));
    let ping = format!("POST /api/v1/webhooks/{first}/ping");
    for _ in 0..60 {
        assert_eq!(ask(&bench, &ping, OWNER, None).status, 201);
    }
    for _ in 1..100 {
        let (id, _) = make(&bench, &receiver, json!({}));
        assert_eq!(ask(&bench, &format!("DELETE /api/v1/webhooks/{id}"), OWNER, None).status, 204);
    }
    let body = json!({ "url": receiver.url(), "events": ["invoice.sealed"] });
    for (line, body, longest) in [("POST /api/v1/webhooks", Some(&body), 86_400), (&*ping, None, 3_600)] {
        let refused = ask(&bench, line, OWNER, body);
        assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED".to_owned()), "{refused:?}");
        let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((longest - 300..=longest).contains(&wait), "{line}: {wait}");
    }
    let kept = ask(&bench, "GET /api/v1/webhooks?limit=200", OWNER, None).json();
    assert_eq!(kept["webhooks"].as_array().unwrap().len(), 100);
}
