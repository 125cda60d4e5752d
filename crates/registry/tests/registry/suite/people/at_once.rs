//! Changes of several things in one transaction.

use registry::{
    Maker, MerchantChange, NewMerchant, NewOwner, PersonChange, PlaceChange, Reach, RegistryFault, Role,
};

use super::{
    super::{Subject, world::*},
    staff::*,
};

fn actions(world: &mut World, reach: &Reach) -> Vec<String> {
    world.acts(reach).into_iter().map(|act| act.action).collect()
}

pub(crate) fn a_merchant_and_his_owner_are_made_together_or_not_at_all(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let owner = NewOwner { email: "owner@example.cd".parse().unwrap(), name: label("Aline") };
    let new = |nif: &str| NewMerchant { name: label("Mbuyi"), nif: nif.parse().unwrap() };
    let operator = Maker { permissions: Role::Operator.may(), ..Maker::MACHINE };
    let make = |world: &mut World, maker: &Maker, nif: &str, owner: Option<&NewOwner>| {
        let (mut registry, mut random) = world.both();
        registry.create_merchant_with_owner(maker, &new(nif), owner, &by("usr:operator"), at(1), &mut random)
    };
    let (merchant, invited) = make(&mut world, &operator, "A1234567X", Some(&owner)).unwrap();
    let person = invited.unwrap().person;
    assert_eq!((person.merchant.as_ref(), person.role), (Some(&merchant.id), Role::Owner));
    let own = Reach::Merchant(merchant.id.clone());
    assert_eq!(world.registry().person(&own, &person.id).unwrap(), person);
    assert_eq!(actions(&mut world, &own), ["user.invite", "merchant.create"]);

    assert!(make(&mut world, &operator, "B1234567X", None).unwrap().1.is_none());
    assert_eq!(code(make(&mut world, &operator, "A1234567X", Some(&owner))), "EXISTS");
    let inside = Maker { permissions: Role::Owner.may(), reach: own, ..Maker::MACHINE };
    assert_eq!(code(make(&mut world, &inside, "C1234567X", Some(&owner))), "PLATFORM_ONLY");
    // Who may not invite owners makes none together with a merchant either.
    let half = Maker { permissions: Role::Auditor.may(), ..Maker::MACHINE };
    assert_eq!(code(make(&mut world, &half, "C1234567X", Some(&owner))), "BEYOND_MAKER");
    subject.raw("ALTER TABLE invitations RENAME TO invitations_away").unwrap();
    let answer = make(&mut world, &operator, "C1234567X", Some(&owner));
    assert!(matches!(answer, Err(RegistryFault::Store(_))), "{answer:?}");
    subject.raw("ALTER TABLE invitations_away RENAME TO invitations").unwrap();
    assert_eq!(world.registry().merchants(&Reach::Platform, None, 10).unwrap().len(), 2);
    assert_eq!(world.acts(&Reach::Platform).len(), 3);
}

pub(crate) fn a_merchant_changes_in_several_things_at_once(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let made = world.merchant("A1234567X");
    let own = Reach::Merchant(made.id.clone());
    let change = |world: &mut World, reach: &Reach, change: &MerchantChange| {
        world.registry().change_merchant(reach, &made.id, change, &by("a"), at(1))
    };
    let both = MerchantChange { name: Some(label("Mbuyi")), stopped: Some(true) };
    assert_eq!(code(change(&mut world, &own, &both)), "PLATFORM_ONLY");
    assert_eq!(world.registry().merchant(&own, &made.id).unwrap(), made, "nothing of it was done");
    let after = change(&mut world, &Reach::Platform, &both).unwrap();
    assert_eq!((after.name.as_str(), after.stopped), ("Mbuyi", Some(at(1))));
    assert_eq!(world.registry().merchant(&own, &made.id).unwrap(), after);
    assert_eq!(change(&mut world, &Reach::Platform, &both).unwrap(), after);
    assert_eq!(change(&mut world, &own, &MerchantChange::default()).unwrap(), after);
    assert_eq!(actions(&mut world, &own), ["merchant.stop", "merchant.rename", "merchant.create"]);
    let small = Reach::Outlet(made.id.clone(), outlet("A"));
    assert_eq!(code(change(&mut world, &small, &MerchantChange::default())), "WHOLE_MERCHANT");
    assert_eq!(code(change(&mut world, &Reach::Merchant(nobody()), &both)), "NOT_FOUND");
}

pub(crate) fn an_outlet_changes_in_what_is_said_and_stays_in_the_rest(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let made = world.place(&merchant, "A");
    let own = Reach::Merchant(merchant);
    let change = |world: &mut World, change: PlaceChange| {
        world.registry().change_place(&own, made.outlet.id, &change, &by("a"), at(1)).unwrap()
    };
    let address = Some(label("12 avenue du Commerce"));
    let moved = change(&mut world, PlaceChange { address: Some(address.clone()), ..PlaceChange::default() });
    assert_eq!((&moved.name, &moved.address), (&made.name, &address));
    let named = PlaceChange { name: Some(label("Gombe")), stopped: Some(true), ..PlaceChange::default() };
    let named = change(&mut world, named);
    assert_eq!((named.name.as_str(), &named.address, named.stopped), ("Gombe", &address, Some(at(1))));
    assert_eq!(change(&mut world, PlaceChange::default()), named);
    let back = change(
        &mut world,
        PlaceChange { address: Some(None), stopped: Some(false), ..PlaceChange::default() },
    );
    assert_eq!((&back.address, back.stopped, &back.name), (&None, None, &named.name));
    assert_eq!(world.registry().place(&own, made.outlet.id).unwrap(), back);
    let expected =
        ["outlet.resume", "outlet.rename", "outlet.stop", "outlet.rename", "outlet.rename", "outlet.create"];
    assert_eq!(actions(&mut world, &own)[..6], expected);
    let elsewhere = world.registry().change_place(
        &Reach::Merchant(nobody()),
        made.outlet.id,
        &PlaceChange::default(),
        &by("a"),
        at(1),
    );
    assert_eq!(code(elsewhere), "NOT_FOUND");
}

pub(crate) fn a_person_is_changed_and_stopped_at_once_or_not_at_all(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let person = world.invite(&new_person(Some(&merchant), Role::Cashier, "a@example.cd")).person;
    let change = |world: &mut World, change: PersonChange| {
        world.registry().change_person(&Maker::MACHINE, &person.id, &change, &by("a"), at(1))
    };
    let wrong = PersonChange { role: Some(Role::Operator), stopped: Some(true), ..PersonChange::default() };
    assert_eq!(code(change(&mut world, wrong)), "ROLE_ELSEWHERE");
    assert_eq!(world.registry().person(&Reach::Platform, &person.id).unwrap(), person);
    let both = PersonChange { role: Some(Role::Manager), stopped: Some(true), ..PersonChange::default() };
    let after = change(&mut world, both).unwrap();
    assert_eq!((after.role, after.stopped), (Role::Manager, Some(at(1))));
    assert_eq!(world.registry().person(&Reach::Platform, &person.id).unwrap(), after);
    let own = Reach::Merchant(merchant);
    assert_eq!(actions(&mut world, &own)[..2], ["user.change", "user.stop"]);
}
