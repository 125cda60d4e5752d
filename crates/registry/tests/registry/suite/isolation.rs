//! Whose things a call touches, and what it leaves in the log of acts.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use registry::{ApiKeyId, Maker, MerchantId, NewKey, NewMerchant, Permissions, Reach, RegistryFault, Role};

use super::{Subject, world::*};

pub(crate) fn each_change_leaves_one_act_in_the_log_of_whom_it_concerns(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A1");
    world.place(&merchant, "A2");
    let (_, key) = world.key(&new_key(Reach::Outlet(merchant.clone(), outlet("A1")), Role::Cashier));
    world.key(&new_key(Reach::Platform, Role::Operator));
    let own = Reach::Merchant(merchant.clone());
    let acts = |world: &mut World, reach: &Reach| -> Vec<(String, String, String)> {
        let told = world.acts(reach).into_iter().rev().map(|act| (act.action, act.subject, act.actor));
        told.collect()
    };
    let told =
        |action: &str, subject: &str, actor: &str| (action.to_owned(), subject.to_owned(), actor.to_owned());
    let expected = [
        told("merchant.create", merchant.as_str(), "usr:operator"),
        told("outlet.create", "A1", "usr:owner"),
        told("outlet.create", "A2", "usr:owner"),
        told("key.create", key.id.as_str(), "usr:maker"),
    ];
    assert_eq!(acts(&mut world, &own), expected);
    assert_eq!(acts(&mut world, &Reach::Platform).len(), 5);
    let here = Reach::Outlet(merchant.clone(), outlet("A1"));
    assert_eq!(acts(&mut world, &here), [expected[1].clone(), expected[3].clone()]);
    let row = world.acts(&own).remove(0);
    assert_eq!((row.time, row.request.as_str()), (at(0), "req-1"));
    assert_eq!((row.tenant.as_deref(), row.outlet.as_deref()), (Some(merchant.as_str()), Some("A1")));
}

pub(crate) fn acts_come_in_pages_the_newest_first(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A1");
    world.place(&merchant, "A2");
    for reach in [Reach::Platform, Reach::Merchant(merchant.clone()), Reach::Outlet(merchant, outlet("A1"))] {
        let all = world.acts(&reach);
        assert!(all.windows(2).all(|pair| pair[0].seq > pair[1].seq));
        let (mut pages, mut before) = (Vec::new(), None);
        loop {
            let page = world.registry().acts(&reach, before, 1).unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            pages.extend(page);
        }
        assert_eq!(pages, all, "{reach:?}");
    }
}

pub(crate) fn a_change_whose_act_cannot_be_written_is_not_made(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let both = [Merchant::make(&mut world, "A"), Merchant::make(&mut world, "B")];
    for call in Call::ALL {
        let before = world.all_of(&Reach::Platform);
        subject.raw("ALTER TABLE acts RENAME TO acts_away").unwrap();
        let answer = call.run(&mut world, &Reach::Platform, &both[0], 7);
        assert!(matches!(answer, Err(RegistryFault::Store(_))), "{call:?}: {answer:?}");
        subject.raw("ALTER TABLE acts_away RENAME TO acts").unwrap();
        assert_eq!(world.all_of(&Reach::Platform), before, "{call:?}");
        assert!(call != Call::CreatePlace || world.store.outlet(outlet("NEW-7")).unwrap().is_none());
        call.run(&mut world, &Reach::Platform, &both[0], 7)
            .unwrap_or_else(|fault| panic!("{call:?}: {fault}"));
    }
}

/// A merchant and what is his.
#[derive(Debug)]
struct Merchant {
    id: MerchantId,
    outlets: [fiscal::OutletId; 2],
    key: ApiKeyId,
}

impl Merchant {
    fn make(world: &mut World, letter: &str) -> Self {
        let id = world.merchant(&format!("{letter}1234567X")).id;
        let outlets = [1, 2].map(|number| world.place(&id, &format!("{letter}{number}")).outlet.id);
        let (_, key) = world.key(&new_key(Reach::Merchant(id.clone()), Role::Manager));
        Self { id, outlets, key: key.id }
    }
}

/// A call that changes something, or one that looks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    RenameMerchant,
    CreatePlace,
    RenamePlace,
    StopPlace,
    ResumePlace,
    CreateKey,
    CreateOutletKey,
    RevokeKey,
    StopMerchant,
    ResumeMerchant,
    CreateMerchant,
}

impl Call {
    /// In an order in which each changes something.
    const ALL: [Self; 11] = [
        Self::RenameMerchant,
        Self::CreatePlace,
        Self::RenamePlace,
        Self::CreateKey,
        Self::CreateOutletKey,
        Self::RevokeKey,
        Self::StopPlace,
        Self::ResumePlace,
        Self::CreateMerchant,
        Self::StopMerchant,
        Self::ResumeMerchant,
    ];

