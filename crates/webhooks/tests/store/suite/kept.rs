use std::time::Duration;

use ledger::{Database, restore_backup, write_backup};
use webhooks::{DeliveryState, TABLES, Webhooks};

use super::{TestVault, Trial};
use crate::world::{by, entropy, sqlite};

pub(crate) fn a_backup_carries_webhooks_and_what_waits(trial: &Trial) {
    let (own, by, now) = (trial.own(), by(&trial.world.merchant), trial.now());
    let outlet = trial.world.outlets[0];
    trial.world.sell(outlet);
    let made = [None, Some(outlet)]
        .map(|outlet| trial.create(&trial.order(outlet), &own, u64::from(outlet.is_some())).unwrap().0);
    let mut random = entropy(trial.number + 21);
    trial.with(|webhooks| {
        webhooks.rotate(&made[0].id, &own, &TestVault, &mut random, &by, now).unwrap();
        webhooks.ping(&made[1].id, &own, &mut random, &by, now).unwrap();
        webhooks.stop(&made[0].id, &own, &by, now).unwrap();
    });
    let mut file = Vec::new();
    let mut tables = trial.world.database.snapshot().unwrap();
    write_backup(&mut *tables, TABLES, &mut file, &mut |_| {}).unwrap();
    let clock = trial.world.clock.clone();
    let (_directory, other) = sqlite(&clock);
    restore(&*other, &file);
    clock.pass(Duration::from_secs(1));
    let mut store = other.connect().unwrap();
    let mut webhooks = Webhooks::over(&mut *store);
    let mut restored = webhooks.list(&own, None, 9).unwrap();
    restored.sort_by_key(|webhook| webhook.outlet.is_some());
    assert_eq!(restored[1], made[1]);
    assert_eq!(restored[0].stopped, Some(now));
    let waiting = webhooks.deliveries(&made[1].id, Some(DeliveryState::Waiting), None, 9, &own).unwrap();
    assert_eq!(waiting.len(), 1);
}

fn restore(database: &dyn Database, file: &[u8]) {
    Webhooks::prepare(&mut *database.connect().unwrap()).unwrap();
    let mut tables = database.fill().unwrap();
    restore_backup(file, TABLES, &mut *tables, &mut |_| {}).unwrap();
    tables.commit(77).unwrap();
}
