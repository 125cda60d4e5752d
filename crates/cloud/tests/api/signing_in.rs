//! People: invited, signed in, with a second factor, stopped.

use serde_json::{Value, json};

use crate::{
    bench::Answer,
    people::code,
    tenants::{OPERATOR, OTHER, OWNER, Tenants, send},
};

const PASSWORD: &str = "quatre mots suffisent bien";

impl Tenants {
    /// Invites somebody to the first merchant, and has him choose his password; his id.
    fn member(&self, email: &str, role: &str) -> String {
        let new = json!({ "email": email, "name": "Aline", "role": role });
        let invited = self.ask("POST /api/v1/users", OWNER, Some(&new));
        assert_eq!(invited.status, 201, "{invited:?}");
        assert_eq!(self.accept(&invited.json()).status, 200);
        invited.json()["user"]["user_id"].as_str().unwrap().to_owned()
    }

    fn accept(&self, invited: &Value) -> Answer {
        self.public(
            "POST /api/v1/invitations/accept",
            &json!({ "invitation": invited["invitation"], "password": PASSWORD }),
        )
    }

    fn public(&self, line: &str, body: &Value) -> Answer {
        send(&mut self.bench.client(), line, "", Some(body))
    }

    fn sign_in(&self, email: &str, password: &str, code: Option<&str>) -> Answer {
        let body =
            json!({ "merchant_id": self.own.as_str(), "email": email, "password": password, "code": code });
        self.public("POST /api/v1/sessions", &body)
    }

    fn signed_in(&self, email: &str) -> String {
        format!("Bearer {}", self.sign_in(email, PASSWORD, None).json()["token"].as_str().unwrap())
    }

    fn as_person(&self, line: &str, token: &str, body: Option<&Value>) -> Answer {
        send(&mut self.bench.client(), line, token, body)
    }
}

#[test]
fn an_owner_is_invited_with_his_merchant_and_may_nothing_before_he_has_a_second_factor() {
    let tenants = Tenants::start();
    let owner = json!({ "email": "Chantal@Example.CD", "name": "Chantal" });
    let new = json!({ "name": "Pharmacie Bandal", "nif": "D1234567Z", "owner": owner });
    let made = tenants.ask("POST /api/v1/merchants", OPERATOR, Some(&new)).json();
    assert_eq!(
        (&made["owner"]["user"]["email"], &made["owner"]["user"]["role"]),
        (&json!("chantal@example.cd"), &json!("owner"))
    );
    assert_eq!(made["owner"]["user"]["has_accepted"], false);
    assert_eq!(tenants.accept(&made["owner"]).status, 200);
    assert_eq!(tenants.accept(&made["owner"]).code(), "CONFLICT", "an invitation is good once");

    let mut credentials =
        json!({ "merchant_id": made["merchant_id"], "email": "chantal@example.cd", "password": PASSWORD });
    let session = tenants.public("POST /api/v1/sessions", &credentials);
    assert_eq!((session.status, session.header("cache-control")), (201, Some("no-store")));
    assert_eq!(session.json()["needs_enrolment"], true);
    let token = format!("Bearer {}", session.json()["token"].as_str().unwrap());
    let who = tenants.as_person("GET /api/v1/sessions/current", &token, None).json();
    assert_eq!(
        (&who["kind"], &who["scopes"], &who["needs_enrolment"]),
        (&json!("person"), &json!([]), &json!(true))
    );
    for path in ["merchants", "users", "tax-manifests"] {
        assert_eq!(
            tenants.as_person(&format!("GET /api/v1/{path}"), &token, None).code(),
            "FORBIDDEN",
            "{path}"
        );
    }

    let begun = tenants.as_person("POST /api/v1/account/totp", &token, None).json();
    let secret = begun["secret"].as_str().unwrap();
    assert!(
        begun["uri"].as_str().unwrap().starts_with("otpauth://totp/Stelala:chantal%40example.cd?"),
        "{begun}"
    );
    let confirm = |code: &str| {
        tenants.as_person("POST /api/v1/account/totp/confirm", &token, Some(&json!({ "code": code })))
    };
    for wrong in ["12", &code(secret, 90)] {
        let refused = confirm(wrong);
        assert_eq!((refused.status, refused.json()["member"].as_str()), (422, Some("code")), "{refused:?}");
    }
    assert_eq!(confirm(&code(secret, 0)).status, 204);
    assert_eq!(confirm(&code(secret, 1)).code(), "CONFLICT");
    assert_eq!(tenants.as_person("GET /api/v1/users", &token, None).status, 200, "this session may all now");

    assert_eq!(
        tenants.public("POST /api/v1/sessions", &credentials).code(),
        "UNAUTHENTICATED",
        "a code is missing"
    );
    credentials["code"] = json!(code(secret, 1));
    assert_eq!(tenants.public("POST /api/v1/sessions", &credentials).json()["needs_enrolment"], false);
    assert_eq!(
        tenants.public("POST /api/v1/sessions", &credentials).code(),
        "UNAUTHENTICATED",
        "a code is good once"
    );
}

