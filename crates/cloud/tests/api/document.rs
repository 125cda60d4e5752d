//! The document of the API: a snapshot, and every example in it executed.

use registry::Permission;
use serde_json::{Value, json};

use crate::{
    bench::{Answer, bearer},
    operation::{NOBODY, Operation, document, operations},
    patience::side_by_side,
    people::{AN_OWNER, code},
    schema::fault,
    world::{GOMBE, OPERATOR, OWNER, ROLES, World},
};

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
        // Each body has an example, which a test below executes.
        let _ = operation.bodies();
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    collect(document, &mut references);
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

#[test]
fn every_example_is_as_its_schema_says() {
    let document = document();
    let mut examples = 0;
    check_examples(document, document, &mut examples);
    assert!(examples > 100, "{examples}");
}

/// An example stands beside the schema of its parameter or body, or in the schema itself.
fn check_examples(document: &Value, within: &Value, examples: &mut usize) {
    if let Some(example) = within.get("example").filter(|_| is_described(within)) {
        let schema = within.get("schema").unwrap_or(within);
        assert_eq!(fault(document, schema, example), None);
        *examples += 1;
    }
    match within {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name != "example")
            .for_each(|(_, member)| check_examples(document, member, examples)),
        Value::Array(items) => items.iter().for_each(|item| check_examples(document, item, examples)),
        _ => {}
    }
}

fn is_described(within: &Value) -> bool {
    ["schema", "type", "$ref", "allOf", "oneOf"].iter().any(|name| within.get(name).is_some())
}

#[test]
fn every_example_is_accepted_by_the_cloud_that_shows_it_and_answered_as_described() {
    let operations = operations();
    let offers = operations.iter().flat_map(|operation| {
        let bodies = operation.bodies();
        let none = bodies.is_empty().then(|| ("application/json".to_owned(), None));
        let some = bodies.into_iter().map(|(kind, body)| (kind, Some(body)));
        some.chain(none).map(move |(kind, body)| (operation, kind, body))
    });
    let offers: Vec<_> = offers.collect();
    let bodies = offers.iter().filter(|(.., body)| body.is_some()).count();
    let (reads, others): (Vec<_>, Vec<_>) =
        offers.into_iter().partition(|(operation, ..)| operation.reads() && operation.needs != "identity");
    let reading = World::make();
    reading.close_the_day();
    let mut answers: usize =
        reads.into_iter().map(|(operation, kind, body)| offer(operation, &kind, body, &reading)).sum();
    // What one stops or revokes is so for the next one: each has a world of its own.
    answers += side_by_side(others, |(operation, kind, body)| offer(operation, &kind, body, &World::make()));
    assert!(bodies >= 19 && answers >= 40, "{bodies} {answers}");
}

/// Asks as the document shows it; how many answers were JSON, each as its schema says.
fn offer(operation: &Operation, kind: &str, body: Option<String>, world: &World) -> usize {
    let reader = Reader::of(operation, world);
    let body = body.map(|body| reader.fill_in(body));
    let mut lines = vec![operation.line(&world.things)];
    lines.extend(operation.longer_lines(&world.things));
    if !operation.reads() {
        lines.truncate(1);
    }
    let mut answers = 0;
    for line in lines {
        let answer = reader.ask(world, &line, kind, body.as_deref());
        assert!(matches!(operation.outcome(&answer), 200..300), "{line} {body:?}: {answer:?}");
        let described = &operation.about["responses"][answer.status.to_string()];
        assert!(described.is_object(), "{line}: {} is not described", answer.status);
        let schema = &described["content"]["application/json"]["schema"];
        if answer.header("content-type") == Some("application/json") {
            assert!(schema.is_object(), "{line}: {answer:?}");
            assert_eq!(fault(document(), schema, &answer.json()), None, "{line}");
            answers += 1;
        }
    }
    answers
}

/// Whoever is most like who reads about an operation, and may ask it.
struct Reader {
    token: Option<String>,
    /// What stands in an example for what only this person has at this moment.
    own: Vec<(&'static str, String)>,
}

const ALINE: &str = "aline@example.cd";

impl Reader {
    fn of(operation: &Operation, world: &World) -> Self {
        let key = |number| Self { token: Some(bearer(number)), own: Vec::new() };
        match operation.needs.parse::<Permission>() {
            // Nothing was sealed on the example's day: here it is today.
            Ok(Permission::Close) => {
                return Self {
                    token: Some(bearer(OWNER)),
                    own: vec![("date", world.things["date"].clone())],
                };
            }
            // The authority's own service is not called by tests.
            Ok(Permission::WriteAuthority) if operation.path == "/api/v1/authority/machines" => {
                return Self { token: Some(bearer(OWNER)), own: vec![("url", NOBODY.to_owned())] };
            }
            // Something was handed out here, at another moment.
            Ok(Permission::Platform) if operation.path == "/api/v1/authority/alerts/close" => {
                let about = format!("hand-out-{}", world.things["hand_out"]);
                let list = world.bench.client().get("/api/v1/authority/alerts?cause=handed_out", OPERATOR);
                let alerts = list.json()["alerts"].as_array().unwrap().clone();
                let alert = alerts.iter().find(|alert| alert["about"] == about.as_str()).unwrap();
                let seen = alert["seen"].as_str().unwrap().to_owned();
                return Self { token: Some(bearer(OPERATOR)), own: vec![("about", about), ("seen", seen)] };
            }
            // A till has the key of its outlet.
            Ok(Permission::Seal) => return key(GOMBE),
            Ok(permission) => {
                let (number, _) = ROLES.into_iter().find(|(_, role)| role.may().has(permission)).unwrap();
                return key(number);
            }
            Err(_) => {}
        }
        let anybody = |own| Self { token: None, own };
        let person = |has_factor| world.person(AN_OWNER, ALINE, has_factor);
        match (operation.method.as_str(), operation.path.as_str()) {
            ("POST", "/api/v1/invitations/accept") => {
                anybody(vec![("invitation", world.invite(AN_OWNER, ALINE))])
            }
            ("POST", "/api/v1/sessions") => {
                let shown = code(&person(true).secret.unwrap(), 1);
                anybody(vec![("code", shown), ("merchant_id", world.things["merchant_id"].clone())])
            }
            ("POST", "/api/v1/account/totp/confirm") => {
                let mut aline = person(false);
                let shown = code(&world.begin_factor(&mut aline), 0);
                Self { token: Some(aline.token), own: vec![("code", shown)] }
            }
            // The QR code of an example was sealed elsewhere: here it is one of this world.
            ("POST", "/api/v1/verify/qr") => anybody(vec![("qr", world.things["qr"].clone())]),
            _ => match operation.needs.as_str() {
                "any" => key(OWNER),
                "person" | "identity" => Self { token: Some(person(false).token), own: Vec::new() },
                _ => anybody(Vec::new()),
            },
        }
    }

    /// The example, with what stands in it for what cannot be known beforehand.
    fn fill_in(&self, body: String) -> String {
        if self.own.is_empty() {
            return body;
        }
        let mut example: Value = serde_json::from_str(&body).unwrap();
        for (name, value) in &self.own {
            assert!(example[name].is_string(), "{name} in {body}");
            example[name] = json!(value);
        }
        example.to_string()
    }

    fn ask(&self, world: &World, line: &str, kind: &str, body: Option<&str>) -> Answer {
        let mut headers = vec![("Content-Type", kind)];
        headers.extend(self.token.as_deref().map(|token| ("Authorization", token)));
        world.bench.client().ask(line, &headers, body)
    }
}
