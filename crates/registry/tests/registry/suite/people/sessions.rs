use fiscal::Timestamp;
use registry::{Maker, PersonChange, Reach, Role, SessionToken};

use super::{
    super::{Subject, world::*},
    staff::*,
};

/// Twelve hours.
const LASTS: u64 = 43_200;

pub(crate) fn a_session_is_over_at_the_second_of_its_end(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let signed_in = world.sign_in(&member, at(5)).unwrap();
    assert_eq!(signed_in.expires, at(5 + LASTS));
    assert_eq!(world.principal(&signed_in.token, at(5)).unwrap().until, Some(signed_in.expires));
    for (seconds, expected) in [(5, true), (4 + LASTS, true), (5 + LASTS, false), (6 + LASTS, false)] {
        assert_eq!(world.principal(&signed_in.token, at(seconds)).is_some(), expected, "{seconds}");
        let (mut registry, mut random) = world.both();
        let begun = registry.begin_totp(&signed_in.session, &vault(), &by("a"), at(seconds), &mut random);
        assert_eq!(begun.is_ok(), expected, "{seconds}");
    }
    assert_eq!(world.principal(&SessionToken::new([1; 32]), at(5)), None);
}

pub(crate) fn a_session_near_the_end_of_time_ends_with_it(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    assert_eq!(world.sign_in(&member, Timestamp::LATEST).unwrap().expires, Timestamp::LATEST);
}

pub(crate) fn who_signs_out_ends_this_session_only(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let [first, second] = [0, 1].map(|seconds| world.sign_in(&member, at(seconds)).unwrap());
    let by = by(member.person.id.as_str());
    assert!(world.registry().sign_out(&first.session, &by, at(2)).unwrap());
    assert!(!world.registry().sign_out(&first.session, &by, at(2)).unwrap());
    assert_eq!(world.principal(&first.token, at(2)), None);
    assert!(world.principal(&second.token, at(2)).is_some());
}

pub(crate) fn a_session_is_refused_while_the_person_the_outlet_or_the_merchant_is_stopped(
    subject: &dyn Subject,
) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let member = world.member(&in_outlet(new_person(Some(&merchant), Role::Cashier, "a@example.cd"), "A"));
    let (id, reach) = (member.person.id.clone(), Reach::Merchant(merchant.clone()));
    let signed_in = world.sign_in(&member, at(0)).unwrap();
    world.registry().stop_place(&reach, outlet("A"), &by("a"), at(1)).unwrap();
    assert_eq!(world.principal(&signed_in.token, at(1)), None);
    world.registry().resume_place(&reach, outlet("A"), &by("a"), at(1)).unwrap();
    assert!(world.principal(&signed_in.token, at(1)).is_some());
    world.registry().stop_merchant(&Reach::Platform, &merchant, &by("a"), at(1)).unwrap();
    assert_eq!(world.principal(&signed_in.token, at(1)), None);
    world.registry().resume_merchant(&Reach::Platform, &merchant, &by("a"), at(1)).unwrap();
    assert!(world.principal(&signed_in.token, at(1)).is_some());
    world.registry().stop_person(&Maker::MACHINE, &id, &by("a"), at(1)).unwrap();
    assert_eq!(world.principal(&signed_in.token, at(1)), None);
    world.registry().resume_person(&Maker::MACHINE, &id, &by("a"), at(1)).unwrap();
    // That one ended; he signs in anew.
    assert_eq!(world.principal(&signed_in.token, at(1)), None);
    let anew = world.sign_in(&member, at(2)).unwrap();
    // Also one that another program stopped, who ended no session.
    assert_eq!(subject.raw("UPDATE people SET stopped = 1"), Ok(1));
    assert_eq!(world.principal(&anew.token, at(2)), None);
}

pub(crate) fn a_session_has_the_role_and_the_reach_of_now(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let member = world.member_of(&merchant, Role::Manager, "a@example.cd");
    let signed_in = world.sign_in(&member, at(0)).unwrap();
    let change = PersonChange {
        role: Some(Role::Cashier),
        outlet: Some(Some(outlet("A"))),
        ..PersonChange::default()
    };
    world.registry().change_person(&Maker::MACHINE, &member.person.id, &change, &by("a"), at(1)).unwrap();
    let principal = world.principal(&signed_in.token, at(1)).unwrap();
    assert_eq!((principal.role, principal.permissions), (Role::Cashier, Role::Cashier.may()));
    assert_eq!(principal.reach, Reach::Outlet(merchant, outlet("A")));
}

pub(crate) fn what_is_over_is_forgotten_and_nothing_else(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    world.sign_in(&member, at(0)).unwrap();
    let kept = world.sign_in(&member, at(1)).unwrap();
    world.invite(&new_person(Some(&merchant), Role::Cashier, "b@example.cd"));
    let who = (Some(&merchant), "a@example.cd");
    assert_eq!(why(world.sign_in_with(who, "wrong password", None, at(2))), "SIGN_IN_WRONG");
    let acts = world.acts(&Reach::Platform).len();
    let mut forget = |seconds| world.registry().forget_sessions(at(seconds)).unwrap();
    assert_eq!((forget(LASTS - 1), forget(LASTS)), (0, 1));
    assert_eq!((forget(2 * LASTS + 1), forget(2 * LASTS + 2)), (1, 1));
    assert_eq!((forget(6 * LASTS - 1), forget(6 * LASTS)), (0, 1));
    assert_eq!(world.principal(&kept.token, at(1)), None);
    assert_eq!(world.acts(&Reach::Platform).len(), acts);
    assert!(world.sign_in(&member, at(0)).is_ok());
}
