use registry::{Cost, PasswordChange, Role, SessionId, SignInFault};

use super::{
    super::{Subject, world::*},
    staff::*,
};

const NEW: &str = "cinq autres mots au hasard";

impl World {
    fn change_password(
        &mut self,
        session: &SessionId,
        (old, new): (&str, &str),
        seconds: u64,
    ) -> Result<(), SignInFault> {
        let (mut registry, mut random) = self.both();
        let change = PasswordChange { old: &given(old), new: &given(new) };
        registry.change_password(session, change, Cost::LEAST, &by("usr:oneself"), at(seconds), &mut random)
    }
}

pub(crate) fn a_new_password_ends_the_other_sessions_and_the_old_password(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let [this, other] = [0, 0].map(|seconds| world.sign_in(&member, at(seconds)).unwrap());
    world.change_password(&this.session, (PASSWORD, NEW), 1).unwrap();
    assert!(world.principal(&this.token, at(1)).is_some());
    assert_eq!(world.principal(&other.token, at(1)), None);
    let who = (Some(&merchant), "a@example.cd");
    assert_eq!(why(world.sign_in_with(who, PASSWORD, None, at(1))), "SIGN_IN_WRONG");
    assert!(world.sign_in_with(who, NEW, None, at(1)).is_ok());
}

pub(crate) fn a_password_that_is_refused_leaves_the_old_one(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let [this, other] = [0, 0].map(|seconds| world.sign_in(&member, at(seconds)).unwrap());
    for (old, new, expected) in [
        (PASSWORD, "too short", "PASSWORD_LENGTH"),
        (PASSWORD, "motdepasse123", "PASSWORD_COMMON"),
        ("wrong password", NEW, "SIGN_IN_WRONG"),
    ] {
        assert_eq!(why(world.change_password(&this.session, (old, new), 1)), expected);
    }
    assert!(world.principal(&other.token, at(1)).is_some());
    assert_eq!(why(world.change_password(&SessionId::new([9; 20]), (PASSWORD, NEW), 1)), "NOT_FOUND");
    assert_eq!(why(world.change_password(&this.session, (PASSWORD, NEW), 43_200)), "NOT_FOUND");
    assert!(world.sign_in(&member, at(1)).is_ok());
}

pub(crate) fn who_finds_a_screen_open_guesses_no_longer_than_at_the_door(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let member = world.member_of(&merchant, Role::Cashier, "a@example.cd");
    let session = world.sign_in(&member, at(0)).unwrap().session;
    for _ in 0..3 {
        assert_eq!(why(world.change_password(&session, ("wrong password", NEW), 0)), "SIGN_IN_WRONG");
    }
    let who = (Some(&merchant), "a@example.cd");
    for _ in 0..2 {
        assert_eq!(why(world.sign_in_with(who, "wrong password", None, at(0))), "SIGN_IN_WRONG");
    }
    assert_eq!(why(world.change_password(&session, (PASSWORD, NEW), 29)), "SIGN_IN_WAIT");
    assert_eq!(why(world.sign_in(&member, at(29))), "SIGN_IN_WAIT");
    world.change_password(&session, (PASSWORD, NEW), 30).unwrap();
}
