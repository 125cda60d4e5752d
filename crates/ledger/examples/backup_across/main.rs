//! A backup goes from SQLite to PostgreSQL and back: as many bytes, and the referee finds it true on both.
//!
//! `crates/ledger/tests/with_postgres cargo run -p ledger --example backup_across`. Its PostgreSQL has to be empty.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for tests panics as tests do"
)]

#[path = "../../tests/copies/shop.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod shop;

use std::collections::BTreeMap;

use ledger::{
    Database, EpochReason, PostgresDatabase, PostgresOptions, Table, check_backup, restore_backup,
    write_backup,
};
use shop::{Shop, examine, outlet, said, verdict};

fn main() {
    let shop = Shop::new();
    shop.sell(20);
    shop.sell_as(&shop.ledger, "till-1");
    shop.ledger.close(outlet(), "2026-03-14".parse().unwrap(), None).unwrap();
    shop.deliver();
    shop.sell(10);
    shop.ledger.open_epoch(outlet(), EpochReason::Forced, None, None).unwrap();
    shop.sell(5);
    shop.ledger.stop();

    let options = PostgresOptions { url: url(), allow_single_server: true, ..PostgresOptions::default() };
    let postgres = PostgresDatabase::open(&options).unwrap();
    let other = shop::open(&shop.folder.path().join("other.sqlite"));
    let first = back_up(&shop.database);
    for (name, target) in [("PostgreSQL", &postgres as &dyn Database), ("SQLite", &other)] {
        restore(&first, target);
        // All but the generation of the heads.
        assert_eq!(back_up(target).len(), first.len(), "{name} gives other bytes");
        assert!(target.fill().is_err(), "{name} would be filled twice");
        println!("{name}: {} bytes, as many as before, and true", first.len());
    }
    // A backup of PostgreSQL goes on as well as one of SQLite.
    let third = shop::open(&shop.folder.path().join("third.sqlite"));
    restore(&back_up(&postgres), &third);
    go_on(&shop, &postgres);
}

/// Selling goes on in PostgreSQL: the next records come after those that were restored.
fn go_on(shop: &Shop, postgres: &PostgresDatabase) {
    let database = std::sync::Arc::new(postgres.clone());
    let ledger = shop::start_on(database, shop.clock(), &shop.folder.path().join("third-heads.jsonl"), 77);
    ledger.open_epoch(outlet(), EpochReason::Restored, None, None).unwrap();
    // Also the next act comes after those that were restored.
    for _ in 0..5 {
        shop.sell_as(&ledger, "till-1");
    }
    ledger.stop();
    let found = verdict(postgres, BTreeMap::new());
    assert!(found.is_true(), "{}", said(&found));
    println!("PostgreSQL: {} records after it went on, true", found.records);
    refuses_lies(postgres);
}

/// A change with full access shows in PostgreSQL too.
fn refuses_lies(database: &PostgresDatabase) {
    let mut client = postgres::Client::connect(&url(), postgres::NoTls).unwrap();
    client
        .batch_execute(
            "SET search_path = stelala_ledger; ALTER TABLE records DISABLE TRIGGER ALL; \
             ALTER TABLE heads DISABLE TRIGGER ALL",
        )
        .unwrap();
    for lie in [
        "UPDATE records SET stamped = stamped + 1 WHERE epoch = 0 AND signer = 'CLOUD-1' AND position = 5",
        "DELETE FROM records WHERE signer = 'CLOUD-1' AND position = 3 \
         AND epoch = (SELECT max(epoch) FROM records WHERE signer = 'CLOUD-1')",
        "UPDATE heads SET totals = '\\x00'::bytea WHERE totals <> '\\x00'",
    ] {
        assert!(client.execute(lie, &[]).unwrap() > 0, "nothing to change: {lie}");
    }
    let found = said(&verdict(database, BTreeMap::new()));
    for place in ["epoch 0 position 5 column stamped", "chain_broken", "totals_differ"] {
        assert!(found.contains(place), "{place}: {found}");
    }
    println!("{found}");
}

fn back_up(database: &dyn Database) -> Vec<u8> {
    let mut file = Vec::new();
    let figures = write_backup(&mut *database.snapshot().unwrap(), &[], &mut file, &mut |_| {}).unwrap();
    assert!(figures.rows(Table::Records) > 35 && figures.rows(Table::Acts) > 0);
    file
}

fn restore(file: &[u8], database: &dyn Database) {
    check_backup(file, &[]).unwrap();
    let mut tables = database.fill().unwrap();
    restore_backup(file, &[], &mut *tables, &mut |_| {}).unwrap();
    let found = examine(&mut *tables, BTreeMap::new());
    assert!(found.is_true(), "{}", said(&found));
    tables.commit(77).unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program for tests: the script that starts PostgreSQL says where it is"
)]
fn url() -> String {
    std::env::var("STELALA_TEST_POSTGRES").expect("run it with crates/ledger/tests/with_postgres")
}
