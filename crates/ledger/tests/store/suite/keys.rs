use fiscal::{PrivateKey, PublicKey, Timestamp};
use ledger::{Appended, SealingKey, StoreFault};
use p256::ecdsa::SigningKey;

use super::{Shop, Subject, shop::key_row};

/// Other keys in each run, since they are the database's and no outlet's.
fn public_key(subject: &dyn Subject, nth: u8) -> PublicKey {
    let mut secret = [nth; 32];
    secret[8..16].copy_from_slice(&subject.nonce().to_be_bytes());
    SigningKey::from_slice(&secret).unwrap().public_key()
}

fn time(seconds: u64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap()
}

fn published(subject: &dyn Subject, nth: u8, since: u64) -> SealingKey {
    let key = public_key(subject, nth);
    SealingKey { key, signer: "CLOUD-1".parse().unwrap(), since: time(since), until: None }
}

pub(crate) fn a_key_is_published_once_and_ends_once(subject: &dyn Subject) {
    let mut store = subject.open().unwrap().connect().unwrap();
    let key = published(subject, 1, 1_700_000_000);
    store.publish_key(&key).unwrap();
    let again = SealingKey { since: time(1_800_000_000), ..key.clone() };
    let refused = store.publish_key(&again);
    assert!(matches!(refused, Err(StoreFault::Exists("the key"))), "{refused:?}");
    assert!(store.keys().unwrap().contains(&key));
    let until = Some(time(1_750_000_000));
    store.retire_key(key.key.id(), time(1_750_000_000)).unwrap();
    store.retire_key(key.key.id(), time(1_760_000_000)).unwrap();
    let found = store.keys().unwrap().into_iter().find(|found| found.key == key.key);
    assert_eq!(found, Some(SealingKey { until, ..key }));
}

pub(crate) fn keys_come_oldest_first(subject: &dyn Subject) {
    let mut store = subject.open().unwrap().connect().unwrap();
    let keys = [(11, 1_700_000_300), (12, 1_700_000_100), (13, 1_700_000_200)]
        .map(|(nth, since)| published(subject, nth, since));
    for key in &keys {
        store.publish_key(key).unwrap();
    }
    let mut found = store.keys().unwrap();
    assert!(found.is_sorted_by_key(|key| key.since));
    found.retain(|key| keys.contains(key));
    assert_eq!(found, [keys[1].clone(), keys[2].clone(), keys[0].clone()]);
}

pub(crate) fn old_idempotency_keys_are_forgotten_in_portions_and_young_ones_kept(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    // Before every other case's, so that other keys of the database are young.
    let rows = shop.sell(5);
    let mut part = shop.part(rows.clone());
    part.keys = (0..)
        .zip(&rows)
        .map(|(nth, row)| {
            let mut key = key_row(&format!("forgotten-{nth}"), row);
            key.time = time(1_000_000 + nth);
            key
        })
        .collect();
    let keys: Vec<_> = part.keys.iter().map(|row| row.key.clone()).collect();
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let before = time(1_000_003);
    assert_eq!(shop.store.forget_keys(before, 2).unwrap(), 2);
    assert_eq!(shop.store.forget_keys(before, 2).unwrap(), 1);
    assert_eq!(shop.store.forget_keys(before, 2).unwrap(), 0);
    let known = shop.store.known(shop.outlet.id, &[], &keys).unwrap();
    assert_eq!(known.keys, [(keys[3].clone(), rows[3].clone()), (keys[4].clone(), rows[4].clone())]);
    assert_eq!(shop.stored(), rows, "the records stay");
    // A key that was forgotten is free again.
    let others = shop.sell(1);
    let mut part = shop.part(others.clone());
    part.keys = vec![key_row("forgotten-0", &others[0])];
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    assert_eq!(shop.store.forget_keys(time(1_000_005), 100).unwrap(), 2);
}

pub(crate) fn hundreds_of_old_idempotency_keys_are_forgotten_in_one_call(subject: &dyn Subject) {
    let mut shop = Shop::new(subject);
    let rows = shop.sell(1);
    let mut part = shop.part(rows.clone());
    let key = |nth: u64| {
        let mut key = key_row(&format!("of-hundreds-{nth}"), &rows[0]);
        key.time = time(2_000_000 + nth);
        key
    };
    part.keys = (0..700).map(key).collect();
    assert_eq!(shop.store.append(&[part]).unwrap(), [Appended::Durable]);
    let before = time(2_000_650);
    assert_eq!(shop.store.forget_keys(before, 0).unwrap(), 0);
    assert_eq!(shop.store.forget_keys(before, 401).unwrap(), 401);
    assert_eq!(shop.store.forget_keys(before, usize::MAX).unwrap(), 249);
    assert_eq!(shop.store.forget_keys(time(2_000_700), 50).unwrap(), 50);
}