    /// Asks for it, for something of a merchant.
    fn run(self, world: &mut World, reach: &Reach, of: &Merchant, nonce: u64) -> Result<(), RegistryFault> {
        let maker = Maker { permissions: Permissions::ALL, reach: reach.clone(), ..Maker::MACHINE };
        let (asks, now, first) = (by("usr:any"), at(nonce), of.outlets[0]);
        let key = |reach| NewKey { name: label("key"), ..new_key(reach, Role::Cashier) };
        let (mut registry, mut random) = world.both();
        match self {
            Self::RenameMerchant => {
                registry.rename_merchant(reach, &of.id, &label(&format!("m{nonce}")), &asks, now).map(drop)
            }
            Self::CreatePlace => {
                let new = new_place(&of.id, &format!("NEW-{nonce}"));
                registry.create_place(reach, &new, signer(), &asks, now).map(drop)
            }
            Self::RenamePlace => registry
                .rename_place(reach, first, (&label(&format!("p{nonce}")), None), &asks, now)
                .map(drop),
            Self::StopPlace => registry.stop_place(reach, first, &asks, now).map(drop),
            Self::ResumePlace => registry.resume_place(reach, first, &asks, now).map(drop),
            Self::CreateKey => {
                let new = key(Reach::Merchant(of.id.clone()));
                registry.create_key(&maker, &new, &asks, now, &mut random).map(drop)
            }
            Self::CreateOutletKey => {
                let new = key(Reach::Outlet(of.id.clone(), first));
                registry.create_key(&maker, &new, &asks, now, &mut random).map(drop)
            }
            Self::RevokeKey => registry.revoke_key(&maker, &of.key, &asks, now).map(drop),
            Self::StopMerchant => registry.stop_merchant(reach, &of.id, &asks, now).map(drop),
            Self::ResumeMerchant => registry.resume_merchant(reach, &of.id, &asks, now).map(drop),
            Self::CreateMerchant => {
                let nif = format!("N{nonce:08}").parse().unwrap();
                let new = NewMerchant { name: label("new"), nif };
                registry.create_merchant(reach, &new, &asks, now, &mut random).map(drop)
            }
        }
    }
}

/// Who asks, for whose things, and what.
fn calls() -> impl Strategy<Value = Vec<(usize, usize, Call)>> {
    prop::collection::vec((0..4_usize, 0..2_usize, prop::sample::select(Call::ALL.to_vec())), 1..24)
}

fn run_calls(
    subject: &dyn Subject,
    check: impl Fn(&mut World, &[Merchant; 2], &Reach, (usize, Call), u64) -> Result<(), TestCaseError>,
) {
    let mut world = World::new(subject);
    let both = [Merchant::make(&mut world, "A"), Merchant::make(&mut world, "B")];
    // Sequences go on where the one before ended: what they find may be stopped or revoked already.
    let state = std::cell::RefCell::new((world, 10));
    let outcome = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(12) }).run(
        &calls(),
        |calls| {
            let (world, nonce) = &mut *state.borrow_mut();
            for (asks, whose, call) in calls {
                *nonce += 1;
                let of = &both[asks % 2];
                let reach = match asks {
                    0 | 1 => Reach::Merchant(of.id.clone()),
                    _ => Reach::Outlet(of.id.clone(), of.outlets[0]),
                };
                check(world, &both, &reach, (whose, call), *nonce)?;
            }
            Ok(())
        },
    );
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
}

pub(crate) fn nobody_reaches_another_merchants_things_by_any_call(subject: &dyn Subject) {
    run_calls(subject, |world, both, reach, (whose, call), nonce| {
        let [own, other] = if reach.covers_merchant(&both[0].id) { [0, 1] } else { [1, 0] };
        let others = Reach::Merchant(both[other].id.clone());
        let before = (world.all_of(&others), world.acts(&others));
        let answer = call.run(world, reach, &both[whose], nonce);
        let after = (world.all_of(&others), world.acts(&others));
        prop_assert_eq!(&before, &after, "{:?} by {:?}", call, reach);
        if whose == other && call != Call::CreateMerchant {
            prop_assert_eq!(code(answer), "NOT_FOUND", "{:?} by {:?}", call, reach);
        }
        let seen = (world.all_of(reach), world.acts(reach));
        prop_assert!(after.0.keys().all(|name| !seen.0.contains_key(name)), "{:?}", seen);
        prop_assert!(
            seen.1.iter().all(|act| act.tenant.as_deref() == Some(both[own].id.as_str())),
            "{:?}",
            seen
        );
        let theirs = &both[other];
        let mut registry = world.registry();
        prop_assert_eq!(code(registry.merchant(reach, &theirs.id)), "NOT_FOUND");
        prop_assert_eq!(code(registry.place(reach, theirs.outlets[0])), "NOT_FOUND");
        prop_assert_eq!(code(registry.key(reach, &theirs.key)), "NOT_FOUND");
        Ok(())
    });
}

pub(crate) fn each_call_leaves_an_act_exactly_when_it_changes_something(subject: &dyn Subject) {
    run_calls(subject, |world, both, reach, (whose, call), nonce| {
        // Half of the calls are the platform's, so that merchants stop and resume too.
        let reach = if nonce % 2 == 0 { &Reach::Platform } else { reach };
        let (things, acts) = (world.all_of(&Reach::Platform), world.acts(&Reach::Platform).len());
        let answer = call.run(world, reach, &both[whose], nonce);
        let is_changed = world.all_of(&Reach::Platform) != things;
        let new = world.acts(&Reach::Platform).len() - acts;
        prop_assert_eq!(new, usize::from(is_changed), "{:?} by {:?}: {:?}", call, reach, answer);
        prop_assert!(answer.is_ok() || !is_changed, "{:?} by {:?}: {:?}", call, reach, answer);
        Ok(())
    });
}
