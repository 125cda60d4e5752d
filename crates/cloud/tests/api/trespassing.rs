//! Every route of the document, asked by another merchant and from another outlet: with what is one's own, and with one
//! name at a time of what is not.

use crate::{
    bench::bearer,
    operation::{Operation, Things, guarded},
    world::{GOMBE, NEIGHBOUR, OWNER, STRANGER, World},
};

/// What a path, a query or a body says of whose something is.
const NAMES: [&str; 11] = [
    "fiscal_number",
    "receipt",
    "outlet_id",
    "merchant_id",
    "key_id",
    "user_id",
    "webhook_id",
    "delivery_id",
    "serial",
    "machine_id",
    "hand_out",
];
/// What names something is somebody else's in the answer, too; an outlet's id and its merchant's may be known.
const SECRETS: [&str; 9] = [
    "fiscal_number",
    "auth_code",
    "qr",
    "key_id",
    "user_id",
    "webhook_id",
    "delivery_id",
    "serial",
    "machine_id",
];

#[test]
fn another_merchants_key_sees_and_changes_nothing() {
    let world = World::make();
    let own = world.made_by(STRANGER, "LUB-KAMALONDO-1");
    let walked = trespass(&world, STRANGER, &own, &world.things, &NAMES);
    assert!(walked >= 40, "{walked}");
    does_it_with_his_own(&world, STRANGER, &own, &world.things);
}

#[test]
fn a_key_of_one_outlet_sees_and_changes_nothing_of_the_next_one_or_of_the_whole_merchant() {
    let world = World::make();
    let own = world.made_by(NEIGHBOUR, "KIN-LIMETE-02");
    let next = world.made_by(GOMBE, "KIN-GOMBE-01");
    assert_eq!(own["merchant_id"], world.things["merchant_id"]);
    // He is one of his merchant's.
    let names = NAMES.map(|name| if name == "merchant_id" { "outlet_id" } else { name });
    for others in [&world.things, &next] {
        let walked = trespass(&world, NEIGHBOUR, &own, others, &names);
        assert!(walked >= 30, "{walked}");
    }
    does_it_with_his_own(&world, NEIGHBOUR, &own, &next);
}

/// Asks everything with each name that is another's; how often.
fn trespass(world: &World, number: u8, own: &Things, others: &Things, names: &[&str]) -> usize {
    let before = world.seen();
    let token = bearer(number);
    let mut client = world.bench.client();
    let mut walked = 0;
    for (operation, _) in guarded() {
        for name in operation.names(names) {
            let (theirs, nowhere) =
                (with(own, name, &others[name]), with(own, name, &nowhere(name, &others[name])));
            let about = format!("{} with their {name}", operation.line(&theirs));
            let answer = operation.ask(&mut client, &theirs, Some(&token));
            let expected = if may(&operation, number) { not_theirs(&operation, number, name) } else { 403 };
            assert_eq!(operation.outcome(&answer), expected, "{about}: {answer:?}");
            let none = operation.ask(&mut client, &nowhere, Some(&token));
            assert_eq!((answer.status, &answer.body), (none.status, &none.body), "{about} is as of nobody's");
            shows_nothing(&answer.body, others, &about);
            walked += 1;
        }
        // All names are theirs.
        if !operation.names(names).is_empty() {
            let answer = operation.ask(&mut client, others, Some(&token));
            let about = format!("{} as if one were they", operation.line(others));
            assert!(matches!(operation.outcome(&answer), 403 | 404), "{about}: {answer:?}");
            shows_nothing(&answer.body, others, &about);
        }
    }
    assert_eq!(world.seen(), before);
    walked
}

/// The same questions are answered when all is one's own, so that it was the name that they were refused for.
fn does_it_with_his_own(world: &World, number: u8, own: &Things, others: &Things) {
    let token = bearer(number);
    let mut client = world.bench.client();
    let mut all: Vec<_> = guarded().collect();
    // There is something to be read first, and at last it is stopped.
    all.sort_by_key(|(operation, _)| match operation.method.as_str() {
        "DELETE" => 2,
        "GET" => 1,
        _ => 0,
    });
    for (operation, _) in all {
        let answer = operation.ask(&mut client, own, Some(&token));
        let line = operation.line(own);
        if number == NEIGHBOUR && operation.path == "/api/v1/api-keys/{key_id}" {
            // Keys are seen by those who reach the whole merchant, even one's own outlet's.
            assert_eq!(answer.status, 404, "{line}: {answer:?}");
        } else if may(&operation, number) {
            assert!(matches!(operation.outcome(&answer), 200..300), "{line}: {answer:?}");
        } else {
            assert_eq!(answer.status, 403, "{line}: {answer:?}");
        }
        shows_nothing(&answer.body, others, &line);
    }
}

fn may(operation: &Operation, number: u8) -> bool {
    let role = match number {
        STRANGER | OWNER => registry::Role::Owner,
        _ => registry::Role::Manager,
    };
    role.may().has(operation.needs.parse().unwrap())
}

/// What is another's is not there; a sale for it, and what only someone of the whole merchant hands out, are refused.
fn not_theirs(operation: &Operation, number: u8, name: &str) -> u64 {
    let hands_out = operation.needs == "keys:write" && name == "outlet_id" && number == NEIGHBOUR;
    if operation.needs == "invoices:seal" || hands_out { 403 } else { 404 }
}

fn with(own: &Things, name: &str, value: &str) -> Things {
    let mut things = own.clone();
    things.insert(name.to_owned(), value.to_owned());
    things
}

fn shows_nothing(body: &str, others: &Things, about: &str) {
    for secret in SECRETS {
        assert!(!body.contains(&others[secret]), "{about} shows {secret}: {body}");
    }
}

/// The same form, and nobody's.
fn nowhere(name: &str, value: &str) -> String {
    match name {
        "fiscal_number" => "NOWHERE-0-00000001".to_owned(),
        "receipt" => "NOWHERE-0-00000001.txt".to_owned(),
        "outlet_id" => "NOWHERE-01".to_owned(),
        "serial" => "DEF-999999".to_owned(),
        "hand_out" => "1".to_owned(),
        _ => format!("{}_00000000000000000000", value.split('_').next().unwrap_or_default()),
    }
}