#[test]
fn what_was_wrong_with_a_sign_in_is_not_told_and_too_many_wait() {
    let tenants = Tenants::start();
    tenants.member("aline@example.cd", "cashier");
    let wrong = tenants.sign_in("aline@example.cd", "not the password", None);
    assert_eq!((wrong.status, wrong.code().as_str()), (401, "UNAUTHENTICATED"));
    let mut elsewhere =
        json!({ "merchant_id": tenants.other.as_str(), "email": "aline@example.cd", "password": PASSWORD });
    let others = [
        tenants.sign_in("nobody@example.cd", PASSWORD, None),
        tenants.sign_in("no address", PASSWORD, None),
        tenants.sign_in("aline@example.cd", "not the password", Some("000000")),
        tenants.public("POST /api/v1/sessions", &elsewhere),
        {
            elsewhere["merchant_id"] = json!("mer_x");
            tenants.public("POST /api/v1/sessions", &elsewhere)
        },
    ];
    for other in others {
        assert_eq!((other.status, &other.body), (wrong.status, &wrong.body));
    }
    for _ in 0..3 {
        assert_eq!(tenants.sign_in("aline@example.cd", "not the password", None).status, 401);
    }
    let waits = tenants.sign_in("aline@example.cd", PASSWORD, None);
    assert_eq!((waits.status, waits.code().as_str()), (429, "RATE_LIMITED"), "even the right one");
    let seconds: u64 = waits.header("retry-after").unwrap().parse().unwrap();
    assert!((20..=30).contains(&seconds), "{seconds}");
}

#[test]
fn who_signs_out_changes_his_password_or_is_stopped_has_no_session() {
    let tenants = Tenants::start();
    let id = tenants.member("aline@example.cd", "manager");
    let [first, second] = [(); 2].map(|()| tenants.signed_in("aline@example.cd"));
    let who = |token: &str| tenants.as_person("GET /api/v1/sessions/current", token, None);
    assert_eq!(who(&first).json()["actor"], id.as_str());
    assert_eq!(tenants.as_person("DELETE /api/v1/sessions/current", &first, None).status, 204);
    assert_eq!(who(&first).code(), "UNAUTHENTICATED");

    let third = tenants.signed_in("aline@example.cd");
    let change = |old: &str, new: &str| {
        tenants.as_person("POST /api/v1/account/password", &third, Some(&json!({ "old": old, "new": new })))
    };
    for (old, new, member) in [
        ("not the password", "cinq mots sont mieux encore", "old"),
        (PASSWORD, "short", "new"),
        (PASSWORD, PASSWORD, "new"),
        (PASSWORD, "aline@example.cd", "new"),
    ] {
        let refused = change(old, new);
        assert_eq!((refused.status, refused.json()["member"].as_str()), (422, Some(member)), "{refused:?}");
    }
    assert_eq!(change(PASSWORD, "cinq mots sont mieux encore").status, 204);
    assert_eq!((who(&second).status, who(&third).status), (401, 200), "his other sessions are over");
    assert_eq!(tenants.sign_in("aline@example.cd", PASSWORD, None).status, 401);

    let line = format!("PATCH /api/v1/users/{id}");
    let stopped = tenants.ask(&line, OWNER, Some(&json!({ "stopped": true, "role": "cashier" }))).json();
    assert_eq!((&stopped["stopped"], &stopped["role"]), (&json!(true), &json!("cashier")));
    assert_eq!(who(&third).code(), "UNAUTHENTICATED");
    assert_eq!(tenants.sign_in("aline@example.cd", "cinq mots sont mieux encore", None).status, 401);
    assert_eq!(tenants.ask(&line, OWNER, Some(&json!({ "stopped": false }))).json()["stopped"], false);
    assert_eq!(tenants.sign_in("aline@example.cd", "cinq mots sont mieux encore", None).status, 201);
    let again = tenants.ask(&format!("POST /api/v1/users/{id}/invitation"), OWNER, None);
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(tenants.sign_in("aline@example.cd", "cinq mots sont mieux encore", None).status, 401);
    assert_eq!(tenants.accept(&again.json()).status, 200);
    assert_eq!(tenants.sign_in("aline@example.cd", PASSWORD, None).status, 201);
}

