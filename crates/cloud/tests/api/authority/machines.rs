//! Machines of the authority, and whose they are.

use serde_json::{Value, json};

use super::{OPERATOR, OUTLET, OWNER, Way};

#[test]
fn a_machine_is_shown_without_its_token_paused_given_another_token_and_removed() {
    let way = Way::start();
    let list = way.bench.client().get("/api/v1/authority/machines", OWNER);
    let token = way.simulator.machines()[0].token.as_str().to_owned();
    assert!(!list.body.contains(&token), "{list:?}");
    let machine = list.json()["machines"][0].clone();
    assert_eq!((&machine["state"], &machine["test"]), (&json!("ready"), &json!(true)), "{machine}");
    assert!(machine["token_expires"].is_string() && machine["outlet_ids"] == json!([OUTLET]), "{machine}");
    let path = format!("/api/v1/authority/machines/{}", machine["machine_id"].as_str().unwrap());
    let change = |body: &Value| way.bench.say(OWNER, &format!("PATCH {path}"), Some(body));
    let elsewhere = change(&json!({ "url": "http://127.0.0.1:9/edef" }));
    assert_eq!((elsewhere.status, elsewhere.code()), (422, "MEMBER_INVALID".to_owned()), "{elsewhere:?}");
    assert!(elsewhere.body.contains("token"), "{elsewhere:?}");
    assert_eq!(change(&json!({ "paused": true })).json()["state"], "paused");
    let number = way.sell(1);
    let waiting = way.until_state(&number, "PENDING");
    assert_eq!(waiting["state"], "PENDING");
    assert_eq!(way.finalised(), 0);
    assert_eq!(change(&json!({ "paused": false, "token": token })).json()["state"], "ready");
    way.until_state(&number, "SYNCED");
    assert_eq!(way.bench.say(OWNER, &format!("DELETE {path}"), None).status, 204);
    assert_eq!(way.bench.client().get("/api/v1/authority/machines", OWNER).json()["machines"], json!([]));
    let acts = way.bench.client().get("/api/v1/audit/acts?limit=200", OWNER).body;
    for act in ["machine.create", "machine.change", "machine.remove"] {
        assert!(acts.contains(act), "{act}");
    }
    assert!(!acts.contains(&token));
}

#[test]
fn what_no_machine_can_be_is_refused_and_changes_nothing() {
    let way = Way::without_machine("");
    let good = way.machine();
    for (member, value, status) in [
        ("url", json!("http://edef.dgirdc.cd"), 422),
        ("url", json!("https://elsewhere.example.cd"), 422),
        ("url", json!("https://me:word@127.0.0.1"), 422),
        ("nim", json!("cd 01"), 422),
        ("isf", json!(""), 422),
        ("token", json!("short"), 422),
        ("nif", json!("Z9999999Z"), 422),
        ("outlet_ids", json!(["NOWHERE-01"]), 404),
        ("merchant_id", json!("mer_00000000000000000000"), 404),
        ("colour", json!("red"), 422),
    ] {
        let mut body = good.clone();
        body[member] = value.clone();
        let refused = way.bench.say(OWNER, "POST /api/v1/authority/machines", Some(&body));
        assert_eq!(refused.status, status, "{member} {value}: {refused:?}");
    }
    assert_eq!(way.bench.client().get("/api/v1/authority/machines", OPERATOR).json()["machines"], json!([]));
    // A cashier's or a supervisor's key is not enough; who runs the platform says for whom.
    let of_platform = way.bench.say(OPERATOR, "POST /api/v1/authority/machines", Some(&good));
    assert_eq!(of_platform.code(), "MEMBER_INVALID");
    assert_eq!(way.enter_machine().status, 201);
    let twice = way.enter_machine();
    assert_eq!((twice.status, twice.code()), (409, "EXISTS".to_owned()), "{twice:?}");
}

#[test]
fn who_runs_one_outlet_changes_no_machine_that_serves_another_too() {
    let way = Way::without_machine("");
    let mut both = way.machine();
    both["outlet_ids"] = json!([OUTLET, "KIN-LIMETE-02"]);
    let made = way.bench.say(OWNER, "POST /api/v1/authority/machines", Some(&both)).json();
    let path = format!("/api/v1/authority/machines/{}", made["machine_id"].as_str().unwrap());
    assert_eq!(way.bench.client().get(&path, 1).status, 200);
    let pause = json!({ "paused": true });
    let refused = way.bench.say(1, &format!("PATCH {path}"), Some(&pause));
    assert_eq!((refused.status, refused.code()), (403, "FORBIDDEN".to_owned()));
    assert_eq!(way.bench.say(1, &format!("DELETE {path}"), None).status, 403);
    assert_eq!(way.bench.client().get(&path, OWNER).json()["state"], "ready");
}
