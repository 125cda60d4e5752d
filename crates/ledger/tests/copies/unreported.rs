//! A restore that lost records, judged against the heads that were noted before it on the same host.

use std::collections::BTreeMap;

use fiscal::{Epoch, OutletId, RecordHash};
use ledger::{Database, EpochReason, SqliteDatabase, restore_backup, write_backup};
use verify::HeadAt;

use crate::shop::{Shop, open, outlet, said, start, verdict};

type Heads = BTreeMap<OutletId, Vec<HeadAt>>;

/// Ten sales, of which a backup holds half, restored into another database with the same file of heads; one sale more.
fn restored(known: Option<Epoch>) -> (Shop, SqliteDatabase) {
    let shop = Shop::new();
    shop.sell(5);
    let mut backup = Vec::new();
    write_backup(&mut *shop.database.snapshot().unwrap(), &[], &mut backup, &mut |_| {}).unwrap();
    shop.pass(30);
    shop.sell(5);
    shop.ledger.stop();
    let other = open(&shop.folder.path().join("other.sqlite"));
    let mut tables = other.fill().unwrap();
    restore_backup(&backup[..], &[], &mut *tables, &mut |_| {}).unwrap();
    tables.commit(77).unwrap();
    let ledger = start(&other, shop.clock(), &shop.folder.path().join("heads.jsonl"), 77);
    ledger.open_epoch(outlet(), EpochReason::Restored, known, None).unwrap();
    shop.sell_one(&ledger);
    ledger.stop();
    (shop, other)
}

fn is_in(position: u64) -> impl Fn(&HeadAt) -> bool {
    move |head| (head.epoch, head.position.value()) == (Epoch(0), position)
}

/// The heads, with the one at a position made another's.
fn with_another(mut heads: Heads, position: u64) -> Heads {
    let head = heads.get_mut(&outlet()).unwrap().iter_mut().find(|head| is_in(position)(head)).unwrap();
    head.hash = RecordHash([9; 32]);
    heads
}

#[test]
fn heads_of_records_that_a_backup_did_not_hold_are_counted_and_not_false() {
    let (shop, other) = restored(None);
    let heads = shop.heads();
    assert!(heads[&outlet()].iter().any(is_in(11)), "{heads:?}");
    let found = verdict(&other, heads.clone());
    assert!(found.is_true(), "{}", said(&found));
    let lost = heads[&outlet()].iter().filter(|head| head.epoch == Epoch(0) && head.position.value() > 6);
    assert_eq!(found.heads_unreported, lost.count() as u64);
    assert!(found.heads_unreported > 0 && found.heads_met > 0, "{found:?}");
    // Nothing was lost of the database that went on.
    let found = verdict(&shop.database, BTreeMap::new());
    assert!(found.is_true() && found.heads_unreported == 0, "{}", said(&found));
}

#[test]
fn a_head_that_the_backup_held_is_compared_as_ever() {
    let (shop, other) = restored(None);
    let held = shop.heads()[&outlet()].iter().map(|head| head.position.value()).find(|at| *at <= 6).unwrap();
    let found = verdict(&other, with_another(shop.heads(), held));
    assert!(!found.is_true() && said(&found).contains(&format!("position {held}")), "{}", said(&found));
    // And so is one of the epoch in which it goes on.
    let mut heads = shop.heads();
    let last = heads.get_mut(&outlet()).unwrap().last_mut().unwrap();
    assert_eq!(last.epoch, Epoch(1));
    last.position = fiscal::Position::new(40).unwrap();
    assert!(said(&verdict(&other, heads)).contains("[head_missing]"));
}

#[test]
fn epochs_that_were_begun_after_the_backup_are_unreported_too() {
    let (shop, other) = restored(Some(Epoch(3)));
    let mut heads = shop.heads();
    let one = heads[&outlet()][0];
    heads.get_mut(&outlet()).unwrap().push(HeadAt { epoch: Epoch(2), hash: RecordHash([9; 32]), ..one });
    let found = verdict(&other, heads.clone());
    assert!(found.is_true(), "{}", said(&found));
    heads.get_mut(&outlet()).unwrap().push(HeadAt { epoch: Epoch(5), hash: RecordHash([9; 32]), ..one });
    assert!(said(&verdict(&other, heads)).contains("[head_missing]"));
}

/// A forced epoch has no flag: what is missing of the one before was removed.
#[test]
fn without_the_flag_a_missing_head_is_false() {
    let shop = Shop::new();
    shop.sell(6);
    shop.ledger.stop();
    let mut heads = shop.heads();
    let one = heads[&outlet()][0];
    let beyond = HeadAt { position: fiscal::Position::new(40).unwrap(), epoch: Epoch(0), ..one };
    heads.get_mut(&outlet()).unwrap().push(beyond);
    assert!(said(&verdict(&shop.database, heads)).contains("position 40"));
}
