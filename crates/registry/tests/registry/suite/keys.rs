use std::num::NonZeroU32;

use registry::{
    ApiKey, Maker, MerchantId, NewKey, Permission, Permissions, Principal, Rate, Reach, Role, Who,
};

use super::{Subject, world::*};

fn rate() -> Rate {
    Rate { per_second: NonZeroU32::new(500).unwrap(), burst: NonZeroU32::new(1_000).unwrap() }
}

/// Two outlets of a merchant, and an outlet of another.
pub(super) fn two_merchants(world: &mut World) -> [MerchantId; 2] {
    let [own, other] = ["A1234567X", "B1234567X"].map(|nif| world.merchant(nif).id);
    for (merchant, id) in [(&own, "A1"), (&own, "A2"), (&other, "B1")] {
        world.place(merchant, id);
    }
    [own, other]
}

pub(crate) fn a_key_is_a_principal_with_what_it_was_made_for(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let scopes = Permissions::of(&[Permission::Seal, Permission::ReadInvoices]);
    let till = NewKey {
        scopes: Some(scopes),
        rate: Some(rate()),
        expires: Some(at(100)),
        ..new_key(Reach::Outlet(own.clone(), outlet("A1")), Role::Supervisor)
    };
    let plain = new_key(Reach::Merchant(own), Role::Owner);
    let operator = new_key(Reach::Platform, Role::Operator);
    let auditor = new_key(Reach::Platform, Role::Auditor);
    for new in [till, plain, operator, auditor] {
        let (secret, record) = world.key(&new);
        assert_eq!((&record.name, record.created, record.revoked), (&new.name, at(0), None));
        assert_eq!(record.created_by, "usr:maker");
        let permissions = new.scopes.unwrap_or(new.role.may());
        assert_eq!(record.permissions(), permissions);
        let principal = Principal {
            who: Who::Key(record.id.clone()),
            role: new.role,
            permissions,
            reach: new.reach.clone(),
            rate: new.rate,
            until: new.expires,
        };
        assert_eq!(world.registry().principal_of_key(&secret.hash(), at(1)).unwrap(), Some(principal));
        assert_eq!(world.registry().key(&Reach::Platform, &record.id).unwrap(), record);
    }
    assert_eq!(world.permissions_of(&ApiKey::new([9; 32]), at(1)), None);
}

pub(crate) fn a_secret_is_shown_once_and_stands_nowhere(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let (secret, record) = world.key(&new_key(Reach::Merchant(own.clone()), Role::Manager));
    let text = secret.reveal().to_owned();
    let (hash, body) = (secret.hash().to_hex(), &text[4..]);
    assert_eq!(subject.raw(&format!("UPDATE api_keys SET name = name WHERE hash = '{hash}'")), Ok(1));
    for column in ["hash", "id", "name", "merchant", "role", "created_by"] {
        let found = format!("UPDATE api_keys SET name = name WHERE {column} LIKE '%{body}%'");
        assert_eq!(subject.raw(&found), Ok(0), "{column}");
    }
    let said = format!(
        "{secret:?} {record:?} {:?} {:?}",
        world.acts(&Reach::Platform),
        world.all_of(&Reach::Platform)
    );
    assert!(!said.contains(body) && !said.contains(&hash), "{said}");
}

pub(crate) fn a_key_is_refused_from_the_second_of_its_expiry_on(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let new = NewKey { expires: Some(at(60)), ..new_key(Reach::Merchant(own), Role::Cashier) };
    let (secret, _) = world.key(&new);
    for (seconds, is_taken) in [(0, true), (59, true), (60, false), (61, false), (1_000_000, false)] {
        assert_eq!(world.permissions_of(&secret, at(seconds)).is_some(), is_taken, "{seconds}");
    }
}