#[test]
fn nobody_invites_beyond_himself_or_reaches_another_merchants_people() {
    let tenants = Tenants::start();
    tenants.member("manager@example.cd", "manager");
    let manager = tenants.signed_in("manager@example.cd");
    let new = |role: &str| json!({ "email": format!("{role}@example.cd"), "name": "x", "role": role });
    let invite = |role: &str| tenants.as_person("POST /api/v1/users", &manager, Some(&new(role)));
    assert_eq!(invite("owner").code(), "FORBIDDEN");
    assert_eq!(invite("operator").status, 422);
    assert_eq!(invite("cashier").status, 201);
    assert_eq!(invite("cashier").code(), "EXISTS");
    let mut named = new("owner");
    named["merchant_id"] = json!(tenants.own.as_str());
    assert_eq!(tenants.ask("POST /api/v1/users", OTHER, Some(&named)).code(), "NOT_FOUND");
    assert_eq!(tenants.ask("POST /api/v1/users", OPERATOR, Some(&named)).status, 201, "the platform may");
    named["outlet_id"] = json!("GOMA-01");
    named["role"] = json!("cashier");
    assert_eq!(
        tenants.ask("POST /api/v1/users", OPERATOR, Some(&named)).code(),
        "NOT_FOUND",
        "it is another's outlet"
    );

    let listed = tenants.ask("GET /api/v1/users", OWNER, None).json();
    assert_eq!(listed["users"].as_array().unwrap().len(), 3);
    assert_eq!(tenants.ask("GET /api/v1/users", OTHER, None).json()["users"], json!([]));
    let cashier = listed["users"].as_array().unwrap().iter().find(|user| user["role"] == "cashier").unwrap();
    let path = format!("/api/v1/users/{}", cashier["user_id"].as_str().unwrap());
    assert_eq!(&tenants.ask(&format!("GET {path}"), OWNER, None).json(), cashier);
    let change = json!({ "name": "Mine" });
    for (line, body) in [
        (format!("GET {path}"), None),
        (format!("PATCH {path}"), Some(&change)),
        (format!("POST {path}/invitation"), None),
    ] {
        assert_eq!(tenants.ask(&line, OTHER, body).code(), "NOT_FOUND", "{line}");
    }
    let placed =
        tenants.ask(&format!("PATCH {path}"), OWNER, Some(&json!({ "outlet_id": "KIN-GOMBE-01" }))).json();
    assert_eq!(placed["outlet_id"], "KIN-GOMBE-01");
    let freed = tenants.ask(&format!("PATCH {path}"), OWNER, Some(&json!({ "outlet_id": null }))).json();
    assert!(freed["outlet_id"].is_null(), "{freed}");
}

#[test]
fn only_people_have_accounts_and_no_secret_comes_back() {
    let tenants = Tenants::start();
    for line in ["DELETE /api/v1/sessions/current", "POST /api/v1/account/totp"] {
        assert_eq!(tenants.ask(line, OWNER, None).code(), "FORBIDDEN", "{line}");
    }
    tenants.member("aline@example.cd", "cashier");
    let token = tenants.signed_in("aline@example.cd");
    let acts = tenants.ask("GET /api/v1/audit/acts", OWNER, None);
    assert!(acts.body.contains("session.open") && acts.body.contains("user.accept"));
    for secret in [PASSWORD, &token[7 + 4..], "sti_", "sts_", "stk_", "argon2"] {
        assert!(!acts.body.contains(secret), "{secret}");
    }
    let twice = tenants
        .public("POST /api/v1/invitations/accept", &json!({ "invitation": "sti_x", "password": PASSWORD }));
    assert_eq!(twice.code(), "CONFLICT");
}
