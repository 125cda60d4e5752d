use registry::{Maker, NewPerson, Permission, Permissions, Reach, Role};

use super::{
    super::{Subject, world::*},
    staff::*,
};

const OK: &str = "OK";
const BEYOND: &str = "BEYOND_MAKER";
const ELSEWHERE: &str = "ROLE_ELSEWHERE";
const WHOLE: &str = "WHOLE_MERCHANT";
const NOT_FOUND: &str = "NOT_FOUND";
const PLATFORM: &str = "PLATFORM_ONLY";
const OF_OUTLET: &str = "OWNER_OF_OUTLET";

/// Roles in the order of [`Role::ALL`]: owner, manager, supervisor, cashier, auditor, operator.
#[rustfmt::skip]
const TABLE: &[(&str, &str, [&str; 6])] = &[
    // Who invites, whither, and what becomes of it for each role.
    ("machine",        "platform",     [ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE, OK, OK]),
    ("machine",        "merchant",     [OK, OK, OK, OK, OK, ELSEWHERE]),
    ("machine",        "outlet",       [OF_OUTLET, OK, OK, OK, OK, ELSEWHERE]),
    ("operator",       "platform",     [ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE, OK, OK]),
    ("operator",       "merchant",     [OK, OK, OK, OK, OK, ELSEWHERE]),
    ("operator",       "outlet",       [OF_OUTLET, OK, OK, OK, OK, ELSEWHERE]),
    ("owner",          "platform",     [PLATFORM; 6]),
    ("owner",          "merchant",     [OK, OK, OK, OK, OK, ELSEWHERE]),
    ("owner",          "outlet",       [OF_OUTLET, OK, OK, OK, OK, ELSEWHERE]),
    ("owner",          "other",        [NOT_FOUND; 6]),
    ("owner",          "other outlet", [NOT_FOUND; 6]),
    ("owner",          "their outlet", [OF_OUTLET, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, ELSEWHERE]),
    ("manager",        "platform",     [PLATFORM; 6]),
    ("manager",        "merchant",     [BEYOND, OK, OK, OK, OK, ELSEWHERE]),
    ("manager",        "outlet",       [OF_OUTLET, OK, OK, OK, OK, ELSEWHERE]),
    ("manager",        "other",        [NOT_FOUND; 6]),
    ("shop's manager", "platform",     [PLATFORM; 6]),
    ("shop's manager", "merchant",     [WHOLE; 6]),
    ("shop's manager", "outlet",       [OF_OUTLET, OK, OK, OK, OK, ELSEWHERE]),
    ("shop's manager", "second",       [NOT_FOUND; 6]),
    ("shop's manager", "other outlet", [NOT_FOUND; 6]),
    ("supervisor",     "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
    ("cashier",        "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
    ("auditor",        "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
    ("their auditor",  "platform",     [ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE, BEYOND, BEYOND]),
    ("their auditor",  "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
    ("half owner",     "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
    ("users' key",     "merchant",     [BEYOND, BEYOND, BEYOND, BEYOND, BEYOND, ELSEWHERE]),
];

pub(crate) fn nobody_invites_to_more_than_he_may_or_reaches_himself(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    for (merchant, id) in [(&own, "A"), (&own, "B"), (&other, "C")] {
        world.place(merchant, id);
    }
    let merchants_reach = Reach::Merchant(own.clone());
    let who = |name: &str| match name {
        "machine" => Maker::MACHINE,
        "operator" => maker(Role::Operator, None, None),
        "owner" => maker(Role::Owner, Some(&own), None),
        "manager" => maker(Role::Manager, Some(&own), None),
        "shop's manager" => maker(Role::Manager, Some(&own), Some(outlet("A"))),
        "supervisor" => maker(Role::Supervisor, Some(&own), None),
        "cashier" => maker(Role::Cashier, Some(&own), None),
        "auditor" => maker(Role::Auditor, Some(&own), None),
        "their auditor" => maker(Role::Auditor, None, None),
        "half owner" => {
            Maker { permissions: Permissions::default(), reach: merchants_reach.clone(), ..Maker::MACHINE }
        }
        "users' key" => Maker {
            permissions: Permissions::of(&[Permission::WriteUsers]),
            reach: merchants_reach.clone(),
            ..Maker::MACHINE
        },
        _ => panic!("{name}"),
    };
    for (row, (name, whither, expected)) in TABLE.iter().enumerate() {
        for (role, expected) in Role::ALL.iter().zip(expected) {
            let (merchant, only) = match *whither {
                "platform" => (None, None),
                "merchant" => (Some(&own), None),
                "outlet" => (Some(&own), Some("A")),
                "second" => (Some(&own), Some("B")),
                "their outlet" => (Some(&own), Some("C")),
                "other" => (Some(&other), None),
                "other outlet" => (Some(&other), Some("C")),
                _ => panic!("{whither}"),
            };
            let new = new_person(merchant, *role, &format!("{row}.{}@example.cd", role.name()));
            let new = NewPerson { outlet: only.map(outlet), ..new };
            let found = world.try_invite(&who(name), &new).map_or_else(|fault| fault.code(), |_| OK);
            assert_eq!(found, *expected, "{name} invites {} to {whither}", role.name());
        }
    }
}

pub(crate) fn who_may_not_invite_somebody_may_not_touch_him_either(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    world.member_of(&merchant, Role::Owner, "first@example.cd");
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd").person.id;
    let cashier = world.member_of(&merchant, Role::Cashier, "cashier@example.cd").person.id;
    let manager = maker(Role::Manager, Some(&merchant), None);
    let shop = maker(Role::Manager, Some(&merchant), Some(outlet("A")));
    for (maker, person, expected) in [
        (&manager, &owner, BEYOND),
        (&shop, &owner, NOT_FOUND),
        (&shop, &cashier, NOT_FOUND),
        (&manager, &cashier, OK),
    ] {
        let (mut registry, mut random) = world.both();
        let by = by("usr:manager");
        let change = registry::PersonChange { name: Some(label("B")), ..registry::PersonChange::default() };
        let changed = registry.change_person(maker, person, &change, &by, at(1)).map(|_| ());
        let invited = registry.reinvite(maker, person, &by, at(1), &mut random).map(|_| ());
        let stopped = registry.stop_person(maker, person, &by, at(1)).map(|_| ());
        let resumed = registry.resume_person(maker, person, &by, at(1)).map(|_| ());
        for outcome in [changed, invited, stopped, resumed] {
            assert_eq!(outcome.map_or_else(|fault| fault.code(), |()| OK), expected, "{maker:?} {person}");
        }
    }
}

pub(crate) fn nobody_lowers_who_is_above_him(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.member_of(&merchant, Role::Owner, "first@example.cd");
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd").person;
    let lower = registry::PersonChange { role: Some(Role::Cashier), ..registry::PersonChange::default() };
    for (role, expected) in [(Role::Manager, BEYOND), (Role::Owner, OK)] {
        let maker = maker(role, Some(&merchant), None);
        let outcome = world.registry().change_person(&maker, &owner.id, &lower, &by("a"), at(1));
        assert_eq!(outcome.map_or_else(|fault| fault.code(), |_| OK), expected);
    }
}

pub(crate) fn nobody_reaches_people_of_another_merchant_or_of_the_platform(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    world.place(&own, "A");
    let platform = world.invite(&new_person(None, Role::Operator, "op@example.cd")).person.id;
    let theirs = world.invite(&new_person(Some(&other), Role::Cashier, "c@example.cd")).person.id;
    let ours = world.invite(&new_person(Some(&own), Role::Cashier, "c@example.cd")).person.id;
    let shop = in_outlet(new_person(Some(&own), Role::Cashier, "d@example.cd"), "A");
    let shop = world.invite(&shop).person.id;
    let all = [platform, theirs, ours, shop];
    for (reach, expected) in [
        (Reach::Platform, [true, true, true, true]),
        (Reach::Merchant(own.clone()), [false, false, true, true]),
        (Reach::Merchant(other.clone()), [false, true, false, false]),
        (Reach::Outlet(own, outlet("A")), [false, false, false, true]),
        (Reach::Outlet(other, outlet("A")), [false; 4]),
        (Reach::Merchant(nobody()), [false; 4]),
    ] {
        let page = world.registry().people(&reach, None, 10).unwrap();
        assert_eq!(page.len(), expected.iter().filter(|seen| **seen).count(), "{reach:?}");
        for (id, expected) in all.iter().zip(expected) {
            assert_eq!(page.iter().any(|person| person.id == *id), expected, "{reach:?} {id}");
            let found = world.registry().person(&reach, id).map_err(|fault| fault.code());
            assert_eq!(found.map(|person| person.id), if expected { Ok(id.clone()) } else { Err(NOT_FOUND) });
        }
    }
}

pub(crate) fn people_come_in_pages_in_the_order_of_their_ids(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for number in 0..5 {
        world.invite(&new_person(Some(&merchant), Role::Cashier, &format!("{number}@example.cd")));
    }
    let reach = Reach::Merchant(merchant);
    let all = world.registry().people(&reach, None, 10).unwrap();
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = world.registry().people(&reach, after.as_ref(), 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        pages.extend(page);
    }
    assert_eq!((all.len(), all), (5, pages));
}
