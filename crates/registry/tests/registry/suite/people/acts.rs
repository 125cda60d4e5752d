use registry::{Cost, Maker, MerchantId, PasswordChange, PersonChange, Reach, Role};

use super::{
    super::{Subject, world::*},
    staff::*,
};

/// The log of acts since it was last looked at.
struct Log {
    merchant: MerchantId,
    seen: usize,
}

impl Log {
    fn new(world: &mut World, merchant: &MerchantId) -> Self {
        Self { merchant: merchant.clone(), seen: world.acts(&Reach::Platform).len() }
    }

    /// There is one act more, with this action, actor and subject; or none.
    fn expect(&mut self, world: &mut World, expected: Option<(&str, &str, &str)>) {
        let acts = world.acts(&Reach::Platform);
        let new = &acts[..acts.len() - self.seen];
        self.seen = acts.len();
        let said = new.iter().map(|act| (act.action.as_str(), act.actor.as_str(), act.subject.as_str()));
        assert_eq!(said.collect::<Vec<_>>(), Vec::from_iter(expected));
        for act in new {
            assert_eq!(
                (act.tenant.as_deref(), act.request.as_str()),
                (Some(self.merchant.as_str()), "req-1")
            );
        }
    }
}

pub(crate) fn who_signs_in_leaves_one_act_for_each_change_and_none_for_what_was_refused(
    subject: &dyn Subject,
) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let mut log = Log::new(&mut world, &merchant);
    let new = in_outlet(new_person(Some(&merchant), Role::Cashier, "a@example.cd"), "A");
    let invited = world.invite(&new);
    let id = invited.person.id.clone();
    let own = id.as_str();
    log.expect(&mut world, Some(("user.invite", "usr:maker", own)));
    world.try_invite(&Maker::MACHINE, &new).unwrap_err();
    log.expect(&mut world, None);
    world.accept(&invited, "short", at(0)).unwrap_err();
    log.expect(&mut world, None);
    let person = world.accept(&invited, PASSWORD, at(0)).unwrap();
    log.expect(&mut world, Some(("user.accept", own, own)));
    let member = Member { person, app: None };
    let who = (Some(&merchant), "a@example.cd");
    world.sign_in_with(who, "wrong password", None, at(0)).unwrap_err();
    log.expect(&mut world, Some(("session.refuse", "unknown", own)));
    world.sign_in_with((Some(&merchant), "b@example.cd"), PASSWORD, None, at(0)).unwrap_err();
    log.expect(&mut world, None);
    let session = world.sign_in(&member, at(0)).unwrap().session;
    log.expect(&mut world, Some(("session.open", own, session.as_str())));
    let by_own = by(own);
    let (mut registry, mut random) = world.both();
    let (old, wrong, new) = (given(PASSWORD), given("wrong password"), given("the new password"));
    let change = PasswordChange { old: &wrong, new: &new };
    registry.change_password(&session, change, Cost::LEAST, &by_own, at(0), &mut random).unwrap_err();
    log.expect(&mut world, Some(("session.refuse", "unknown", own)));
    let (mut registry, mut random) = world.both();
    let change = PasswordChange { old: &old, new: &new };
    registry.change_password(&session, change, Cost::LEAST, &by_own, at(0), &mut random).unwrap();
    log.expect(&mut world, Some(("user.password", own, own)));
    let (mut registry, mut random) = world.both();
    let enrolment = registry.begin_totp(&session, &vault(), &by_own, at(0), &mut random).unwrap();
    log.expect(&mut world, Some(("user.totp_begin", own, own)));
    let app = App::scan(&enrolment.reveal());
    let wrong = app.never_shows(at(0));
    world.registry().confirm_totp(&session, &wrong, &vault(), &by_own, at(0)).unwrap_err();
    log.expect(&mut world, None);
    world.registry().confirm_totp(&session, &app.shows(at(0)), &vault(), &by_own, at(0)).unwrap();
    log.expect(&mut world, Some(("user.totp", own, own)));
    world.registry().sign_out(&session, &by_own, at(0)).unwrap();
    log.expect(&mut world, Some(("session.close", own, session.as_str())));
}

pub(crate) fn who_runs_people_leaves_one_act_for_each_change_and_none_for_what_changes_nothing(
    subject: &dyn Subject,
) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    let new = in_outlet(new_person(Some(&merchant), Role::Cashier, "a@example.cd"), "A");
    let id = world.member(&new).person.id;
    let own = id.as_str();
    let mut log = Log::new(&mut world, &merchant);
    let machine = Maker::MACHINE;
    let change = PersonChange { role: Some(Role::Supervisor), ..PersonChange::default() };
    for expected in [Some(("user.change", "m", own)), None] {
        world.registry().change_person(&machine, &id, &change, &by("m"), at(1)).unwrap();
        log.expect(&mut world, expected);
    }
    for expected in [Some(("user.stop", "m", own)), None] {
        world.registry().stop_person(&machine, &id, &by("m"), at(1)).unwrap();
        log.expect(&mut world, expected);
    }
    for expected in [Some(("user.resume", "m", own)), None] {
        world.registry().resume_person(&machine, &id, &by("m"), at(1)).unwrap();
        log.expect(&mut world, expected);
    }
    let (mut registry, mut random) = world.both();
    registry.reinvite(&machine, &id, &by("m"), at(1), &mut random).unwrap();
    log.expect(&mut world, Some(("user.reinvite", "m", own)));
    let here = world.acts(&Reach::Outlet(merchant.clone(), outlet("A")));
    assert!(here.iter().any(|act| act.action == "user.reinvite"), "{here:?}");
}
