use registry::{Hand, Maker, NewPerson, Permissions, Reach, Role};

use super::{
    super::{Subject, world::*},
    staff::*,
};

/// 72 hours.
const VALID: u64 = 259_200;

pub(crate) fn an_invited_person_chooses_a_password_and_signs_in(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let new = in_outlet(new_person(Some(&merchant), Role::Supervisor, "Aline@Example.cd"), "A");
    let invited = world.invite(&new);
    assert_eq!(invited.expires, at(VALID));
    let person = &invited.person;
    assert_eq!((person.email.as_str(), person.role), ("aline@example.cd", Role::Supervisor));
    assert_eq!(person.reach(), Reach::Outlet(merchant.clone(), outlet("A")));
    assert_eq!((person.created, person.stopped), (at(0), None));
    assert!(!person.has_accepted && !person.has_second_factor);
    let who = (Some(&merchant), "ALINE@example.cd");
    assert_eq!(why(world.sign_in_with(who, PASSWORD, None, at(1))), "SIGN_IN_WRONG");
    let accepted = world.accept(&invited, PASSWORD, at(2)).unwrap();
    assert!(accepted.has_accepted);
    assert_eq!(world.registry().person(&Reach::Platform, &person.id).unwrap(), accepted);
    let signed_in = world.sign_in_with(who, PASSWORD, None, at(3)).unwrap();
    assert_eq!((&signed_in.person, signed_in.needs_enrolment), (&person.id, false));
    let principal = world.principal(&signed_in.token, at(3)).unwrap();
    assert_eq!((principal.role, principal.permissions), (Role::Supervisor, Role::Supervisor.may()));
    assert_eq!((&principal.reach, principal.actor()), (&accepted.reach(), person.id.as_str()));
}

pub(crate) fn an_invitation_is_good_once_and_up_to_its_last_second(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for (name, seconds, expected) in [("a", VALID - 1, true), ("b", VALID, false), ("c", VALID + 1, false)] {
        let invited =
            world.invite(&new_person(Some(&merchant), Role::Cashier, &format!("{name}@example.cd")));
        let accepted = world.accept(&invited, PASSWORD, at(seconds));
        assert_eq!(accepted.is_ok(), expected, "{seconds}");
        assert_eq!(code(world.accept(&invited, "another password", at(seconds))), "INVITATION_OVER");
        let signed_in =
            world.sign_in_with((Some(&merchant), invited.person.email.as_str()), PASSWORD, None, at(VALID));
        assert_eq!(signed_in.is_ok(), expected, "{seconds}");
    }
}

pub(crate) fn a_password_that_is_refused_does_not_use_the_invitation(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let invited = world.invite(&new_person(Some(&merchant), Role::Cashier, "aline@example.cd"));
    for (password, expected) in [
        ("too short", "PASSWORD_LENGTH"),
        ("motdepasse123", "PASSWORD_COMMON"),
        ("ALINE@example.cd", "PASSWORD_EMAIL"),
    ] {
        assert_eq!(code(world.accept(&invited, password, at(1))), expected);
    }
    assert!(world.accept(&invited, PASSWORD, at(1)).is_ok());
}

pub(crate) fn of_two_who_accept_one_invitation_one_wins(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for round in 0..5 {
        let invited =
            world.invite(&new_person(Some(&merchant), Role::Cashier, &format!("{round}@example.cd")));
        let passwords: Vec<String> = (0..4).map(|number| format!("password of thread {number}")).collect();
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let accept = |(number, password): (usize, &String)| {
                let (invited, password) = (invited.clone(), password.clone());
                scope.spawn(move || {
                    let mut other = World::again(subject, 100 + number as u64);
                    other.accept(&invited, &password, at(1)).map_err(|fault| fault.code())
                })
            };
            let threads: Vec<_> = passwords.iter().enumerate().map(accept).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        for (outcome, password) in outcomes.iter().zip(&passwords) {
            assert!(outcome.is_ok() || *outcome == Err("INVITATION_OVER"), "{outcome:?}");
            let who = (Some(&merchant), invited.person.email.as_str());
            assert_eq!(world.sign_in_with(who, password, None, at(2)).is_ok(), outcome.is_ok());
        }
        let accepts = world.acts(&Reach::Platform).into_iter().filter(|act| act.action == "user.accept");
        assert_eq!(accepts.count(), round + 1);
    }
}

