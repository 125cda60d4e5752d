//! Two merchants, their outlets and keys, over HTTP.

use registry::{MerchantId, Reach, Role};
use serde_json::{Value, json};

use crate::bench::{Answer, Bench, Client, bearer, make_key, make_merchant, payload};

/// The owner of the merchant of the bench.
pub(crate) const OWNER: u8 = 3;
/// Who runs the platform.
pub(crate) const OPERATOR: u8 = 9;
/// The owner of the other merchant.
pub(crate) const OTHER: u8 = 20;
/// Keys of the first merchant: each role has its own, this one and those after it, in the order of [`Role::ALL`].
const ROLES: u8 = 10;

/// Sends one question with a body, as whoever has a token.
pub(crate) fn send(client: &mut Client, line: &str, token: &str, body: Option<&Value>) -> Answer {
    let body = body.map(Value::to_string);
    let mut headers = vec![("Content-Type", "application/json")];
    if !token.is_empty() {
        headers.push(("Authorization", token));
    }
    client.ask(line, &headers, body.as_deref())
}

/// A bench with a second merchant, and keys of all roles of the first.
pub(crate) struct Tenants {
    pub(crate) bench: Bench,
    pub(crate) own: MerchantId,
    pub(crate) other: MerchantId,
}

impl Tenants {
    pub(crate) fn start() -> Self {
        let bench = Bench::start();
        let database = cloud::database(&bench.config.database).unwrap();
        let outlets = [("GOMA-01", "GOMA01")];
        let other = make_merchant(&*database, &bench.config, "Kivu Frais", "B7654321X", &outlets);
        make_key(&*database, OTHER, Role::Owner, Reach::Merchant(other.clone()));
        let shown = bench.client().get("/api/v1/sessions/current", OWNER).json();
        let own: MerchantId = shown["merchant_id"].as_str().unwrap().parse().unwrap();
        for (number, role) in (ROLES..).zip(Role::ALL.iter().filter(|role| !role.is_of_platform())) {
            make_key(&*database, number, *role, Reach::Merchant(own.clone()));
        }
        Self { bench, own, other }
    }

    pub(crate) fn ask(&self, line: &str, number: u8, body: Option<&Value>) -> Answer {
        send(&mut self.bench.client(), line, &bearer(number), body)
    }
}