pub(crate) fn a_key_of_what_is_stopped_is_refused_until_it_is_resumed(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = two_merchants(&mut world);
    let keys = [
        new_key(Reach::Outlet(own.clone(), outlet("A1")), Role::Cashier),
        new_key(Reach::Outlet(own.clone(), outlet("A2")), Role::Cashier),
        new_key(Reach::Merchant(own.clone()), Role::Owner),
        new_key(Reach::Merchant(other), Role::Owner),
        new_key(Reach::Platform, Role::Operator),
    ]
    .map(|new| world.key(&new).0);
    let taken = |world: &mut World| keys.each_ref().map(|key| world.permissions_of(key, at(1)).is_some());
    assert_eq!(taken(&mut world), [true; 5]);
    world.registry().stop_place(&Reach::Merchant(own.clone()), outlet("A1"), &by("a"), at(1)).unwrap();
    assert_eq!(taken(&mut world), [false, true, true, true, true]);
    world.registry().stop_merchant(&Reach::Platform, &own, &by("a"), at(1)).unwrap();
    assert_eq!(taken(&mut world), [false, false, false, true, true]);
    world.registry().resume_place(&Reach::Platform, outlet("A1"), &by("a"), at(1)).unwrap();
    assert_eq!(taken(&mut world), [false, false, false, true, true]);
    world.registry().resume_merchant(&Reach::Platform, &own, &by("a"), at(1)).unwrap();
    assert_eq!(taken(&mut world), [true; 5]);
}

pub(crate) fn a_revoked_key_is_refused_for_ever(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let own = Reach::Merchant(own);
    let owner = Maker { permissions: Role::Owner.may(), reach: own.clone(), ..Maker::MACHINE };
    let (secret, record) = world.key(&new_key(own.clone(), Role::Manager));
    let (other, _) = world.key(&new_key(own.clone(), Role::Manager));
    let revoked = world.registry().revoke_key(&owner, &record.id, &by("a"), at(5)).unwrap();
    assert_eq!(revoked.revoked, Some(at(5)));
    let again = world.registry().revoke_key(&owner, &record.id, &by("a"), at(9)).unwrap();
    assert_eq!(again, revoked);
    assert_eq!(world.permissions_of(&secret, at(6)), None);
    assert!(world.permissions_of(&other, at(6)).is_some());
    assert_eq!(world.registry().key(&own, &record.id).unwrap(), revoked);
    let acts = world.acts(&own).into_iter().filter(|act| act.action == "key.revoke").count();
    assert_eq!(acts, 1);
    assert_eq!(code(world.registry().revoke_key(&owner, &no_key(), &by("a"), at(9))), "NOT_FOUND");
}

pub(crate) fn no_key_permits_more_than_its_maker_may(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let reach = Reach::Merchant(own);
    for maker_role in Role::ALL.iter().filter(|role| !role.is_of_platform()) {
        for role in Role::ALL.iter().filter(|role| !role.is_of_platform()) {
            let maker = Maker { permissions: maker_role.may(), reach: reach.clone(), ..Maker::MACHINE };
            let answer = world.try_key(&maker, &new_key(reach.clone(), *role));
            let may = role.may().are_within(maker_role.may());
            assert_eq!(answer.is_ok(), may, "{maker_role:?} makes {role:?}");
            if !may {
                assert_eq!(code(answer), "BEYOND_MAKER");
            }
        }
    }
    // A smaller part of a large role is for a small maker to give.
    let maker = Maker { permissions: Role::Cashier.may(), reach: reach.clone(), ..Maker::MACHINE };
    for (scope, may) in [(Permission::Seal, true), (Permission::Credit, false)] {
        let scopes = Some(Permissions::of(&[scope]));
        let answer = world.try_key(&maker, &NewKey { scopes, ..new_key(reach.clone(), Role::Owner) });
        assert_eq!(answer.is_ok(), may, "{scope:?}");
    }
    // Who runs the platform sells for nobody, and makes every key of a merchant.
    let operator = Maker { permissions: Role::Operator.may(), ..Maker::MACHINE };
    for role in Role::ALL.iter().filter(|role| !role.is_of_platform()) {
        assert!(world.try_key(&operator, &new_key(reach.clone(), *role)).is_ok(), "{role:?}");
    }
    let scopes = Permissions::of(&[Permission::WriteKeys]);
    let clerk = Maker { permissions: scopes, ..Maker::MACHINE };
    assert_eq!(code(world.try_key(&clerk, &new_key(reach, Role::Cashier))), "BEYOND_MAKER");
}

