use registry::{Permissions, Role, SessionId, Vault};

use super::{
    super::{Subject, world::*},
    staff::*,
};

pub(crate) fn who_needs_a_second_factor_may_nothing_before_he_has_one(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let invited = world.invite(&new_person(Some(&merchant), Role::Owner, "owner@example.cd"));
    world.accept(&invited, PASSWORD, at(0)).unwrap();
    let who = (Some(&merchant), "owner@example.cd");
    let thief = world.sign_in_with(who, PASSWORD, None, at(0)).unwrap();
    let own = world.sign_in_with(who, PASSWORD, None, at(0)).unwrap();
    assert!(own.needs_enrolment);
    let half = world.principal(&own.token, at(0)).unwrap();
    assert_eq!((half.role, half.permissions), (Role::Owner, Permissions::default()));
    let app = world.enrol(&own.session, at(0));
    assert_eq!(world.principal(&own.token, at(0)).unwrap().permissions, Role::Owner.may());
    // Whoever else had signed in knew the password only.
    assert_eq!(world.principal(&thief.token, at(0)), None);
    assert_eq!(why(world.sign_in_with(who, PASSWORD, None, at(60))), "SIGN_IN_WRONG");
    let whole = world.sign_in_with(who, PASSWORD, Some(&app.shows(at(60))), at(60)).unwrap();
    assert!(!whole.needs_enrolment);
    assert!(world.registry().person(&half.reach, &own.person).unwrap().has_second_factor);
}

pub(crate) fn who_becomes_an_owner_may_nothing_before_he_has_a_second_factor(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let signed_in = world.sign_in(&member, at(0)).unwrap();
    let change = registry::PersonChange { role: Some(Role::Owner), ..registry::PersonChange::default() };
    let machine = registry::Maker::MACHINE;
    world.registry().change_person(&machine, &member.person.id, &change, &by("a"), at(0)).unwrap();
    assert_eq!(world.principal(&signed_in.token, at(0)).unwrap().permissions, Permissions::default());
    world.enrol(&signed_in.session, at(0));
    assert_eq!(world.principal(&signed_in.token, at(0)).unwrap().permissions, Role::Owner.may());
}

pub(crate) fn a_code_is_good_once_and_no_older_one_afterwards(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd");
    let app = owner.app.as_ref().unwrap();
    let who = (Some(&merchant), "owner@example.cd");
    // Steps begin at multiples of 30 s, and so does the time of the trials.
    assert_eq!(NOW % 30, 0);
    let [earlier, later] = [at(0), at(30)].map(|time| app.shows(time));
    for (name, code, seconds, expected) in [
        ("a step too early", &later, -1, false),
        ("a step early", &later, 0, true),
        ("again", &later, 0, false),
        ("again in its own step", &later, 30, false),
        ("the one before it", &earlier, 30, false),
        ("the next", &app.shows(at(60)), 89, true),
        ("a step too late", &app.shows(at(90)), 150, false),
        ("a step late", &app.shows(at(90)), 149, true),
    ] {
        let now = fiscal::Timestamp::from_unix(NOW.saturating_add_signed(seconds)).unwrap();
        assert_eq!(world.sign_in_with(who, PASSWORD, Some(code), now).is_ok(), expected, "{name}");
    }
}