#[test]
fn only_the_platform_makes_merchants_and_each_sees_himself_alone() {
    let tenants = Tenants::start();
    let new = json!({ "name": "Boulangerie Lemba", "nif": "C1234567Z" });
    assert_eq!(tenants.ask("POST /api/v1/merchants", OWNER, Some(&new)).code(), "FORBIDDEN");
    let made = tenants.ask("POST /api/v1/merchants", OPERATOR, Some(&new));
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((made["name"].as_str(), made["stopped"].as_bool()), (Some("Boulangerie Lemba"), Some(false)));
    assert!(made["created"].as_str().unwrap().ends_with('Z') && made["owner"].is_null());
    assert_eq!(tenants.ask("POST /api/v1/merchants", OPERATOR, Some(&new)).code(), "EXISTS");

    let listed = |number| tenants.ask("GET /api/v1/merchants", number, None).json();
    assert_eq!(listed(OPERATOR)["merchants"].as_array().unwrap().len(), 3);
    let ids = |page: &Value| {
        page["merchants"].as_array().unwrap().iter().map(|one| one["merchant_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&listed(OWNER)), [tenants.own.as_str()]);
    assert_eq!(ids(&listed(OTHER)), [tenants.other.as_str()]);

    let nobody = tenants.ask("GET /api/v1/merchants/mer_00000000000000000000", OWNER, None);
    for method in ["GET", "PATCH"] {
        let line = format!("{method} /api/v1/merchants/{}", tenants.other);
        let body = json!({ "name": "Mine" });
        let theirs = tenants.ask(&line, OWNER, (method == "PATCH").then_some(&body));
        assert_eq!((theirs.status, &theirs.body), (404, &nobody.body), "{method}");
    }
}

#[test]
fn merchants_come_page_by_page() {
    let tenants = Tenants::start();
    let whole = tenants.ask("GET /api/v1/merchants", OPERATOR, None).json();
    let first = tenants.ask("GET /api/v1/merchants?limit=1", OPERATOR, None).json();
    let line = format!("GET /api/v1/merchants?limit=1&cursor={}", first["next"].as_str().unwrap());
    let second = tenants.ask(&line, OPERATOR, None).json();
    assert_eq!(whole["merchants"], json!([first["merchants"][0], second["merchants"][0]]));
    assert!(whole["next"].is_null() && second["next"].is_null());
    for wrong in ["limit=0", "limit=201", "cursor=x", "page=2"] {
        assert_eq!(
            tenants.ask(&format!("GET /api/v1/merchants?{wrong}"), OPERATOR, None).code(),
            "REQUEST_INVALID",
            "{wrong}"
        );
    }
}

#[test]
fn a_merchant_is_renamed_by_his_owner_and_stopped_by_the_platform_alone() {
    let tenants = Tenants::start();
    let line = format!("PATCH /api/v1/merchants/{}", tenants.own);
    let renamed = tenants.ask(&line, OWNER, Some(&json!({ "name": "Maman Nzuzi & Filles" })));
    assert_eq!((renamed.status, renamed.json()["name"].as_str()), (200, Some("Maman Nzuzi & Filles")));
    let stop = json!({ "name": "Stopped", "stopped": true });
    assert_eq!(tenants.ask(&line, OWNER, Some(&stop)).code(), "FORBIDDEN");
    let stopped = tenants.ask(&line, OPERATOR, Some(&stop)).json();
    assert!(stopped["stopped"] == true && stopped["stopped_at"].as_str().unwrap().ends_with('Z'));
    // At once: what was known of the key a moment ago is asked for again.
    assert_eq!(tenants.ask("GET /api/v1/outlets", OWNER, None).code(), "UNAUTHENTICATED");
    assert_eq!(tenants.bench.client().sell(1, None, &payload(1)).status, 401);
    assert_eq!(tenants.ask("GET /api/v1/outlets", OTHER, None).status, 200);
    tenants.ask(&line, OPERATOR, Some(&json!({ "stopped": false })));
    assert_eq!(tenants.bench.client().sell(1, None, &payload(1)).status, 201);
}

#[test]
fn an_owner_makes_an_outlet_and_a_key_for_it_and_it_sells() {
    let tenants = Tenants::start();
    let new = json!({ "outlet_id": "KIN-NGABA-03", "name": "Ngaba", "address": "Rond-point", "zone": "Africa/Kinshasa" });
    let outlet = tenants.ask("POST /api/v1/outlets", OWNER, Some(&new));
    assert_eq!(outlet.status, 201, "{outlet:?}");
    let outlet = outlet.json();
    assert_eq!(
        (outlet["prefix"].as_str(), outlet["merchant_nif"].as_str()),
        (Some("KINNGABA03"), Some("A2301457K"))
    );
    assert_eq!(outlet["zone"], "Africa/Kinshasa");
    assert_eq!(tenants.ask("POST /api/v1/outlets", OWNER, Some(&new)).code(), "EXISTS");

    let key = json!({ "name": "Till 1", "role": "cashier", "outlet_id": "KIN-NGABA-03" });
    let key = tenants.ask("POST /api/v1/api-keys", OWNER, Some(&key));
    assert_eq!(key.status, 201, "{key:?}");
    assert_eq!(key.header("cache-control"), Some("no-store"));
    let key = key.json();
    let secret = key["secret"].as_str().unwrap();
    let till = format!("Bearer {secret}");
    let sale = payload(7).replace("KIN-GOMBE-01", "KIN-NGABA-03");
    let headers = [("Authorization", till.as_str()), ("Content-Type", crate::bench::CANONICAL)];
    let mut client = tenants.bench.client();
    let sealed = client.ask("POST /api/v1/invoices", &headers, Some(&sale));
    assert_eq!(
        (sealed.status, sealed.json()["fiscal_number"].as_str()),
        (201, Some("KINNGABA03-0-00000001"))
    );
    assert_eq!(send(&mut client, "GET /api/v1/api-keys", &till, None).code(), "FORBIDDEN");

    let stop = tenants.ask(
        "PATCH /api/v1/outlets/KIN-NGABA-03",
        OWNER,
        Some(&json!({ "stopped": true, "address": null })),
    );
    assert!(stop.json()["stopped"] == true && stop.json()["address"].is_null(), "{stop:?}");
    assert_eq!(send(&mut client, "GET /api/v1/outlets", &till, None).code(), "UNAUTHENTICATED");
    tenants.ask("PATCH /api/v1/outlets/KIN-NGABA-03", OWNER, Some(&json!({ "stopped": false })));
    let seen = send(&mut client, "GET /api/v1/outlets", &till, None).json();
    assert_eq!(
        (seen["outlets"].as_array().unwrap().len(), &seen["outlets"][0]["outlet_id"]),
        (1, &json!("KIN-NGABA-03"))
    );

    // The secret was shown once.
    let listed = tenants.ask("GET /api/v1/api-keys", OWNER, None);
    assert!(listed.body.contains(key["key_id"].as_str().unwrap()) && !listed.body.contains(&secret[4..]));
    let line = format!("DELETE /api/v1/api-keys/{}", key["key_id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(tenants.ask(&line, OWNER, None).status, 204);
    }
    assert_eq!(send(&mut client, "GET /api/v1/outlets", &till, None).code(), "UNAUTHENTICATED");
}

#[test]
fn the_platform_says_for_whom_and_it_alone_chooses_a_prefix() {
    let tenants = Tenants::start();
    let new =
        json!({ "outlet_id": "BUKAVU-01", "name": "Bukavu", "zone": "Africa/Lubumbashi", "prefix": "BKV1" });
    assert_eq!(tenants.ask("POST /api/v1/outlets", OTHER, Some(&new)).code(), "FORBIDDEN");
    let unsaid = tenants.ask("POST /api/v1/outlets", OPERATOR, Some(&new));
    assert_eq!(
        (unsaid.code().as_str(), unsaid.json()["member"].as_str()),
        ("MEMBER_INVALID", Some("merchant_id"))
    );
    let mut said = new.clone();
    said["merchant_id"] = json!(tenants.other.as_str());
    assert_eq!(tenants.ask("POST /api/v1/outlets", OWNER, Some(&said)).code(), "NOT_FOUND");
    let made = tenants.ask("POST /api/v1/outlets", OPERATOR, Some(&said)).json();
    assert_eq!((&made["prefix"], &made["zone"]), (&json!("BKV1"), &json!("Africa/Lubumbashi")));
    said["merchant_id"] = json!("mer_00000000000000000000");
    said["outlet_id"] = json!("BUKAVU-02");
    assert_eq!(tenants.ask("POST /api/v1/outlets", OPERATOR, Some(&said)).code(), "NOT_FOUND");

    let of = |merchant: &str, number| {
        tenants.ask(&format!("GET /api/v1/outlets?merchant_id={merchant}"), number, None)
    };
    assert_eq!(of(tenants.other.as_str(), OPERATOR).json()["outlets"].as_array().unwrap().len(), 2);
    assert_eq!(of(tenants.own.as_str(), OWNER).json()["outlets"].as_array().unwrap().len(), 2);
    assert_eq!(of(tenants.other.as_str(), OWNER).code(), "NOT_FOUND");
    assert_eq!(of("mer_00000000000000000000", OPERATOR).code(), "NOT_FOUND");
}

#[test]
fn a_key_permits_no_more_than_its_maker_hands_out() {
    let tenants = Tenants::start();
    let (manager, cashier) = (ROLES + 1, ROLES + 3);
    let key = |role: &str| json!({ "name": "k", "role": role });
    let make = |number, body: &Value| tenants.ask("POST /api/v1/api-keys", number, Some(body));
    assert_eq!(make(cashier, &key("cashier")).code(), "FORBIDDEN");
    assert_eq!(make(manager, &key("owner")).code(), "FORBIDDEN");
    assert_eq!(make(manager, &key("manager")).status, 201);
    // Who runs the platform sells for nobody, and makes the keys that do.
    let sells = json!({ "name": "k", "role": "cashier", "merchant_id": tenants.own.as_str(), "rate": { "per_second": 500, "burst": 1000 } });
    let made = make(OPERATOR, &sells);
    assert_eq!((made.status, &made.json()["rate"]), (201, &sells["rate"]));
    assert_eq!(make(OWNER, &sells).code(), "FORBIDDEN");
    assert_eq!(make(OTHER, &sells).code(), "NOT_FOUND");
    for (change, member) in [
        (json!({ "role": "king" }), "role"),
        (json!({ "scopes": ["invoices:seal", "all"] }), "scopes[1]"),
        (json!({ "expires": "tomorrow" }), "expires"),
        (json!({ "name": "" }), "name"),
        (json!({ "rate": { "per_second": 0, "burst": 1 } }), "rate.per_second"),
    ] {
        let mut body = key("cashier");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = make(OWNER, &body);
        assert_eq!((refused.status, refused.json()["member"].as_str()), (422, Some(member)), "{refused:?}");
    }
    let expired = json!({ "name": "k", "role": "cashier", "expires": "2020-01-01T00:00:00Z" });
    assert_eq!(make(OWNER, &expired).code(), "MEMBER_INVALID");
    let scoped = json!({ "name": "k", "role": "owner", "scopes": ["invoices:seal"], "expires": "2099-12-31T23:00:00Z" });
    let scoped = make(OWNER, &scoped).json();
    assert_eq!(
        (&scoped["scopes"], &scoped["expires"]),
        (&json!(["invoices:seal"]), &json!("2099-12-31T23:00:00Z"))
    );
    let theirs =
        tenants.ask(&format!("DELETE /api/v1/api-keys/{}", scoped["key_id"].as_str().unwrap()), OTHER, None);
    assert_eq!(theirs.code(), "NOT_FOUND");
}

#[test]
fn every_role_is_shown_what_it_may_read_and_nothing_else() {
    let tenants = Tenants::start();
    // Owner, manager, supervisor, cashier, auditor.
    for (path, may) in [
        ("merchants", [true; 5]),
        ("outlets", [true; 5]),
        ("tax-manifests", [true; 5]),
        ("tax-manifests/current", [true; 5]),
        ("sessions/current", [true; 5]),
        ("users", [true, true, false, false, true]),
        ("api-keys", [true, true, false, false, true]),
        ("audit/acts", [true, true, false, false, true]),
    ] {
        for (number, may) in (ROLES..).zip(may) {
            let answer = tenants.ask(&format!("GET /api/v1/{path}"), number, None);
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{path} {number}");
            assert!(
                !answer.body.contains(tenants.other.as_str()) && !answer.body.contains("B7654321X"),
                "{answer:?}"
            );
        }
        assert_eq!(
            send(&mut tenants.bench.client(), &format!("GET /api/v1/{path}"), "", None).code(),
            "UNAUTHENTICATED"
        );
    }
}

#[test]
fn acts_say_who_did_what_to_whom_the_newest_first() {
    let tenants = Tenants::start();
    let line = format!("PATCH /api/v1/merchants/{}", tenants.own);
    tenants.ask(&line, OPERATOR, Some(&json!({ "name": "Nzuzi" })));
    tenants.bench.client().sell(1, None, &payload(1));
    tenants.ask("PATCH /api/v1/outlets/GOMA-01", OTHER, Some(&json!({ "name": "Goma" })));
    let acts = |number, query: &str| {
        tenants.ask(&format!("GET /api/v1/audit/acts{query}"), number, None).json()["acts"].clone()
    };
    let own = acts(OWNER, "");
    let actions: Vec<_> =
        own.as_array().unwrap().iter().map(|act| act["action"].as_str().unwrap()).take(2).collect();
    assert_eq!(actions, ["invoice.seal", "merchant.rename"]);
    assert_eq!(
        (&own[0]["subject"], &own[0]["outlet_id"]),
        (&json!("KINGOMBE01-0-00000001"), &json!("KIN-GOMBE-01"))
    );
    let operator = tenants.ask("GET /api/v1/sessions/current", OPERATOR, None).json();
    assert_eq!(own[1]["actor"], operator["actor"]);
    assert!(own.as_array().unwrap().iter().all(|act| act["merchant_id"] == tenants.own.as_str()));
    // One that shows nothing of the others, one of an outlet, and all.
    assert_eq!(acts(OTHER, "?limit=1")[0]["action"], "outlet.rename");
    let gombe = acts(1, "");
    assert!(gombe.as_array().unwrap().iter().all(|act| act["outlet_id"] == "KIN-GOMBE-01"));
    assert_eq!(acts(OPERATOR, "?limit=1"), acts(OTHER, "?limit=1"));
    assert_eq!(acts(OPERATOR, &format!("?merchant_id={}", tenants.own)), own);
    assert_eq!(
        tenants.ask(&format!("GET /api/v1/audit/acts?merchant_id={}", tenants.other), OWNER, None).code(),
        "NOT_FOUND"
    );
    let first = tenants.ask("GET /api/v1/audit/acts?limit=1", OWNER, None).json();
    let next = tenants
        .ask(
            &format!("GET /api/v1/audit/acts?limit=1&cursor={}", first["next"].as_str().unwrap()),
            OWNER,
            None,
        )
        .json();
    assert_eq!(json!([first["acts"][0], next["acts"][0]]), json!([own[0], own[1]]));
}