pub(crate) fn no_key_reaches_further_than_its_maker(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = two_merchants(&mut world);
    let here = Reach::Outlet(own.clone(), outlet("A1"));
    let merchant = Reach::Merchant(own.clone());
    let wishes = [
        (here.clone(), Ok(()), Ok(())),
        (Reach::Outlet(own.clone(), outlet("A2")), Ok(()), Err("WHOLE_MERCHANT")),
        (merchant.clone(), Ok(()), Err("WHOLE_MERCHANT")),
        (Reach::Platform, Err("PLATFORM_ONLY"), Err("PLATFORM_ONLY")),
        (Reach::Merchant(other.clone()), Err("NOT_FOUND"), Err("NOT_FOUND")),
        (Reach::Merchant(nobody()), Err("NOT_FOUND"), Err("NOT_FOUND")),
        (Reach::Outlet(other, outlet("B1")), Err("NOT_FOUND"), Err("NOT_FOUND")),
        // Another's outlet under the own name, and one that is not there.
        (Reach::Outlet(own.clone(), outlet("B1")), Err("NOT_FOUND"), Err("WHOLE_MERCHANT")),
        (Reach::Outlet(own, outlet("A3")), Err("NOT_FOUND"), Err("WHOLE_MERCHANT")),
    ];
    for (reach, by_merchant, by_outlet) in wishes {
        for (maker, expected) in [(merchant.clone(), by_merchant), (here.clone(), by_outlet)] {
            let maker = Maker { permissions: Permissions::ALL, reach: maker, ..Maker::MACHINE };
            let answer = world.try_key(&maker, &new_key(reach.clone(), Role::Cashier));
            let answer = answer.map(|_| ()).map_err(|fault| fault.code());
            assert_eq!(answer, expected, "{maker:?} for {reach:?}");
        }
    }
}

pub(crate) fn a_key_has_a_role_that_means_something_where_it_is(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    for role in Role::ALL {
        let of_merchant = world.try_key(&Maker::MACHINE, &new_key(Reach::Merchant(own.clone()), *role));
        assert_eq!(of_merchant.is_ok(), *role != Role::Operator, "{role:?}");
        let of_platform = world.try_key(&Maker::MACHINE, &new_key(Reach::Platform, *role));
        assert_eq!(of_platform.is_ok(), matches!(role, Role::Operator | Role::Auditor), "{role:?}");
        for refused in [of_merchant, of_platform].into_iter().filter(Result::is_err) {
            assert_eq!(code(refused), "ROLE_ELSEWHERE");
        }
    }
}

pub(crate) fn a_key_that_could_never_be_used_is_not_made(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let new = new_key(Reach::Merchant(own.clone()), Role::Cashier);
    for (seconds, is_made) in [(0, false), (1, true)] {
        let answer = world.try_key(&Maker::MACHINE, &NewKey { expires: Some(at(seconds)), ..new.clone() });
        assert_eq!(answer.is_ok(), is_made, "{seconds}");
    }
    let scopes = [Permissions::default(), Permissions::of(&[Permission::Seal, Permission::Close])];
    for scopes in scopes {
        let answer = world.try_key(&Maker::MACHINE, &NewKey { scopes: Some(scopes), ..new.clone() });
        assert_eq!(code(answer), "SCOPE_BEYOND_ROLE");
    }
    assert_eq!(world.registry().keys(&Reach::Merchant(own), None, 10).unwrap().len(), 1);
}

