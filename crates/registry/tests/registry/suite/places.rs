use fiscal::{Epoch, HeadState, UtcOffset};
use ledger::{ChainId, HeadRow, Outlet};
use registry::{NewPlace, Reach, Role};

use super::{Subject, world::*};

pub(crate) fn an_outlet_is_found_by_its_id_and_its_prefix_as_it_was_made(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X");
    let own = Reach::Merchant(merchant.id.clone());
    let new = NewPlace {
        address: Some(label("12 avenue du Commerce, Gombe")),
        prefix: Some("GOMBE".parse().unwrap()),
        zone: UtcOffset::LUBUMBASHI,
        ..new_place(&merchant.id, "KIN-GOMBE-01")
    };
    let by_himself = world.registry().create_place(&own, &new, signer(), &by("a"), at(5));
    assert_eq!(code(by_himself), "PLATFORM_ONLY", "a prefix is the platform's to choose");
    let made = world.registry().create_place(&Reach::Platform, &new, signer(), &by("a"), at(5)).unwrap();
    assert_eq!((made.outlet.nif, made.outlet.zone), (merchant.nif, UtcOffset::LUBUMBASHI));
    assert_eq!((made.created, made.stopped), (at(5), None));
    assert_eq!(world.registry().place_of(outlet("KIN-GOMBE-01")).unwrap(), Some(made.clone()));
    assert_eq!(world.registry().place_by_prefix("GOMBE".parse().unwrap()).unwrap(), Some(made.clone()));
    assert_eq!(world.registry().place_by_prefix("GOMBF".parse().unwrap()).unwrap(), None);
    assert_eq!(world.registry().place(&own, outlet("KIN-GOMBE-01")).unwrap(), made);
    assert_eq!(world.store.outlet(outlet("KIN-GOMBE-01")).unwrap(), Some(made.outlet));
}

pub(crate) fn an_outlet_sells_in_the_ledger_as_one_that_the_ledger_made(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let made = world.place(&merchant, "A").outlet;
    let chain = ChainId { outlet: made.id, epoch: Epoch(0), signer: signer() };
    let head = HeadRow {
        chain,
        state: HeadState::START,
        key: None,
        totals: Vec::new(),
        generation: 0,
        holder: None,
    };
    assert_eq!(world.store.head(made.id).unwrap(), Some(head.clone()));
    // The ledger's own way leaves the same rows.
    let other = Outlet { id: outlet("B"), prefix: "BBBB".parse().unwrap(), ..made };
    let chain = ChainId { outlet: other.id, ..chain };
    let head = HeadRow { chain, ..head };
    world.store.create_outlet(&other, &head).unwrap();
    assert_eq!(world.store.head(other.id).unwrap(), Some(head));
    let turn = world.store.take_turn(made.id, 1, std::time::Duration::from_secs(1)).unwrap();
    assert!(matches!(turn, ledger::Turn::Taken(_)), "{turn:?}");
}

pub(crate) fn outlets_without_a_prefix_get_one_like_their_id(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    for (id, prefix) in [
        ("KIN-GOMBE-01", "KINGOMBE01"),
        ("kin.gombe.01", "KINGOMBE02"),
        ("KIN_GOMBE_01", "KINGOMBE03"),
        ("A", "A000"),
        ("a", "A002"),
    ] {
        assert_eq!(world.place(&merchant, id).outlet.prefix.as_str(), prefix, "{id}");
    }
}

pub(crate) fn an_outlet_id_or_a_prefix_that_is_taken_is_refused_by_name(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let taken = world.place(&merchant, "A").outlet.prefix;
    let own = Reach::Merchant(merchant.clone());
    let refused = [
        (new_place(&merchant, "A"), "outlet id"),
        (NewPlace { prefix: Some(taken), ..new_place(&merchant, "B") }, "prefix"),
    ]
    .map(|(new, what)| {
        let made = world.registry().create_place(&Reach::Platform, &new, signer(), &by("a"), at(1));
        (made.unwrap_err(), what)
    });
    for (fault, what) in refused {
        assert_eq!((fault.code(), fault.to_string().contains(what)), ("EXISTS", true), "{fault}");
    }
    assert_eq!(world.store.outlet(outlet("B")).unwrap(), None);
    assert_eq!(world.acts(&own).len(), 2);
}

