//! Tax manifests, imported for all.

use serde_json::{Value, json};

use crate::tenants::{OPERATOR, OWNER, Tenants};

/// The current groups, with one entry more.
fn with(tenants: &Tenants, entry: Value) -> Value {
    let mut groups =
        tenants.ask("GET /api/v1/tax-manifests/current", OPERATOR, None).json()["groups"].clone();
    groups.as_array_mut().unwrap().push(entry);
    json!({ "groups": groups })
}

fn entry(valid_from: &str) -> Value {
    json!({
        "code": "standard_vat", "letter": "B", "french": "TVA 18 %", "english": "VAT 18%", "rate": "0.18",
        "valid_from": valid_from,
    })
}

#[test]
fn a_manifest_is_imported_as_the_next_version_by_the_platform_alone() {
    let tenants = Tenants::start();
    let first = tenants.ask("GET /api/v1/tax-manifests/current", OWNER, None).json();
    assert_eq!((&first["version"], first["imported"].is_null()), (&json!(0), true));
    assert!(
        first["groups"]
            .as_array()
            .unwrap()
            .iter()
            .any(|group| group["code"] == "standard_vat" && group["rate"] == "0.16")
    );
    let next = with(&tenants, entry("2099-01-01"));
    assert_eq!(tenants.ask("POST /api/v1/tax-manifests", OWNER, Some(&next)).code(), "FORBIDDEN");
    let imported = tenants.ask("POST /api/v1/tax-manifests", OPERATOR, Some(&next));
    assert_eq!((imported.status, imported.json()), (201, json!({ "version": 1 })), "{imported:?}");
    let current = tenants.ask("GET /api/v1/tax-manifests/current", OWNER, None).json();
    assert_eq!((&current["version"], &current["groups"]), (&json!(1), &next["groups"]));
    assert!(current["imported"].as_str().unwrap().ends_with('Z'));
    assert_eq!(tenants.ask("GET /api/v1/tax-manifests/1", OWNER, None).json(), current);
    assert_eq!(tenants.ask("GET /api/v1/tax-manifests/0", OWNER, None).json(), first);
    let listed = tenants.ask("GET /api/v1/tax-manifests", OWNER, None).json();
    let versions: Vec<_> =
        listed["tax_manifests"].as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, [0, 1]);
    let last = tenants.ask("GET /api/v1/tax-manifests?limit=1&cursor=0", OWNER, None).json();
    assert_eq!((&last["tax_manifests"][0]["version"], last["next"].is_null()), (&json!(1), true));
    for none in ["2", "x", "-1", "4294967296"] {
        assert_eq!(
            tenants.ask(&format!("GET /api/v1/tax-manifests/{none}"), OWNER, None).code(),
            "NOT_FOUND",
            "{none}"
        );
    }
}

#[test]
fn a_manifest_that_changes_the_past_or_is_none_is_refused_and_changes_nothing() {
    let tenants = Tenants::start();
    let import = |body: &Value| tenants.ask("POST /api/v1/tax-manifests", OPERATOR, Some(body));
    assert_eq!(import(&with(&tenants, entry("2026-02-01"))).code(), "CONFLICT");
    let mut wrong = with(&tenants, entry("2099-01-01"));
    let last = wrong["groups"].as_array().unwrap().len() - 1;
    wrong["groups"][last]["rate"] = json!("16 %");
    let refused = import(&wrong);
    assert_eq!(
        (refused.status, &refused.json()["member"]),
        (422, &json!(format!("groups[{last}].rate"))),
        "{refused:?}"
    );
    for none in
        [json!({ "groups": [] }), json!({ "groups": "x" }), json!({ "groups": [{ "code": "x" }] }), json!({})]
    {
        assert_eq!(import(&none).status, 422, "{none}");
    }
    assert_eq!(tenants.ask("GET /api/v1/tax-manifests/current", OWNER, None).json()["version"], 0);
}
