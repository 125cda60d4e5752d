//! Every route of the document, asked with a key of each role, by a person of each role, and by nobody.

use registry::Role;
use serde_json::{Value, json};

use crate::{
    bench::bearer,
    operation::{Operation, guarded, operations, that_need},
    patience::side_by_side,
    people::{PASSWORD, Person, code},
    world::{ROLES, World},
};

#[test]
fn who_may_not_is_forbidden_and_changes_nothing() {
    let world = World::make();
    let before = world.seen();
    let mut walked = 0;
    for (operation, permission) in guarded() {
        for (number, role) in ROLES.into_iter().filter(|(_, role)| !role.may().has(permission)) {
            let answer = operation.ask(&mut world.bench.client(), &world.things, Some(&bearer(number)));
            let line = operation.line(&world.things);
            assert_eq!(answer.status, 403, "{line} as {role:?}: {answer:?}");
            assert_eq!(answer.code(), "FORBIDDEN", "{line} as {role:?}");
            walked += 1;
        }
    }
    assert_eq!(world.seen(), before);
    assert!(walked >= 60, "{walked}");
}

#[test]
fn who_may_has_it_done() {
    let guarded: Vec<_> = guarded().collect();
    let all = guarded.iter().flat_map(|(operation, permission)| {
        let who = ROLES.into_iter().filter(|(_, role)| role.may().has(*permission));
        who.map(move |(number, role)| (operation, number, role))
    });
    let ask = |(operation, number, role): (&Operation, u8, Role), world: &World| {
        let answer = operation.ask(&mut world.bench.client(), &world.things, Some(&bearer(number)));
        let line = operation.line(&world.things);
        assert!(matches!(operation.outcome(&answer), 200..300), "{line} as {role:?}: {answer:?}");
        1
    };
    let (reads, others): (Vec<_>, Vec<_>) = all.partition(|(operation, ..)| operation.reads());
    let reading = World::make();
    reading.close_the_day();
    let mut walked: usize = reads.into_iter().map(|one| ask(one, &reading)).sum();
    // What one made, changed or stopped is so for the next one: each has a world of its own.
    walked += side_by_side(others, |one| ask(one, &World::make()));
    assert!(walked >= 100, "{walked}");
}

#[test]
fn a_person_may_what_a_key_of_his_role_may_once_he_has_the_factor_that_it_needs() {
    let world = World::make();
    world.close_the_day();
    let people = world.people();
    let before = world.seen();
    for (operation, permission) in guarded() {
        let line = operation.line(&world.things);
        for person in &people {
            let may = person.post.role.may().has(permission) && !person.lacks_factor();
            // What a role may change was changed with its key already.
            if may && !operation.reads() {
                continue;
            }
            let answer = operation.ask(&mut world.bench.client(), &world.things, Some(&person.token));
            let expected = if may { 200 } else { 403 };
            assert_eq!(operation.outcome(&answer), expected, "{line} as {}: {answer:?}", name(person));
        }
    }
    // An export is an act: nothing else was done.
    let acts = |seen: &std::collections::BTreeMap<String, String>| {
        let mut seen = seen.clone();
        seen.retain(|path, _| !path.contains("audit/acts"));
        seen
    };
    assert_eq!(acts(&world.seen()), acts(&before));
}

#[test]
fn whoever_is_known_may_what_needs_no_permission() {
    let world = World::make();
    let people = world.people();
    let keys = ROLES.map(|(number, role)| (format!("a key of {role:?}"), bearer(number), false));
    let persons = people.iter().map(|person| (name(person), person.token.clone(), person.lacks_factor()));
    let all: Vec<_> = keys.into_iter().chain(persons).collect();
    assert_eq!(
        all.iter().filter(|(_, _, lacks_factor)| *lacks_factor).count(),
        3,
        "an owner, and the platform's"
    );
    for needs in ["any", "identity"] {
        for operation in that_need(needs) {
            let line = operation.line(&world.things);
            for (who, token, lacks_factor) in &all {
                let answer = operation.ask(&mut world.bench.client(), &world.things, Some(token));
                let expected = if needs == "any" && *lacks_factor { 403 } else { 200 };
                assert_eq!(answer.status, expected, "{line} as {who}: {answer:?}");
            }
        }
    }
}

#[test]
fn only_people_do_what_is_for_people_and_all_of_them_may() {
    let world = World::make();
    let mut people = world.people();
    let before = world.seen();
    for operation in that_need("person") {
        for (number, role) in ROLES {
            let answer = operation.ask(&mut world.bench.client(), &world.things, Some(&bearer(number)));
            let line = operation.line(&world.things);
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "FORBIDDEN"),
                "{line} as a key of {role:?}"
            );
        }
    }
    assert_eq!(world.seen(), before);

    let mut did: Vec<String> = Vec::new();
    for person in &mut people {
        did.clear();
        let (who, token) = (name(person), person.token.clone());
        let mut does = |line: &str, body: Option<&Value>, expected: u16| {
            let answer = world.say(line, &token, body);
            assert_eq!(answer.status, expected, "{line} as {who}: {answer:?}");
            did.push(line.to_owned());
            answer
        };
        if person.has_factor {
            does("POST /api/v1/account/totp", None, 409);
            let again = json!({ "code": code(person.secret.as_ref().unwrap(), 1) });
            does("POST /api/v1/account/totp/confirm", Some(&again), 409);
        } else {
            let begun = does("POST /api/v1/account/totp", None, 200).json();
            let code = json!({ "code": code(begun["secret"].as_str().unwrap(), 0) });
            does("POST /api/v1/account/totp/confirm", Some(&code), 204);
        }
        let change = json!({ "old": PASSWORD, "new": "five words are safer still" });
        does("POST /api/v1/account/password", Some(&change), 204);
        does("DELETE /api/v1/sessions/current", None, 204);
        assert_eq!(
            world.say("GET /api/v1/sessions/current", &token, None).status,
            401,
            "{who} has signed out"
        );
    }
    let offered = that_need("person").into_iter().map(|operation| operation.line(&world.things));
    let (mut offered, mut did) = (offered.collect::<Vec<_>>(), did);
    offered.sort();
    did.sort();
    assert_eq!(did, offered, "each is walked");
}

#[test]
fn without_a_key_only_what_is_public_is_answered() {
    let world = World::make();
    let before = world.seen();
    for operation in operations() {
        let line = operation.line(&world.things);
        let is_public = matches!(operation.needs.as_str(), "public" | "open");
        // What was wrong with it is not told there, and it is not about a key.
        let is_sign_in = operation.path == "/api/v1/sessions";
        for token in
            [None, Some(bearer(99)), Some("Bearer".to_owned()), Some(format!("Basic {}", bearer(11)))]
        {
            let answer = operation.ask(&mut world.bench.client(), &world.things, token.as_deref());
            assert!(is_sign_in || (answer.status == 401) != is_public, "{line} {token:?}: {answer:?}");
            assert!(answer.status < 500, "{line}: {answer:?}");
        }
    }
    assert_eq!(world.seen(), before);
}

fn name(person: &Person) -> String {
    let factor = if person.has_factor { "with" } else { "without" };
    format!("{:?} {factor} a second factor", person.post)
}
