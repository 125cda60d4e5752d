//! The document of the API: a snapshot, and every example in it executed.

use registry::Permission;
use serde_json::{Value, json};

use crate::world::{ROLES, World, operations};

const SNAPSHOT: &str = include_str!("../../../../docs/openapi.json");

#[test]
fn the_document_is_the_one_that_was_reviewed() {
    let written = cloud::openapi::document().to_pretty_json().unwrap();
    assert!(
        written.trim_end() == SNAPSHOT.trim_end(),
        "the document has changed: look at it with `stelala cloud openapi > docs/openapi.json; git diff`"
    );
}

#[test]
fn every_operation_says_what_it_is_and_what_it_answers() {
    let mut ids = std::collections::BTreeSet::new();
    for operation in operations() {
        let (line, about) = (format!("{} {}", operation.method, operation.path), &operation.about);
        assert!(ids.insert(about["operationId"].as_str().unwrap().to_owned()), "{line}");
        assert!(about["summary"].as_str().is_some_and(|text| !text.ends_with('.')), "{line}");
        assert_eq!(about["tags"].as_array().map(Vec::len), Some(1), "{line}");
        let answers = about["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{line}");
        for (status, answer) in answers {
            assert!(answer["description"].as_str().is_some_and(|text| !text.is_empty()), "{line} {status}");
        }
        // A body has an example, which the next test executes.
        let _ = operation.body();
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&cloud::openapi::document().to_json().unwrap()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

/// Examples that need what only a person at that moment has: a password, a code, an invitation. They are executed where
/// people sign in ([`crate::people`]).
const OF_PEOPLE: &[&str] = &[
    "/api/v1/sessions",
    "/api/v1/sessions/current",
    "/api/v1/invitations/accept",
    "/api/v1/account/totp",
    "/api/v1/account/totp/confirm",
    "/api/v1/account/password",
];

#[test]
fn every_example_is_accepted_by_the_cloud_that_shows_it() {
    let world = World::make();
    let mut executed = 0;
    for operation in operations().iter().filter(|operation| !OF_PEOPLE.contains(&operation.path.as_str())) {
        // Who may, and is most like who reads the documentation.
        let number = match operation.permission.parse::<Permission>() {
            // A till has the key of its outlet.
            Ok(Permission::Seal) => Some(1),
            Ok(permission) => {
                ROLES.iter().find(|(_, role)| role.may().has(permission)).map(|(number, _)| *number)
            }
            Err(_) if operation.permission == "any" => Some(11),
            Err(_) => None,
        };
        // What is stopped or revoked is so for the next one: each has a world of its own but for the common ones.
        let own;
        let world = if operation.method == "GET" {
            &world
        } else {
            own = World::make();
            &own
        };
        // The QR code of an example was sealed elsewhere: here it is one of this world.
        let body = operation.body().map(|body| match operation.path.as_str() {
            "/api/v1/verify/qr" => json!({ "qr": world.things["qr"] }).to_string(),
            _ => body,
        });
        let line = operation.line(&world.things);
        let answer = operation.ask_with(&mut world.bench.client(), &line, number, body);
        let is_expected = answer.status < 300 || is_empty_today(&operation.path, answer.status);
        assert!(is_expected, "{line} {:?}: {answer:?}", operation.body());
        let status = answer.status.to_string();
        assert!(operation.about["responses"].get(&status).is_some(), "{line}: {status} is not described");
        executed += 1;
    }
    assert!(executed >= 30, "{executed}");
}

/// What was closed on the example's day is not there in a new world.
fn is_empty_today(path: &str, status: u16) -> bool {
    status == 404 && path == "/api/v1/reports/z"
}