pub(crate) fn an_outlet_of_the_ledger_alone_has_no_place(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X");
    let old = Outlet {
        id: outlet("OLD"),
        nif: merchant.nif,
        prefix: "OLDONE".parse().unwrap(),
        zone: UtcOffset::KINSHASA,
    };
    let chain = ChainId { outlet: old.id, epoch: Epoch(0), signer: signer() };
    let head = HeadRow {
        chain,
        state: HeadState::START,
        key: None,
        totals: Vec::new(),
        generation: 0,
        holder: None,
    };
    world.store.create_outlet(&old, &head).unwrap();
    assert_eq!(world.registry().place_of(old.id).unwrap(), None);
    assert_eq!(world.registry().place_by_prefix(old.prefix).unwrap(), None);
    let own = Reach::Merchant(merchant.id.clone());
    assert_eq!(code(world.registry().place(&own, old.id)), "NOT_FOUND");
    assert!(world.registry().places(&own, None, 10).unwrap().is_empty());
    let taken =
        world.registry().create_place(&own, &new_place(&merchant.id, "OLD"), signer(), &by("a"), at(1));
    assert_eq!(code(taken), "EXISTS");
}

pub(crate) fn an_outlet_of_an_older_database_becomes_a_merchants_when_the_platform_names_it_as_it_is(
    subject: &dyn Subject,
) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X");
    let old = Outlet {
        id: outlet("OLD-01"),
        nif: merchant.nif,
        prefix: "OLDPREFIX".parse().unwrap(),
        zone: UtcOffset::KINSHASA,
    };
    let chain = ChainId { outlet: old.id, epoch: Epoch(0), signer: signer() };
    let head = HeadRow {
        chain,
        state: HeadState::START,
        key: None,
        totals: Vec::new(),
        generation: 0,
        holder: None,
    };
    world.store.create_outlet(&old, &head).unwrap();
    let new = new_place(&merchant.id, "OLD-01");
    let own = Reach::Merchant(merchant.id.clone());
    assert_eq!(code(world.registry().create_place(&own, &new, signer(), &by("a"), at(5))), "EXISTS");
    let of_another = new_place(&world.merchant("B7654321Y").id, "OLD-01");
    let otherwise = NewPlace { prefix: Some("OTHER".parse().unwrap()), ..new.clone() };
    let elsewhere = NewPlace { zone: UtcOffset::LUBUMBASHI, ..new.clone() };
    for wrong in [of_another, otherwise, elsewhere] {
        let refused = world.registry().create_place(&Reach::Platform, &wrong, signer(), &by("a"), at(5));
        assert_eq!(code(refused), "EXISTS");
    }
    let taken = world.registry().create_place(&Reach::Platform, &new, signer(), &by("a"), at(5)).unwrap();
    assert_eq!(taken.outlet, old);
    assert_eq!(world.registry().place(&own, old.id).unwrap(), taken);
    let again = world.registry().create_place(&Reach::Platform, &new, signer(), &by("a"), at(6));
    assert_eq!(code(again), "EXISTS", "it is somebody's now");
}

pub(crate) fn outlets_come_in_pages_within_reach(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    for id in ["b", "A-2", "a", "A.1"] {
        world.place(&own, id);
    }
    world.place(&other, "A-9");
    let mut seen = |reach: &Reach| {
        let (mut seen, mut after) = (Vec::new(), None);
        while let Some(last) = {
            let page = world.registry().places(reach, after, 2).unwrap();
            seen.extend(page.iter().map(|place| place.outlet.id.to_string()));
            page.last().map(|place| place.outlet.id)
        } {
            after = Some(last);
        }
        seen
    };
    // By their bytes, on every database.
    assert_eq!(seen(&Reach::Merchant(own.clone())), ["A-2", "A.1", "a", "b"]);
    assert_eq!(seen(&Reach::Platform), ["A-2", "A-9", "A.1", "a", "b"]);
    assert_eq!(seen(&Reach::Outlet(own.clone(), outlet("a"))), ["a"]);
    assert!(seen(&Reach::Outlet(own, outlet("A-9"))).is_empty());
    assert!(seen(&Reach::Merchant(nobody())).is_empty());
}

