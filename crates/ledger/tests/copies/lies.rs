//! What someone with full access changes in the file shows, each with its place.

use std::collections::BTreeMap;

use fiscal::{Chain, Head, Moment, Proven};
use ledger::{Append, Database, KeyRow, Row, SealingKey, Turn};
use p256::ecdsa::SigningKey;
use rusqlite::Connection;

use crate::shop::{OPENS, Shop, examine_with, open, payload, said, verdict};

/// The triggers are gone, as for who has the file.
fn changed(shop: &Shop, sql: &str) -> Connection {
    let connection = Connection::open(shop.path()).unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection.execute_batch("PRAGMA foreign_keys = 0").unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

/// A day of 12 sales with a closure, two deliveries of a device that did not hold the line, and 6 sales more: 1
/// provisioned, 2 to 13 sales, 14 closure, 15 and 17 anchors, each with a flag, 19 to 24 sales.
fn full_shop() -> Shop {
    let shop = Shop::new();
    shop.sell(12);
    shop.ledger.close(crate::shop::outlet(), "2026-03-14".parse().unwrap(), None).unwrap();
    shop.pass(60);
    shop.deliver();
    shop.sell(6);
    shop.ledger.stop();
    shop
}

#[test]
fn a_ledger_that_nobody_changed_is_true_with_its_heads() {
    let shop = full_shop();
    let verdict = verdict(&shop.database, shop.heads());
    assert!(verdict.is_true(), "{}", said(&verdict));
    assert_eq!((verdict.outlets, verdict.records, verdict.invoices), (2, 24, 18));
    assert_eq!((verdict.foreign, verdict.foreign_invoices), (3, 2));
    assert!(verdict.heads_met > 3, "{verdict:?}");
}

/// SQL, the code of a finding, and what its sentence names.
type Case = (String, &'static str, String);

fn at(position: u32) -> String {
    format!("KIN-GOMBE-01 CLOUD-1 epoch 0 position {position}")
}

fn update(set: &str, position: u32) -> String {
    format!("UPDATE records SET {set} WHERE signer = 'CLOUD-1' AND position = {position}")
}

fn in_the_ledgers_own_records() -> Vec<Case> {
    let own = "signer = 'CLOUD-1' AND position";
    vec![
(update("body = replace(body, '500', '501')", 2), "payload_hash", "(position 2,".into()),
(update("body = NULL", 3), "body_missing", at(3)),
(update("body = '{}'", 14), "payload_hash", "(position 14,".into()),
(update("record = zeroblob(length(record))", 4), "record_form", at(4)),
(
            "UPDATE records SET record = (SELECT record FROM records WHERE signer = 'CLOUD-1' AND position = 5), \
             body = (SELECT body FROM records WHERE signer = 'CLOUD-1' AND position = 5) \
             WHERE signer = 'CLOUD-1' AND position = 6"
                .into(),
            "column_differs",
            at(6),
        ),
(
            "UPDATE records SET position = 1000 WHERE signer = 'CLOUD-1' AND position = 7; \
             UPDATE records SET position = 7 WHERE signer = 'CLOUD-1' AND position = 8; \
             UPDATE records SET position = 8 WHERE position = 1000"
                .into(),
            "column_differs",
            at(7),
        ),
(format!("DELETE FROM records WHERE {own} = 9"), "chain_broken", "(position 10,".into()),
(format!("DELETE FROM records WHERE {own} = 1"), "beginning_missing", at(2)),
(format!("DELETE FROM records WHERE {own} = 24"), "head_row_differs", "KIN-GOMBE-01 head column hash".into()),
(update("signer = 'CLOUD-2'", 6), "not_anchored", "KIN-GOMBE-01 CLOUD-2 epoch 0".into()),
(update("outlet = 'NOWHERE'", 24), "outlet_missing", "NOWHERE".into()),
(update("epoch = 1", 5), "column_differs", "KIN-GOMBE-01 CLOUD-1 epoch 1 position 5 column epoch".into()),
(
            "INSERT INTO records \
             (outlet, epoch, signer, position, number, kind, time, stamped, hash, record, body) \
             SELECT outlet, epoch, signer, 25, 19, kind, time, stamped, hash, record, body FROM records \
             WHERE signer = 'CLOUD-1' AND position = 24"
                .into(),
            "column_differs",
            format!("{} column position", at(25)),
        ),
    ]
}

fn in_single_columns() -> Vec<Case> {
    let columns = [
        ("number", "number + 1"),
        ("kind", "kind + 1"),
        ("time", "time + 1"),
        ("stamped", "stamped - 1"),
        ("hash", "zeroblob(32)"),
        ("reference_number", "1"),
    ];
    let case = |(column, value): (&str, &str)| {
        let named = column.trim_end_matches("_number");
        let place = format!("{} column {named}", at(11));
        (update(&format!("{column} = {value}"), 11), "column_differs", place)
    };
    columns.into_iter().map(case).collect()
}

fn beside_the_records() -> Vec<Case> {
    vec![
        (
            "UPDATE heads SET totals = zeroblob(length(totals)) WHERE outlet LIKE 'KIN%'".into(),
            "totals_differ",
            "KIN-GOMBE-01 head".into(),
        ),
        (
            "UPDATE heads SET number = number + 1 WHERE outlet LIKE 'KIN%'".into(),
            "head_row_differs",
            "column number".into(),
        ),
        (
            "UPDATE heads SET time = time + 1 WHERE outlet LIKE 'KIN%'".into(),
            "head_row_differs",
            "column time".into(),
        ),
        (
            "UPDATE heads SET key = zeroblob(8) WHERE outlet LIKE 'KIN%'".into(),
            "head_row_differs",
            "column key".into(),
        ),
        (
            "UPDATE heads SET signer = 'CLOUD-9' WHERE outlet LIKE 'KIN%'".into(),
            "head_row_differs",
            "column signer".into(),
        ),
        ("DELETE FROM heads WHERE outlet LIKE 'KIN%'".into(), "head_row_missing", "KIN-GOMBE-01".into()),
        (
            "UPDATE heads SET position = 3 WHERE outlet LIKE 'LUB%'".into(),
            "head_row_differs",
            "LUB-KENYA-03 head".into(),
        ),
        ("UPDATE outlets SET prefix = 'ELSE' WHERE id LIKE 'KIN%'".into(), "outlet_differs", at(1)),
        ("UPDATE outlets SET zone_minutes = 120 WHERE id LIKE 'KIN%'".into(), "outlet_differs", at(1)),
        ("UPDATE outlets SET nif = 'A1234567Z' WHERE id LIKE 'KIN%'".into(), "outlet_differs", at(1)),
        ("DELETE FROM outlets WHERE id LIKE 'KIN%'".into(), "outlet_missing", "KIN-GOMBE-01".into()),
        ("DELETE FROM sales WHERE signer = 'CLOUD-1' AND position = 5".into(), "sale_missing", at(5)),
        (
            "UPDATE sales SET position = 6 WHERE signer = 'CLOUD-1' AND position = 5".into(),
            "sale_false",
            "position 6)".into(),
        ),
        (
            "INSERT INTO sales SELECT outlet, stamped, zeroblob(32), epoch, signer, position FROM sales \
             WHERE signer = 'CLOUD-1' AND position = 5"
                .into(),
            "sale_false",
            "position 5)".into(),
        ),
        (
            "UPDATE idempotency SET position = 8 WHERE position = 5".into(),
            "idempotency_false",
            "sale-00000003 (CLOUD-1 epoch 0 position 8)".into(),
        ),
        (
            "UPDATE idempotency SET position = 999 WHERE position = 5".into(),
            "idempotency_false",
            "position 999)".into(),
        ),
        ("UPDATE sealing_keys SET point = zeroblob(33)".into(), "key_id_differs", "key ".into()),
        ("DELETE FROM sealing_keys".into(), "key_unknown", "(position 1,".into()),
        (
            "UPDATE sealing_keys SET signer = 'CLOUD-9'".into(),
            "key_signer_differs",
            "KIN-GOMBE-01 CLOUD-1".into(),
        ),
    ]
}

fn in_what_a_device_sealed() -> Vec<Case> {
    vec![
        (
            "DELETE FROM records WHERE signer LIKE 'DEF%' AND position = 3".into(),
            "chain_short",
            "KIN-GOMBE-01 DEF-000001 epoch 3".into(),
        ),
        (
            "UPDATE records SET body = NULL WHERE signer LIKE 'DEF%' AND position = 3".into(),
            "body_missing",
            "DEF-000001 epoch 3 position 3".into(),
        ),
        (
            "UPDATE records SET record = (SELECT record FROM records WHERE signer = 'CLOUD-1' AND position = 5) \
             WHERE signer LIKE 'DEF%' AND position = 3"
                .into(),
            "column_differs",
            "DEF-000001 epoch 3 position 3".into(),
        ),
        (
            "UPDATE heads SET holder = 'DEF-000001' WHERE outlet LIKE 'KIN%'".into(),
            "head_row_differs",
            "KIN-GOMBE-01 head column holder".into(),
        ),
        (
            "DELETE FROM records WHERE signer LIKE 'DEF%'".into(),
            "chain_missing",
            "KIN-GOMBE-01 DEF-000001 epoch 3".into(),
        ),
        (
            "DELETE FROM records WHERE signer LIKE 'DEF%' AND position = 2".into(),
            "chain_broken",
            "DEF-000001#2 (position 3, invoice 3/2)".into(),
        ),
        (
            "UPDATE records SET body = '{\"a\":1}' WHERE signer LIKE 'DEF%' AND position = 1".into(),
            "payload_hash",
            "DEF-000001#1 (position 1, boot)".into(),
        ),
    ]
}

fn show(cases: Vec<Case>) {
    for (sql, code, place) in cases {
        let shop = full_shop();
        drop(changed(&shop, &sql));
        // As another process would.
        let found = verdict(&open(&shop.path()), BTreeMap::new());
        let here = found.findings.iter().any(|finding| {
            finding.code() == code && finding.sentence(verify::Language::English).contains(&place)
        });
        assert!(here, "{sql}\nexpected {code} at {place}, found:\n{}", said(&found));
    }
}

#[test]
fn each_change_in_the_ledgers_own_records_shows_with_its_place() {
    show(in_the_ledgers_own_records());
}

#[test]
fn each_column_that_says_something_else_than_its_record_shows() {
    show(in_single_columns());
}

#[test]
fn each_change_of_what_stands_beside_the_records_shows_with_its_place() {
    show(beside_the_records());
}

#[test]
fn each_change_in_what_a_device_sealed_shows_with_its_place() {
    show(in_what_a_device_sealed());
}

#[test]
fn an_end_that_was_cut_off_with_its_head_shows_against_the_heads_that_were_kept() {
    let shop = full_shop();
    // The head as it was before the last sale, taken from the records themselves; the totals are counted again.
    let spare = Shop::new();
    spare.sell(12);
    spare.ledger.close(crate::shop::outlet(), "2026-03-14".parse().unwrap(), None).unwrap();
    spare.pass(60);
    spare.deliver();
    spare.sell(5);
    spare.ledger.stop();
    let before: (Vec<u8>, i64, i64, i64, Vec<u8>) = Connection::open(spare.path())
        .unwrap()
        .query_row(
            "SELECT hash, position, number, time, totals FROM heads WHERE outlet LIKE 'KIN%'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .unwrap();
    let connection = changed(
        &shop,
        "DELETE FROM records WHERE signer = 'CLOUD-1' AND position = 24; \
         DELETE FROM sales WHERE signer = 'CLOUD-1' AND position = 24; \
         DELETE FROM idempotency WHERE position = 24",
    );
    let (hash, position, number, time, totals) = before;
    connection
        .execute(
            "UPDATE heads SET hash = ?1, position = ?2, number = ?3, time = ?4, totals = ?5 WHERE outlet LIKE 'KIN%'",
            rusqlite::params![hash, position, number, time, totals],
        )
        .unwrap();
    drop(connection);
    let without = verdict(&open(&shop.path()), BTreeMap::new());
    assert!(without.is_true(), "without heads nobody can see it: {}", said(&without));
    let with = verdict(&open(&shop.path()), shop.heads());
    assert!(said(&with).contains("[head_missing]") && said(&with).contains("position 24"), "{}", said(&with));
}

#[test]
fn an_outlet_that_was_removed_whole_shows_against_the_heads_that_were_kept() {
    let shop = full_shop();
    drop(changed(
        &shop,
        "DELETE FROM records; DELETE FROM sales; DELETE FROM idempotency; DELETE FROM heads; DELETE FROM outlets",
    ));
    let database = open(&shop.path());
    assert!(verdict(&database, BTreeMap::new()).is_true());
    assert!(said(&verdict(&database, shop.heads())).contains("KIN-GOMBE-01 position 24"));
}

/// Whoever has the database can publish a key of their own and append by it as the ledger does; the signer's own records
/// say which key seals.
#[test]
fn a_record_that_another_key_sealed_shows_even_when_that_key_is_published() {
    let shop = full_shop();
    let forger = Proven::prove(SigningKey::from_slice(&[66; 32]).unwrap(), [1; 32]).unwrap();
    let mut store = shop.database.connect().unwrap();
    let Turn::Taken(mut row) = store.take_turn(crate::shop::outlet(), 1, std::time::Duration::ZERO).unwrap()
    else {
        panic!("nobody has the turn")
    };
    let key = forger.public_key();
    let known = SealingKey { key: *key, signer: row.chain.signer, since: row.state.time, until: None };
    store.publish_key(&known).unwrap();
    let outlet = store.outlet(crate::shop::outlet()).unwrap().unwrap();
    let chain = Chain {
        device: row.chain.signer,
        key: key.id(),
        outlet: outlet.id,
        nif: outlet.nif,
        epoch: row.chain.epoch,
    };
    let mut head = Head::open(chain, row.state);
    let payload = crate::shop::payload(4_711, row.state.time.unix());
    let sale = fiscal::Validated::read(payload.as_bytes()).unwrap();
    let moment = Moment { now: row.state.time, tolerance_seconds: 0, counter: 0 };
    let sealed = head.link(&sale.sale(), moment).unwrap().sign(&forger).unwrap();
    let forged = Row::new(&sealed, sale.invoice().timestamp, None, payload.clone());
    (row.state, row.key) = (*head.state(), Some(key.id()));
    let keys = vec![KeyRow { key: "forged-sale".parse().unwrap(), place: forged.place, time: forged.time }];
    store
        .append(&[Append {
            head: row,
            rows: vec![forged],
            keys,
            acts: Vec::new(),
            unfit: Vec::new(),
            done: true,
        }])
        .unwrap();
    let found = verdict(&shop.database, BTreeMap::new());
    assert!(said(&found).contains("#25 (position 25, invoice 0/19)"), "{}", said(&found));
    assert!(found.findings.iter().any(|finding| finding.code() == "key_unannounced"), "{}", said(&found));
}

/// Whoever has a device's key can seal its last record again; the anchor says which it was.
#[test]
fn a_device_that_seals_its_last_record_anew_contradicts_its_anchor() {
    let with_last = |count: u64| {
        let shop = Shop::new();
        shop.sell(3);
        shop.deliver_sales([payload(900, OPENS), payload(count, OPENS)]);
        shop.ledger.stop();
        shop
    };
    let (shop, other) = (with_last(901), with_last(902));
    let other = other.path();
    let last = "signer LIKE 'DEF%' AND position = 3";
    drop(changed(
        &shop,
        &format!(
            "ATTACH '{}' AS other; UPDATE records SET (hash, record, body) = \
             (SELECT hash, record, body FROM other.records WHERE {last}) WHERE {last}; \
             UPDATE sales SET hash = (SELECT hash FROM other.records WHERE {last}) WHERE {last}",
            other.display()
        ),
    ));
    let found = verdict(&open(&shop.path()), BTreeMap::new());
    let codes: Vec<_> = found.findings.iter().map(|finding| finding.code()).collect();
    assert_eq!(codes, ["anchor_differs"], "{}", said(&found));
}

/// Two signers sealed one sale, which is flagged; the table of sales names the first of them.
#[test]
fn a_sale_that_is_said_to_be_first_sealed_by_who_sealed_it_later_shows() {
    let shop = Shop::new();
    shop.sell(3);
    shop.deliver_sales([payload(0, OPENS), payload(900, OPENS)]);
    shop.ledger.stop();
    let found = verdict(&shop.database, BTreeMap::new());
    assert!(found.is_true(), "{}", said(&found));
    drop(changed(
        &shop,
        "UPDATE sales SET epoch = 3, signer = 'DEF-000001', position = 2 WHERE signer = 'CLOUD-1' AND position = 2",
    ));
    let found = verdict(&open(&shop.path()), BTreeMap::new());
    assert!(said(&found).contains("CLOUD-1 epoch 0 position 2") && said(&found).contains("[sale_not_first]"));
}

#[test]
fn a_published_key_that_the_auditor_does_not_hold_shows() {
    let shop = full_shop();
    let ask = |held: &[fiscal::PublicKey]| {
        examine_with(&mut *shop.database.snapshot().unwrap(), shop.heads(), Some(held))
    };
    let own: Vec<_> = published(&shop);
    assert!(ask(&own).is_true());
    let found = ask(&[]);
    assert_eq!(
        found.findings.iter().map(|finding| finding.code()).collect::<Vec<_>>(),
        ["key_not_held"; 2],
        "the ledger's and the device's"
    );
}

fn published(shop: &Shop) -> Vec<fiscal::PublicKey> {
    let keys = shop.database.connect().unwrap().keys().unwrap();
    keys.into_iter().map(|known| known.key).collect()
}