pub(crate) fn an_address_has_one_person_in_a_merchant_and_one_on_the_platform(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    for merchant in [Some(&own), Some(&other), None] {
        let role = if merchant.is_some() { Role::Manager } else { Role::Operator };
        world.invite(&new_person(merchant, role, "aline@example.cd"));
        let again = world.try_invite(&Maker::MACHINE, &new_person(merchant, role, "ALINE@example.cd"));
        assert_eq!(code(again), "EXISTS");
    }
    assert_eq!(world.registry().people(&Reach::Platform, None, 10).unwrap().len(), 3);
}

pub(crate) fn nobody_is_invited_to_what_is_stopped(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let reach = Reach::Merchant(merchant.clone());
    let new = new_person(Some(&merchant), Role::Cashier, "a@example.cd");
    let shop = in_outlet(new.clone(), "A");
    world.registry().stop_place(&reach, outlet("A"), &by("a"), at(1)).unwrap();
    assert_eq!(code(world.try_invite(&Maker::MACHINE, &shop)), "OUTLET_STOPPED");
    world.registry().stop_merchant(&Reach::Platform, &merchant, &by("a"), at(1)).unwrap();
    assert_eq!(code(world.try_invite(&Maker::MACHINE, &new)), "MERCHANT_STOPPED");
    let unknown = new_person(Some(&nobody()), Role::Cashier, "a@example.cd");
    assert_eq!(code(world.try_invite(&Maker::MACHINE, &unknown)), "NOT_FOUND");
    assert!(world.registry().people(&Reach::Platform, None, 10).unwrap().is_empty());
}

pub(crate) fn who_is_invited_anew_begins_anew(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd");
    let signed_in = world.sign_in(&owner, at(0)).unwrap();
    let maker = maker(Role::Operator, None, None);
    let mut again = |actor: &str| {
        let (mut registry, mut random) = world.both();
        registry.reinvite(&maker, &owner.person.id, &by(actor), at(1), &mut random)
    };
    assert_eq!(code(again(owner.person.id.as_str())), "ONESELF");
    let first = again("usr:operator").unwrap();
    let second = again("usr:operator").unwrap();
    assert!(!second.person.has_accepted && !second.person.has_second_factor);
    assert_eq!(world.principal(&signed_in.token, at(1)), None);
    assert_eq!(why(world.sign_in(&owner, at(60))), "SIGN_IN_WRONG");
    assert_eq!(code(world.accept(&first, PASSWORD, at(60))), "INVITATION_OVER");
    world.accept(&second, PASSWORD, at(60)).unwrap();
    let signed_in =
        world.sign_in_with((Some(&merchant), "owner@example.cd"), PASSWORD, None, at(61)).unwrap();
    assert!(signed_in.needs_enrolment);
    assert_eq!(world.principal(&signed_in.token, at(61)).unwrap().permissions, Permissions::default());
}

pub(crate) fn who_is_stopped_is_not_invited_anew_and_his_invitation_is_over(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let invited = world.invite(&new_person(Some(&merchant), Role::Cashier, "a@example.cd"));
    let id = invited.person.id.clone();
    world.registry().stop_person(&Maker::MACHINE, &id, &by("a"), at(1)).unwrap();
    assert_eq!(code(world.accept(&invited, PASSWORD, at(2))), "INVITATION_OVER");
    let (mut registry, mut random) = world.both();
    assert_eq!(code(registry.reinvite(&Maker::MACHINE, &id, &by("a"), at(2), &mut random)), "PERSON_STOPPED");
    registry.resume_person(&Maker::MACHINE, &id, &by("a"), at(3)).unwrap();
    let anew = registry.reinvite(&Maker::MACHINE, &id, &by("a"), at(3), &mut random).unwrap();
    assert_eq!(code(world.accept(&invited, PASSWORD, at(4))), "INVITATION_OVER");
    assert!(world.accept(&anew, PASSWORD, at(4)).is_ok());
}

