use ledger::LedgerStore;
use registry::{Cost, Maker, PasswordChange, Reach, Role};

use super::{
    super::{Subject, world::*},
    staff::*,
};

/// Everything that the registry keeps of people, and the log of acts.
fn dump(store: &mut dyn LedgerStore) -> String {
    let mut dump = String::new();
    store
        .look(&mut |statements| {
            for sql in [
                "SELECT id, merchant, outlet, email, name, role, created, stopped, password, totp, totp_step FROM people",
                "SELECT person, hash, expires FROM invitations",
                "SELECT hash, id, person, opened, expires FROM sessions",
                "SELECT name, failures, last FROM sign_in_tries",
                "SELECT actor, action, tenant, outlet, subject, request FROM acts",
            ] {
                dump.push_str(&format!("{:?}\n", statements.query(sql, &[])?));
            }
            Ok(())
        })
        .unwrap();
    dump
}

pub(crate) fn no_act_fault_or_table_holds_what_is_secret(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let invited = world.invite(&new_person(Some(&merchant), Role::Owner, "owner@example.cd"));
    let mut said = format!("{invited:?}");
    said += &format!("{:?}", world.accept(&invited, "short one", at(0)).unwrap_err());
    world.accept(&invited, PASSWORD, at(0)).unwrap();
    let who = (Some(&merchant), "owner@example.cd");
    let first = world.sign_in_with(who, PASSWORD, None, at(0)).unwrap();
    let (mut registry, mut random) = world.both();
    let enrolment = registry.begin_totp(&first.session, &vault(), &by("a"), at(0), &mut random).unwrap();
    let app = App::scan(&enrolment.reveal());
    let shown = app.shows(at(0));
    said += &format!("{enrolment:?} {shown:?} {first:?} {:?}", vault());
    let wrong = app.never_shows(at(0));
    let fault = registry.confirm_totp(&first.session, &wrong, &vault(), &by("a"), at(0)).unwrap_err();
    said += &format!("{fault:?} {fault}");
    registry.confirm_totp(&first.session, &shown, &vault(), &by("a"), at(0)).unwrap();
    let second = world.sign_in_with(who, PASSWORD, Some(&app.shows(at(60))), at(60)).unwrap();
    let fault = world.sign_in_with(who, "a wrong password", Some(&wrong), at(60)).unwrap_err();
    said += &format!("{fault:?} {fault}");
    // Who types his password into the wrong field has not written it down.
    let fault = world.sign_in_with((Some(&merchant), PASSWORD), PASSWORD, None, at(60)).unwrap_err();
    said += &format!("{fault:?} {fault}");
    let (mut registry, mut random) = world.both();
    let (old, new) = (given(PASSWORD), given("the new password"));
    let change = PasswordChange { old: &old, new: &new };
    said += &format!("{change:?}");
    registry.change_password(&second.session, change, Cost::LEAST, &by("a"), at(60), &mut random).unwrap();
    said += &dump(&mut *world.store);
    let (mut registry, mut random) = world.both();
    let again = registry.reinvite(&Maker::MACHINE, &first.person, &by("a"), at(90), &mut random).unwrap();
    said += &format!("{again:?}");
    said += &dump(&mut *world.store);
    said += &format!("{:?}", world.acts(&Reach::Platform));
    let secret = enrolment.reveal();
    for secret in [
        PASSWORD,
        "short one",
        "a wrong password",
        "the new password",
        &invited.token.reveal()[4..],
        &again.token.reveal()[4..],
        &first.token.reveal()[4..],
        &second.token.reveal()[4..],
        &secret,
        &app.digits(at(0)),
        &app.digits(at(60)),
    ] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
    assert!(
        said.contains("$argon2id$") && said.contains("owner@example.cd") && said.contains("user.reinvite")
    );
}
