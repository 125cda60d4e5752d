use registry::{MerchantId, NewMerchant, Reach, Registry};

use super::{Subject, world::*};

pub(crate) fn tables_are_made_once_and_those_of_another_version_are_refused(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X");
    Registry::prepare(&mut *world.store).unwrap();
    assert_eq!(world.registry().merchant(&Reach::Platform, &merchant.id).unwrap(), merchant);
    subject.raw("UPDATE registry_meta SET version = 99").unwrap();
    let refused = Registry::prepare(&mut *world.store).unwrap_err().to_string();
    assert!(refused.contains("version 99"), "{refused}");
}

pub(crate) fn a_merchant_is_found_as_it_was_made(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let made = world.merchant("A1234567X");
    assert_eq!((made.nif.as_str(), made.created, made.stopped), ("A1234567X", at(0), None));
    let own = Reach::Merchant(made.id.clone());
    assert_eq!(world.registry().merchant(&own, &made.id).unwrap(), made);
    let renamed =
        world.registry().rename_merchant(&own, &made.id, &label("Chez Mbuyi"), &by("a"), at(1)).unwrap();
    assert_eq!(renamed.name, label("Chez Mbuyi"));
    assert_eq!(world.registry().merchant(&Reach::Platform, &made.id).unwrap(), renamed);
    assert_eq!(code(world.registry().merchant(&Reach::Platform, &nobody())), "NOT_FOUND");
    let small = Reach::Outlet(made.id.clone(), outlet("A"));
    let refused = world.registry().rename_merchant(&small, &made.id, &label("x"), &by("a"), at(1));
    assert_eq!(code(refused), "WHOLE_MERCHANT");
}

pub(crate) fn a_nif_has_one_merchant(subject: &dyn Subject) {
    let mut world = World::new(subject);
    world.merchant("A1234567X");
    let new = NewMerchant { name: label("other"), nif: "A1234567X".parse().unwrap() };
    let (mut registry, mut random) = world.both();
    assert_eq!(
        code(registry.create_merchant(&Reach::Platform, &new, &by("a"), at(1), &mut random)),
        "EXISTS"
    );
    assert_eq!(world.registry().merchants(&Reach::Platform, None, 10).unwrap().len(), 1);
    assert_eq!(world.acts(&Reach::Platform).len(), 1);
}

pub(crate) fn only_the_platform_makes_stops_and_resumes_merchants(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let id = world.merchant("A1234567X").id;
    for reach in [Reach::Merchant(id.clone()), Reach::Outlet(id.clone(), outlet("A"))] {
        let new = NewMerchant { name: label("mine"), nif: "B1234567X".parse().unwrap() };
        let (mut registry, mut random) = world.both();
        let made = registry.create_merchant(&reach, &new, &by("a"), at(1), &mut random);
        assert_eq!(code(made), "PLATFORM_ONLY");
        assert_eq!(code(registry.stop_merchant(&reach, &id, &by("a"), at(1))), "PLATFORM_ONLY");
        assert_eq!(code(registry.resume_merchant(&reach, &id, &by("a"), at(1))), "PLATFORM_ONLY");
    }
    let stopped = world.registry().stop_merchant(&Reach::Platform, &id, &by("a"), at(2)).unwrap();
    assert_eq!(stopped.stopped, Some(at(2)));
    let again = world.registry().stop_merchant(&Reach::Platform, &id, &by("a"), at(3)).unwrap();
    assert_eq!(again, stopped);
    let resumed = world.registry().resume_merchant(&Reach::Platform, &id, &by("a"), at(4)).unwrap();
    assert_eq!(resumed.stopped, None);
    let actions: Vec<String> = world.acts(&Reach::Platform).into_iter().map(|act| act.action).collect();
    assert_eq!(actions, ["merchant.resume", "merchant.stop", "merchant.create"]);
}

pub(crate) fn merchants_come_in_pages_in_the_order_of_their_ids(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let mut made: Vec<MerchantId> =
        (0..7).map(|number| world.merchant(&format!("A123456{number}X")).id).collect();
    made.sort();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = world.registry().merchants(&Reach::Platform, after.as_ref(), 3).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.clone());
        assert!(page.len() <= 3);
        found.extend(page.into_iter().map(|merchant| merchant.id));
    }
    assert_eq!(found, made);
    let own = Reach::Merchant(made[3].clone());
    let seen = world.registry().merchants(&own, None, 10).unwrap();
    assert_eq!(seen.into_iter().map(|merchant| merchant.id).collect::<Vec<_>>(), made[3..4]);
    assert!(world.registry().merchants(&own, Some(&made[3]), 10).unwrap().is_empty());
}