pub(crate) fn no_api_key_invites_an_owner_or_an_operator_anew_who_has_accepted(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let reach = Reach::Merchant(merchant.clone());
    let owners = ["first@example.cd", "second@example.cd"]
        .map(|address| world.member_of(&merchant, Role::Owner, address));
    let operators = ["third@example.cd", "fourth@example.cd"]
        .map(|address| world.member(&new_person(None, Role::Operator, address)));
    let manager = world.member_of(&merchant, Role::Manager, "manager@example.cd").person.id;
    let invited = world.invite(&new_person(Some(&merchant), Role::Owner, "invited@example.cd")).person.id;
    let owner = Maker { permissions: Role::Owner.may(), reach, hand: Hand::Person };
    let operator = Maker { permissions: Role::Operator.may(), hand: Hand::Person, ..Maker::MACHINE };
    let key = |of: &Maker| Maker { hand: Hand::Key, ..of.clone() };
    let [first, operated] = [&owners[0].person.id, &operators[0].person.id];
    for (maker, whom, expected) in [
        (key(&owner), first, Err("PERSON_NEEDED")),
        (key(&operator), first, Err("PERSON_NEEDED")),
        (key(&operator), operated, Err("PERSON_NEEDED")),
        (key(&owner), &manager, Ok(())),
        (key(&owner), &invited, Ok(())),
        (owner, first, Ok(())),
        (operator, operated, Ok(())),
    ] {
        let was = world.registry().person(&Reach::Platform, whom).unwrap();
        let (mut registry, mut random) = world.both();
        let again = registry.reinvite(&maker, whom, &by("usr:other"), at(1), &mut random);
        assert_eq!(again.map(drop).map_err(|fault| fault.code()), expected, "{maker:?} {was:?}");
        if expected.is_err() {
            assert_eq!(world.registry().person(&Reach::Platform, whom).unwrap(), was);
        }
    }
}

pub(crate) fn the_last_owner_is_invited_anew_by_the_platform_only(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd").person.id;
    // Who was only invited is no other.
    world.invite(&new_person(Some(&merchant), Role::Owner, "invited@example.cd"));
    let mut again = |maker: &Maker| {
        let (mut registry, mut random) = world.both();
        registry.reinvite(maker, &owner, &by("usr:other"), at(1), &mut random)
    };
    assert_eq!(code(again(&maker(Role::Owner, Some(&merchant), None))), "LAST_OWNER");
    assert!(again(&maker(Role::Operator, None, None)).is_ok());
}

pub(crate) fn a_merchant_has_at_most_1_000_people_who_may_sign_in(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    let new = |whose: &registry::MerchantId, address: &str| new_person(Some(whose), Role::Cashier, address);
    let made = subject.raw(&format!(
        "INSERT INTO people (id, merchant, email, name, role, created, stopped) \
         WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 1001) \
         SELECT 'x' || v, '{own}', 'x' || v, 'a', 'cashier', {NOW}, CASE WHEN v > 998 THEN {NOW} END FROM n"
    ));
    assert_eq!(made, Ok(1_001));
    let stopped = world.invite(&new(&own, "a@example.cd")).person.id;
    world.registry().stop_person(&Maker::MACHINE, &stopped, &by("a"), at(1)).unwrap();
    let last = ["b@example.cd", "c@example.cd"].map(|address| world.invite(&new(&own, address)).person.id);
    assert_eq!(
        (NewPerson::MOST, code(world.try_invite(&Maker::MACHINE, &new(&own, "d@example.cd")))),
        (1_000, "TOO_MANY_PEOPLE")
    );
    assert_eq!(
        code(world.registry().resume_person(&Maker::MACHINE, &stopped, &by("a"), at(1))),
        "TOO_MANY_PEOPLE"
    );
    world.invite(&new(&other, "d@example.cd"));
    world.invite(&new_person(None, Role::Auditor, "d@example.cd"));
    world.registry().stop_person(&Maker::MACHINE, &last[0], &by("a"), at(1)).unwrap();
    world.registry().resume_person(&Maker::MACHINE, &stopped, &by("a"), at(1)).unwrap();
}
