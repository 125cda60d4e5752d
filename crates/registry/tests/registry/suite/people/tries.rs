use registry::{Reach, Role, SignInFault};

use super::{
    super::{Subject, world::*},
    staff::*,
};

fn wait<T: std::fmt::Debug>(outcome: Result<T, SignInFault>) -> u64 {
    match outcome.unwrap_err() {
        SignInFault::Wrong => 0,
        SignInFault::TooMany { retry_after } => retry_after,
        SignInFault::Registry(fault) => panic!("{fault}"),
    }
}

pub(crate) fn after_five_failures_each_try_waits_longer_known_or_not(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.member_of(&merchant, Role::Cashier, "known@example.cd");
    world.member_of(&merchant, Role::Cashier, "other@example.cd");
    for address in ["known@example.cd", "unknown@example.cd", "no address"] {
        let who = (Some(&merchant), address);
        let mut now = 0;
        for _ in 0..5 {
            assert_eq!(wait(world.sign_in_with(who, "wrong password", None, at(now))), 0, "{address}");
        }
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            // The right password waits as well, and asking does not make it longer.
            assert_eq!(wait(world.sign_in_with(who, PASSWORD, None, at(now))), seconds, "{address}");
            assert_eq!(wait(world.sign_in_with(who, PASSWORD, None, at(now + seconds - 1))), 1, "{address}");
            now += seconds;
            // Another process, after a restart, has not forgotten.
            let mut other = World::again(subject, now);
            assert_eq!(wait(other.sign_in_with(who, "wrong password", None, at(now))), 0, "{address}");
        }
    }
    let known = (Some(&merchant), "KNOWN@example.cd");
    let now = 30 + 60 + 120 + 240 + 480 + 900 + 900 + 900;
    assert_eq!(wait(world.sign_in_with(known, PASSWORD, None, at(now - 1))), 1);
    world.sign_in_with(known, PASSWORD, None, at(now)).unwrap();
    assert_eq!(wait(world.sign_in_with(known, "wrong password", None, at(now))), 0);
    world.sign_in_with(known, PASSWORD, None, at(now)).unwrap();
    world.sign_in_with((Some(&merchant), "other@example.cd"), PASSWORD, None, at(0)).unwrap();
}

pub(crate) fn a_right_password_starts_the_count_of_failures_anew(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "known@example.cd");
    for _ in 0..3 {
        for _ in 0..4 {
            let who = (Some(&merchant), "known@example.cd");
            assert_eq!(wait(world.sign_in_with(who, "wrong password", None, at(0))), 0);
        }
        world.sign_in(&member, at(0)).unwrap();
    }
}

pub(crate) fn tries_at_once_are_no_more_than_tries_one_by_one(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.member_of(&merchant, Role::Cashier, "known@example.cd");
    let outcomes: Vec<u64> = std::thread::scope(|scope| {
        let guess = |number: u64| {
            let merchant = merchant.clone();
            scope.spawn(move || {
                let mut other = World::again(subject, 100 + number);
                let who = (Some(&merchant), "known@example.cd");
                wait(other.sign_in_with(who, &format!("guess number {number}"), None, at(0)))
            })
        };
        let threads: Vec<_> = (0..12).map(guess).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|wait| **wait == 0).count(), 5, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|wait| **wait == 30).count(), 7, "{outcomes:?}");
    let refused =
        world.acts(&Reach::Merchant(merchant)).into_iter().filter(|act| act.action == "session.refuse");
    assert_eq!(refused.count(), 5);
}

pub(crate) fn what_is_wrong_about_a_sign_in_is_never_told(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [merchant, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    let shop = world.place(&merchant, "A").outlet.id;
    let owner = world.member_of(&merchant, Role::Owner, "owner@example.cd");
    world.invite(&new_person(Some(&merchant), Role::Cashier, "invited@example.cd"));
    let stopped = world.member_of(&merchant, Role::Cashier, "stopped@example.cd").person.id;
    world.registry().stop_person(&registry::Maker::MACHINE, &stopped, &by("a"), at(0)).unwrap();
    world.member(&in_outlet(new_person(Some(&merchant), Role::Cashier, "shop@example.cd"), "A"));
    let reach = Reach::Merchant(merchant.clone());
    world.registry().stop_place(&reach, shop, &by("a"), at(0)).unwrap();
    world.member_of(&other, Role::Cashier, "away@example.cd");
    world.registry().stop_merchant(&Reach::Platform, &other, &by("a"), at(0)).unwrap();
    let app = owner.app.unwrap();
    let (right, wrong) = (app.shows(at(0)), app.never_shows(at(0)));
    let mut said = Vec::new();
    for (whose, address, password, code) in [
        (Some(&merchant), "nobody@example.cd", PASSWORD, None),
        (Some(&merchant), "no address", PASSWORD, None),
        (Some(&merchant), "owner@example.cd", "wrong password", Some(&right)),
        (Some(&merchant), "owner@example.cd", PASSWORD, None),
        (Some(&merchant), "owner@example.cd", PASSWORD, Some(&wrong)),
        (Some(&other), "owner@example.cd", PASSWORD, Some(&right)),
        (None, "owner@example.cd", PASSWORD, Some(&right)),
        (Some(&nobody()), "owner@example.cd", PASSWORD, Some(&right)),
        (Some(&merchant), "invited@example.cd", PASSWORD, None),
        (Some(&merchant), "invited@example.cd", "", None),
        (Some(&merchant), "stopped@example.cd", PASSWORD, None),
        (Some(&merchant), "shop@example.cd", PASSWORD, None),
        (Some(&other), "away@example.cd", PASSWORD, None),
    ] {
        let fault = world.sign_in_with((whose, address), password, code, at(0)).unwrap_err();
        said.push((fault.code(), format!("{fault:?}"), fault.to_string()));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].0, "SIGN_IN_WRONG");
    world.sign_in_with((Some(&merchant), "owner@example.cd"), PASSWORD, Some(&right), at(0)).unwrap();
}