pub(crate) fn an_outlet_changes_its_name_and_address_only(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    let made = world.place(&merchant, "A");
    let own = Reach::Merchant(merchant);
    let (name, address) = (label("Gombe"), label("12 avenue du Commerce"));
    let changed = world
        .registry()
        .rename_place(&own, made.outlet.id, (&name, Some(&address)), &by("a"), at(1))
        .unwrap();
    assert_eq!((&changed.name, &changed.address), (&name, &Some(address)));
    assert_eq!((&changed.outlet, changed.created), (&made.outlet, made.created));
    assert_eq!(world.registry().place(&own, made.outlet.id).unwrap(), changed);
    let stopped = world.registry().stop_place(&own, made.outlet.id, &by("a"), at(2)).unwrap();
    assert_eq!(stopped.stopped, Some(at(2)));
    assert_eq!(world.registry().stop_place(&own, made.outlet.id, &by("a"), at(3)).unwrap(), stopped);
    assert_eq!(world.registry().resume_place(&own, made.outlet.id, &by("a"), at(4)).unwrap(), changed);
    assert_eq!(world.acts(&own).len(), 5);
}

pub(crate) fn a_stopped_merchant_gets_nothing_new(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A");
    world.registry().stop_merchant(&Reach::Platform, &merchant, &by("a"), at(1)).unwrap();
    let own = Reach::Merchant(merchant.clone());
    let new = new_place(&merchant, "B");
    assert_eq!(
        code(world.registry().create_place(&own, &new, signer(), &by("a"), at(2))),
        "MERCHANT_STOPPED"
    );
    assert_eq!(world.store.outlet(outlet("B")).unwrap(), None);
    let key = new_key(Reach::Outlet(merchant.clone(), outlet("A")), Role::Cashier);
    assert_eq!(code(world.try_key(&registry::Maker::MACHINE, &key)), "MERCHANT_STOPPED");
    world.registry().resume_merchant(&Reach::Platform, &merchant, &by("a"), at(3)).unwrap();
    world.registry().stop_place(&own, outlet("A"), &by("a"), at(4)).unwrap();
    assert_eq!(code(world.try_key(&registry::Maker::MACHINE, &key)), "OUTLET_STOPPED");
}

/// So many outlets of a merchant, with these prefixes, written by another program.
fn fill(subject: &dyn Subject, merchant: &registry::MerchantId, count: usize, prefix: &str) {
    let numbers =
        format!("WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < {count}) ");
    for (table, columns, values) in [
        ("outlets", "id, nif, prefix, zone_minutes", format!("'A1234567X', {prefix}, 60")),
        ("places", "outlet, merchant, name, created", format!("'{merchant}', 'a', {NOW}")),
    ] {
        let sql =
            format!("INSERT INTO {table} ({columns}) {numbers} SELECT 'x{merchant}' || v, {values} FROM n");
        assert_eq!(subject.raw(&sql), Ok(count as u64));
    }
}

pub(crate) fn a_merchant_has_at_most_1_000_outlets(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    fill(subject, &own, 999, "'XXXX' || v");
    world.place(&own, "A");
    world.registry().stop_place(&Reach::Merchant(own.clone()), outlet("A"), &by("a"), at(1)).unwrap();
    for reach in [Reach::Merchant(own.clone()), Reach::Platform] {
        let new = new_place(&own, "B");
        let refused = world.registry().create_place(&reach, &new, signer(), &by("a"), at(2));
        assert_eq!((NewPlace::MOST, code(refused)), (1_000, "TOO_MANY_OUTLETS"));
    }
    world.place(&other, "B");
}

pub(crate) fn nobody_takes_all_prefixes_of_anothers_outlets(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    // All that are like KIN-GOMBE-01: KINGOMBE01 … KINGOMBE99, KINGOMB100 … KINGOMB999.
    fill(
        subject,
        &other,
        999,
        "CASE WHEN v < 10 THEN 'KINGOMBE0' || v WHEN v < 100 THEN 'KINGOMBE' || v ELSE 'KINGOMB' || v END",
    );
    let made = ["KIN-GOMBE-01", "KIN.GOMBE.01"].map(|id| world.place(&own, id).outlet.prefix.to_string());
    assert!(made.iter().all(|prefix| prefix.len() == 10 && !prefix.starts_with("KINGOMB")), "{made:?}");
    assert_ne!(made[0], made[1]);
}