pub(crate) fn of_those_who_use_one_code_at_once_one_gets_in(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd");
    for round in 0..4 {
        let now = at(round * 60);
        let shown = owner.app.as_ref().unwrap().shows(now);
        let entered: Vec<bool> = std::thread::scope(|scope| {
            let enter = |number: u64| {
                let (merchant, shown) = (merchant.clone(), shown.clone());
                scope.spawn(move || {
                    let mut other = World::again(subject, 1_000 + round * 10 + number);
                    let who = (Some(&merchant), "owner@example.cd");
                    other.sign_in_with(who, PASSWORD, Some(&shown), now).is_ok()
                })
            };
            let threads: Vec<_> = (0..3).map(enter).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(entered.iter().filter(|entered| **entered).count(), 1, "{entered:?}");
    }
}

pub(crate) fn a_second_factor_is_confirmed_by_its_code_and_replaced_by_none(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let session = world.sign_in(&member, at(0)).unwrap().session;
    let by = by(member.person.id.as_str());
    let (mut registry, mut random) = world.both();
    let any = "123456".parse().unwrap();
    assert_eq!(code(registry.confirm_totp(&session, &any, &vault(), &by, at(0))), "TOTP_NOT_BEGUN");
    let replaced = registry.begin_totp(&session, &vault(), &by, at(0), &mut random).unwrap();
    let enrolment = registry.begin_totp(&session, &vault(), &by, at(0), &mut random).unwrap();
    let [replaced, app] = [replaced, enrolment].map(|enrolment| App::scan(&enrolment.reveal()));
    let wrong = [replaced.shows(at(0)), app.never_shows(at(0)), app.shows(at(60)), app.shows(at(120))];
    for code_then in wrong {
        assert_eq!(code(registry.confirm_totp(&session, &code_then, &vault(), &by, at(0))), "TOTP_WRONG");
    }
    // Begun is not confirmed: he still signs in without.
    let mut signed_in = world.sign_in(&member, at(0));
    assert!(signed_in.is_ok());
    let (mut registry, mut random) = world.both();
    let other = Vault::new([1; 32]);
    assert_eq!(code(registry.confirm_totp(&session, &app.shows(at(0)), &other, &by, at(0))), "VAULT_WRONG");
    registry.confirm_totp(&session, &app.shows(at(0)), &vault(), &by, at(0)).unwrap();
    assert_eq!(
        code(registry.confirm_totp(&session, &app.shows(at(60)), &vault(), &by, at(60))),
        "TOTP_ACTIVE"
    );
    assert_eq!(code(registry.begin_totp(&session, &vault(), &by, at(60), &mut random)), "TOTP_ACTIVE");
    signed_in = world.sign_in(&member, at(60));
    assert_eq!(why(signed_in), "SIGN_IN_WRONG");
    // The code that confirmed is used.
    let who = (Some(&merchant), "a@example.cd");
    assert_eq!(why(world.sign_in_with(who, PASSWORD, Some(&app.shows(at(0))), at(0))), "SIGN_IN_WRONG");
    world.sign_in_with(who, PASSWORD, Some(&app.shows(at(30))), at(30)).unwrap();
    let nobody = SessionId::new([9; 20]);
    assert_eq!(code(world.registry().confirm_totp(&nobody, &any, &vault(), &by, at(0))), "NOT_FOUND");
}

pub(crate) fn a_sealed_secret_is_no_other_persons(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let [one, other] = ["one@example.cd", "other@example.cd"]
        .map(|address| world.member_of(&merchant, Role::Owner, address));
    let moved = format!(
        "UPDATE people SET totp = (SELECT totp FROM people WHERE id = '{}') WHERE id = '{}'",
        one.person.id, other.person.id
    );
    assert_eq!(subject.raw(&moved), Ok(1));
    assert!(world.sign_in(&one, at(0)).is_ok());
    let shown = one.app.unwrap().shows(at(60));
    let refused = world.sign_in_with((Some(&merchant), "other@example.cd"), PASSWORD, Some(&shown), at(60));
    assert_eq!(why(refused), "VAULT_WRONG");
}

pub(crate) fn whoever_sees_all_merchants_may_nothing_before_he_has_a_second_factor(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for (whose, needs) in [(None, true), (Some(&merchant), false)] {
        let invited = world.invite(&new_person(whose, Role::Auditor, "auditor@example.cd"));
        world.accept(&invited, PASSWORD, at(0)).unwrap();
        let signed_in = world.sign_in_with((whose, "auditor@example.cd"), PASSWORD, None, at(0)).unwrap();
        assert_eq!(signed_in.needs_enrolment, needs);
        let may = world.principal(&signed_in.token, at(0)).unwrap().permissions;
        assert_eq!(may, if needs { registry::Permissions::default() } else { Role::Auditor.may() });
    }
    let auditor = world.member(&new_person(None, Role::Auditor, "other@example.cd"));
    let signed_in = world.sign_in(&auditor, at(60)).unwrap();
    assert_eq!(world.principal(&signed_in.token, at(60)).unwrap().permissions, Role::Auditor.may());
}
