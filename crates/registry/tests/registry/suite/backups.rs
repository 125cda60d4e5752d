use std::{sync::Arc, time::Duration};

use ledger::{Database, ManifestBook, SqliteDatabase, check_backup, restore_backup, write_backup};
use registry::{Reach, Registry, Role, TABLES};

use super::{
    Subject,
    devices::{devices_of, some_devices},
    world::*,
};

pub(crate) fn a_backup_carries_all_of_it_into_another_database(subject: &dyn Subject) {
    let mut world = World::new(subject);
    let merchant = world.merchant("A1234567X").id;
    world.place(&merchant, "A1");
    let (secret, _) = world.key(&new_key(Reach::Outlet(merchant.clone(), outlet("A1")), Role::Cashier));
    world.key(&new_key(Reach::Platform, Role::Operator));
    world.merchant("B1234567X");
    some_devices(&mut world, "A1");
    world.registry().stop_merchant(&Reach::Platform, &merchant, &by("a"), at(1)).unwrap();
    let document = ManifestBook::default_book().to_json();
    world.registry().import_manifest(&Reach::Platform, &document, &by("a"), at(2)).unwrap();

    let mut file = Vec::new();
    write_backup(&mut *subject.open().snapshot().unwrap(), TABLES, &mut file, &mut |_| {}).unwrap();
    check_backup(&*file, TABLES).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other =
        SqliteDatabase::open(folder.path().join("other.sqlite"), Arc::new(|| Duration::from_secs(NOW)))
            .unwrap();
    Registry::prepare(&mut *other.connect().unwrap()).unwrap();
    let mut tables = other.fill().unwrap();
    restore_backup(&*file, TABLES, &mut *tables, &mut |_| {}).unwrap();
    tables.commit(1).unwrap();

    let mut restored = World::over(other.connect().unwrap());
    assert_eq!(restored.all_of(&Reach::Platform), world.all_of(&Reach::Platform));
    assert_eq!(restored.acts(&Reach::Platform), world.acts(&Reach::Platform));
    assert_eq!(devices_of(&mut restored), devices_of(&mut world));
    assert_eq!(devices_of(&mut restored).len(), 3);
    let versions = |world: &mut World| world.registry().manifests(None, 10).unwrap();
    assert_eq!(versions(&mut restored), versions(&mut world));
    assert_eq!(versions(&mut restored).len(), 2);
    assert_eq!(restored.permissions_of(&secret, at(3)), None);
    restored.registry().resume_merchant(&Reach::Platform, &merchant, &by("a"), at(4)).unwrap();
    assert_eq!(restored.permissions_of(&secret, at(5)), Some(Role::Cashier.may()));
}