pub(crate) fn only_the_platform_chooses_how_often_a_key_may_ask(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let new = NewKey { rate: Some(rate()), ..new_key(Reach::Merchant(own.clone()), Role::Auditor) };
    for (reach, is_made) in [(Reach::Platform, true), (Reach::Merchant(own.clone()), false)] {
        let maker = Maker { permissions: Permissions::ALL, reach, ..Maker::MACHINE };
        assert_eq!(world.try_key(&maker, &new).is_ok(), is_made, "{maker:?}");
    }
}

/// So many more keys, written by another program.
fn fill(subject: &dyn Subject, merchant: &MerchantId, count: usize, (expires, revoked): (&str, &str)) {
    let made = subject.raw(&format!(
        "INSERT INTO api_keys (hash, id, name, merchant, role, created, created_by, expires, revoked) \
         WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < {count}) \
         SELECT 'x{expires}{revoked}' || v, 'x{expires}{revoked}' || v, 'a', '{merchant}', 'cashier', {NOW}, 'a', \
         {expires}, {revoked} FROM n"
    ));
    assert_eq!(made, Ok(count as u64));
}

pub(crate) fn a_merchant_has_at_most_1_000_live_keys(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = two_merchants(&mut world);
    let new = new_key(Reach::Merchant(own.clone()), Role::Cashier);
    fill(subject, &own, 998, ("NULL", "NULL"));
    // Those that are over do not count.
    fill(subject, &own, 10, (&NOW.to_string(), "NULL"));
    fill(subject, &own, 10, ("NULL", &NOW.to_string()));
    world.key(&new);
    let (_, thousandth) = world.key(&new);
    let refused = world.try_key(&Maker::MACHINE, &new);
    assert_eq!(code(refused), "TOO_MANY_KEYS");
    world.key(&new_key(Reach::Merchant(other), Role::Cashier));
    world.key(&new_key(Reach::Platform, Role::Operator));
    world.registry().revoke_key(&Maker::MACHINE, &thousandth.id, &by("a"), at(0)).unwrap();
    world.key(&new);
    assert_eq!(code(world.try_key(&Maker::MACHINE, &new)), "TOO_MANY_KEYS");
}

pub(crate) fn processes_that_race_make_no_key_too_many(subject: &dyn Subject) {
    const ROOM: usize = 5;
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    fill(subject, &own, NewKey::MOST - ROOM, ("NULL", "NULL"));
    let new = new_key(Reach::Merchant(own), Role::Cashier);
    let made: usize = std::thread::scope(|scope| {
        let racers: Vec<_> = (2..6)
            .map(|seed| {
                let new = &new;
                scope.spawn(move || {
                    let mut world = World::again(subject, seed);
                    (0..ROOM).filter(|_| world.try_key(&Maker::MACHINE, new).is_ok()).count()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).sum()
    });
    assert_eq!(made, ROOM);
}

pub(crate) fn who_reaches_one_outlet_sees_no_keys(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, other] = two_merchants(&mut world);
    let here = Reach::Outlet(own.clone(), outlet("A1"));
    let (_, record) = world.key(&new_key(here.clone(), Role::Cashier));
    world.key(&new_key(Reach::Merchant(other), Role::Cashier));
    assert!(world.registry().keys(&here, None, 10).unwrap().is_empty());
    assert_eq!(code(world.registry().key(&here, &record.id)), "NOT_FOUND");
    let shops = Maker { reach: here, ..Maker::MACHINE };
    assert_eq!(code(world.registry().revoke_key(&shops, &record.id, &by("a"), at(1))), "NOT_FOUND");
    let own = Reach::Merchant(own);
    assert_eq!(world.registry().keys(&own, None, 10).unwrap(), std::slice::from_ref(&record));
    assert!(world.registry().keys(&own, Some(&record.id), 10).unwrap().is_empty());
    assert_eq!(world.registry().keys(&Reach::Platform, None, 10).unwrap().len(), 2);
    assert_eq!(world.registry().keys(&Reach::Platform, None, 1).unwrap().len(), 1);
}
