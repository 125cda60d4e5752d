//! What was changed in the spool, or is not in it, is in the device.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;

use def_protocol::token::HandOver;
use fiscal::{Epoch, InvoiceNumber, PayloadHash, RecordHash};
use rusqlite::{Connection, params};
use support::{Running, cloud::FakeCloud, config, device::SimDevice, payload, until};
use tunnel::{Outcome, Text, Work};

fn spool(folder: &Path) -> Connection {
    let spool = Connection::open(folder.join("proxy/proxy.sqlite")).unwrap();
    spool.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    spool
}

fn fate(payload: &str) -> Work {
    let payload_hash = PayloadHash::of(payload.as_bytes());
    Work::Fate { payload_hash, payload: Some(Text::new(payload).unwrap()) }
}

/// What the device says of its records, as lines of a journal.
fn journal(device: &SimDevice) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    loop {
        let after = lines.len();
        let dump = device.ask(&format!(r#"ADM|DUMPLOG {{"format":"json","after":{after}}}"#));
        let text = |line: &serde_json::Value, name: &str| line[name].as_str().unwrap().to_owned();
        let records = dump["records"].as_array().unwrap();
        lines.extend(records.iter().map(|line| (text(line, "record"), text(line, "payload"))));
        if dump["last"] == true {
            return lines;
        }
    }
}

fn holds(cloud: &FakeCloud) -> Vec<(String, String)> {
    let line = |line: tunnel::JournalLine| {
        (line.record.as_str().to_owned(), line.payload.map(Text::into_string).unwrap_or_default())
    };
    cloud.held().into_values().map(line).collect()
}

async fn sold(folder: &Path, device: &SimDevice, sales: &[String]) {
    let proxy = Running::start(config(folder, device, &[]));
    for sale in sales {
        assert_eq!(proxy.till.sell(sale, None).await.status, 201);
    }
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_was_changed_by_hand_is_filled_again_and_delivered_right() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let sales: Vec<String> = (0..32).map(|_| payload("POS-01")).collect();
    sold(folder.path(), &device, &sales).await;
    let hand = spool(folder.path());
    let changes = [
        ("payload = replace(payload, 'POS-01', 'POS-09')", 1),
        ("record = CAST(substr(record, 1, 60) || x'00ff' || substr(record, 63) AS BLOB)", 4),
        ("record = x'00'", 6),
        ("hash = zeroblob(32)", 8),
        // The signature, which no hash has, far from the others: they come again in chunks.
        ("record = CAST(substr(record, 1, length(record) - 2) || x'0102' AS BLOB)", 31),
    ];
    for (change, number) in changes {
        let sql = format!("UPDATE records SET {change} WHERE number = {number}");
        assert_eq!(hand.execute(&sql, []).unwrap(), 1, "{change}");
    }
    drop(hand);
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    let last = device.ask("QRY|STATUS")["last_position"].as_u64().unwrap();
    until("everything is delivered", || async { cloud.held().len() as u64 == last }).await;
    assert_eq!(cloud.disorder(), 0);
    let device_has = journal(&device);
    let wrong: Vec<usize> = (0..)
        .zip(holds(&cloud).iter().zip(&device_has))
        .filter(|(_, (held, said))| held != said)
        .map(|(index, _)| index)
        .collect();
    assert_eq!(wrong.len(), 1, "only the signature: {wrong:?}");
    // The ledger tells a false signature, and asks again.
    let position = wrong[0] as u64 + 1;
    cloud.forget_after(position - 1);
    let done = cloud.work(Work::Again { epoch: 0, position }).await;
    assert!(matches!(done, Some(Outcome::Done { .. })), "{done:?}");
    until("it is delivered right", || async { holds(&cloud).get(..device_has.len()) == Some(&device_has) })
        .await;
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_passed_over_is_looked_up_in_the_device_before_anything_is_unsealed() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let sales: Vec<String> = (0..12).map(|_| payload("POS-01")).collect();
    sold(folder.path(), &device, &sales).await;
    // As a spool that was lost is begun: where a cloud is. Of one sale it is open what became of its COMMIT.
    let hand = spool(folder.path());
    hand.execute("DELETE FROM records WHERE number BETWEEN 2 AND 9", []).unwrap();
    hand.execute("DELETE FROM sales", []).unwrap();
    let begun = "UPDATE journals SET begun = (SELECT min(position) - 1 FROM records WHERE number = 10)";
    hand.execute(begun, []).unwrap();
    let open = "INSERT INTO sales (hash, payload, terminal, key, journal, stage, nonce, time) \
                VALUES (?1, ?2, 'POS-01', 'key-00000004', 1, 'committing', 'A7', 1)";
    hand.execute(open, params![PayloadHash::of(sales[3].as_bytes()).0, sales[3]]).unwrap();
    drop(hand);
    let cloud = FakeCloud::start().await;
    let proxy = Running::start(config(folder.path(), &device, std::slice::from_ref(&cloud.url)));
    until("the tunnel is up", || async { cloud.is_up() }).await;
    let again = proxy.till.sell_surely(&sales[3], "key-00000004").await;
    assert_eq!((again.status, again.number()), (200, "KING-0-00000004"), "{:?}", again.body);
    let Some(Outcome::Sealed { seal, .. }) = cloud.work(fate(&sales[5])).await else { panic!() };
    assert_eq!(seal["fiscal_number"], "KING-0-00000006");
    let unknown = Work::Fate { payload_hash: PayloadHash([7; 32]), payload: None };
    assert!(matches!(cloud.work(unknown).await, Some(Outcome::Unclear { .. })));
    assert_eq!(cloud.work(fate(&payload("POS-01"))).await, Some(Outcome::Unsealed {}));
    assert_eq!(device.sealed(), 12);
    proxy.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_of_long_ago_is_looked_for_in_the_spool_and_told_right_when_that_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let device = SimDevice::active(folder.path());
    let (first, never) = (payload("POS-01"), payload("POS-02"));
    sold(folder.path(), &device, std::slice::from_ref(&first)).await;
    let order = |order: HandOver| {
        let token = device.authority.hand_over_from(order, support::now());
        let answer = device.ask(&format!(r#"CFG|HANDOVER {{"token":"{token}"}}"#));
        assert_eq!(answer["status"], "OK", "{answer}");
    };
    order(HandOver::Leave { epoch: Epoch(0) });
    // Orders have whole seconds, and each is later than the one before.
    let a_moment = std::time::Duration::from_secs(2);
    tokio::time::sleep(a_moment).await;
    let next_number = InvoiceNumber::new(50).unwrap();
    order(HandOver::Enter {
        epoch: Epoch(0),
        next_number,
        previous: RecordHash([7; 32]),
        floor: support::now(),
    });
    // The device knows the newest 1,024 by heart, and says of what is stamped before them that it is too old.
    tokio::time::sleep(a_moment).await;
    let proxy = Running::start(config(folder.path(), &device, &[]));
    for _ in 0..1_030 {
        assert_eq!(proxy.till.sell(&payload("POS-01"), None).await.status, 201);
    }
    let refused = proxy.till.sell(&never, None).await;
    assert_eq!((refused.code(), device.searched()), ("STALE_TIMESTAMP", 0), "{:?}", refused.body);
    proxy.stop().await;
    // What was kept for long is taken out. What is left begins before anything that could be this sale.
    let hand = spool(folder.path());
    hand.execute("DELETE FROM records WHERE position <= 10", []).unwrap();
    hand.execute("UPDATE journals SET begun = 10", []).unwrap();
    hand.execute("UPDATE records SET time = time - 700 WHERE position = 11", []).unwrap();
    let proxy = Running::start(config(folder.path(), &device, &[]));
    let refused = proxy.till.sell_surely(&never, "key-00000001").await;
    assert_eq!((refused.code(), device.searched()), ("STALE_TIMESTAMP", 0), "{:?}", refused.body);
    // Where it begins later, the device is asked for the rest.
    hand.execute("UPDATE records SET time = time + 700 WHERE position = 11", []).unwrap();
    let refused = proxy.till.sell_surely(&never, "key-00000001").await;
    assert_eq!(refused.code(), "STALE_TIMESTAMP", "{:?}", refused.body);
    assert!(device.searched() > 1_000, "{}", device.searched());
    proxy.stop().await;
    drop(hand);
    for file in ["proxy.sqlite", "proxy.sqlite-wal", "proxy.sqlite-shm"] {
        // The last two are there while somebody has the first open.
        let _ = std::fs::remove_file(folder.path().join("proxy").join(file));
    }
    let proxy = Running::start(config(folder.path(), &device, &[]));
    // Until the journal is read again, nobody knows.
    until("it is known", || async { proxy.till.sell(&never, None).await.status != 503 }).await;
    let refused = proxy.till.sell(&never, None).await;
    assert_eq!(refused.code(), "STALE_TIMESTAMP", "{:?}", refused.body);
    let again = proxy.till.sell(&first, None).await;
    assert_eq!(again.number(), "KING-0-00000001", "{:?}", again.body);
    proxy.stop().await;
}
