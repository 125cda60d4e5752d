//! Who may revoke which key.

use registry::{Hand, Maker, Permission, Permissions, Reach, Role};

use super::{Subject, keys::two_merchants, world::*};

pub(crate) fn nobody_revokes_a_key_that_permits_more_than_he_may_hand_out(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let own = Reach::Merchant(own);
    let part = Permissions::of(&[Permission::Platform, Permission::WriteKeys]);
    let makers: Vec<_> = Role::ALL.iter().filter(|role| !role.is_of_platform()).collect();
    let makers = makers.into_iter().map(|role| (role.may(), own.clone()));
    for (permissions, reach) in makers.chain([(part, Reach::Platform), (part, own.clone())]) {
        let maker = Maker { permissions, reach, ..Maker::MACHINE };
        for role in Role::ALL.iter().filter(|role| !role.is_of_platform()) {
            let (secret, record) = world.key(&new_key(own.clone(), *role));
            let may = maker.may_hand_out(role.may(), &own);
            let revoked = world.registry().revoke_key(&maker, &record.id, &by("a"), at(1));
            assert_eq!(revoked.is_ok(), may, "{maker:?} revokes {role:?}");
            if !may {
                assert_eq!(code(revoked), "BEYOND_MAKER");
            }
            assert_eq!(world.permissions_of(&secret, at(1)).is_none(), may, "{maker:?} revokes {role:?}");
        }
    }
}

pub(crate) fn a_key_revokes_itself_whatever_it_may(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let [own, _] = two_merchants(&mut world);
    let here = Reach::Outlet(own.clone(), outlet("A1"));
    for reach in [Reach::Merchant(own), here] {
        let (secret, record) = world.key(&new_key(reach.clone(), Role::Owner));
        let itself = Maker { permissions: Permissions::default(), reach, hand: Hand::Key };
        world.registry().revoke_key(&itself, &record.id, &by(record.id.as_str()), at(1)).unwrap();
        assert_eq!(world.permissions_of(&secret, at(1)), None);
    }
}
