//! The spool is closed and opened again after each step, as a crash does it.

use std::path::PathBuf;

use fiscal::{PayloadHash, Record};
use rusqlite::Connection;

use super::{journal::Filled, *};

/// An invoice's record of `docs/protocol.md`: position 117, number 105 of epoch 0.
const RECORD: &str = "c3RlbGFsYS1yZWNvcmQtMQEMQk9OTy1VU0ItMDAx-FeuTtbjTjMKT1VUTEVULTAwMQAAAAAAAAAAAAAAaQAAAABpgxxECUExMjM0NTY3WgEAAAAAAAAtUAAAAAAAAAZAQ0RGAAEAAAAAAAAAdfmfqQ_8vRrvIAKAZj1hV-D1UTKddENegwcuXdg9kP9hq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6sAAAAAAAAAgpPnN_v8PHvIRUr8nUQEhV9_cbhuPTxT35RWohoJIW6FJUo9JQi5yhvjOUAoMELm6cO4QHuuQpiwnAmZ_9obu8g";
const HASH: PayloadHash = PayloadHash([3; 32]);

fn record_at(position: u64) -> Entry {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let mut record = Record::from_bytes(&Base64UrlUnpadded::decode_vec(RECORD).unwrap()).unwrap();
    record.link.position = fiscal::Position::new(position).unwrap();
    Entry { record, payload: Some(format!("payload {position}")) }
}

struct Crashing {
    folder: tempfile::TempDir,
}

impl Crashing {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("proxy.sqlite")
    }

    /// As after a crash: nothing of the process before is left.
    fn open(&self) -> Spool {
        Spool::open(&self.path()).unwrap()
    }
}

fn meant<'a>(journal: JournalId, key: Option<&'a str>) -> Meant<'a> {
    Meant { hash: HASH, payload: "payload", terminal: "POS-01", key, journal, time: 1 }
}

#[test]
fn each_stage_of_a_sale_is_there_after_a_crash() {
    let place = Crashing::new();
    let offered = Offered { hash: HASH, key: Some("key") };
    let journal = place.open().journal("DEF-000001", "00").unwrap();
    assert_eq!(place.open().known(offered).unwrap(), Known::New);
    place.open().mean(meant(journal, Some("key"))).unwrap();
    let open = place.open().open_sales().unwrap();
    assert_eq!((open.len(), open[0].stage, open[0].payload.as_str()), (1, Stage::Meant, "payload"));
    place.open().committing(HASH, "A7").unwrap();
    assert_eq!(place.open().open_sales().unwrap()[0].stage, Stage::Committing);
    assert_eq!(place.open().known(offered).unwrap(), Known::Open);
    place.open().sealed(HASH, "{}", "KING-0-00000105", journal, &record_at(1)).unwrap();
    assert!(place.open().open_sales().unwrap().is_empty());
    assert_eq!(place.open().known(offered).unwrap(), Known::Again);
    assert_eq!(place.open().seal_of(HASH).unwrap().as_deref(), Some("{}"));
    assert_eq!(place.open().filled(journal).unwrap(), Filled(1));
}

#[test]
fn a_sale_of_which_nothing_was_sealed_leaves_its_key_free() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.mean(meant(journal, Some("key"))).unwrap();
    spool.forget(HASH).unwrap();
    let other = Offered { hash: PayloadHash([4; 32]), key: Some("key") };
    assert_eq!(place.open().known(other).unwrap(), Known::New);
}

#[test]
fn a_sealed_sale_is_never_forgotten_nor_offered_again() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.mean(meant(journal, None)).unwrap();
    spool.sealed(HASH, "{}", "KING-0-00000105", journal, &record_at(1)).unwrap();
    spool.forget(HASH).unwrap();
    assert_eq!(place.open().known(Offered { hash: HASH, key: None }).unwrap(), Known::Replay);
    assert!(place.open().committing(HASH, "A7").is_err());
}

#[test]
fn a_record_beyond_a_gap_waits_until_the_gap_is_filled() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.fill(journal, &[record_at(1), record_at(2)], 2).unwrap();
    spool.sealed(HASH, "{}", "KING-0-00000105", journal, &record_at(5)).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(place.open().filled(journal).unwrap(), Filled(2));
    let (epoch, first, lines) = reader.lines_after(journal, 0, 64, 1 << 20).unwrap().unwrap();
    assert_eq!((epoch, first, lines.len()), (0, 1, 2), "nothing beyond the gap is delivered");
    let filled = place.open().fill(journal, &[record_at(3), record_at(4)], 4).unwrap();
    assert_eq!(filled, Filled(5));
    let (_, first, lines) = reader.lines_after(journal, 2, 64, 1 << 20).unwrap().unwrap();
    assert_eq!((first, lines.len()), (3, 3));
}

#[test]
fn another_record_at_the_same_place_is_a_fork_and_changes_nothing() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.fill(journal, &[record_at(1)], 1).unwrap();
    let mut other = record_at(1);
    other.record.link.counter += 1;
    assert!(matches!(spool.fill(journal, &[other, record_at(2)], 2), Err(SpoolFault::Fork { position: 1 })));
    assert_eq!(place.open().filled(journal).unwrap(), Filled(1));
    assert!(matches!(
        spool.fill(journal, &[record_at(2), record_at(4)], 4),
        Err(SpoolFault::Gap { expected: 3, found: 4 })
    ));
}

#[test]
fn what_a_cloud_does_not_hold_is_never_pruned() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    let entries: Vec<Entry> = (1..=10).map(record_at).collect();
    spool.fill(journal, &entries, 10).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    let clouds = ["https://a".to_owned(), "https://b".to_owned()];
    assert_eq!(spool.prune(&[], u64::MAX).unwrap(), 0, "without a cloud all of it stays");
    reader.set_held("https://a", journal, 8).unwrap();
    assert_eq!(spool.prune(&clouds, u64::MAX).unwrap(), 0, "the other one holds nothing");
    reader.set_held("https://b", journal, 6).unwrap();
    assert_eq!(spool.prune(&clouds, 1).unwrap(), 0, "not old enough");
    assert_eq!(spool.prune(&clouds, u64::MAX).unwrap(), 6);
    assert_eq!(place.open().filled(journal).unwrap(), Filled(10));
}

#[test]
fn a_spool_that_was_lost_goes_on_where_the_cloud_is() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.fill(journal, &[record_at(1), record_at(2)], 2).unwrap();
    assert_eq!(spool.begin_after(journal, 5_000).unwrap(), Filled(5_000));
    assert_eq!(spool.begin_after(journal, 4_000).unwrap(), Filled(5_000), "never back");
    let filled = place.open().fill(journal, &[record_at(5_001), record_at(5_002)], 5_002).unwrap();
    assert_eq!(filled, Filled(5_002));
    let reader = Reader::open(&place.path()).unwrap();
    let (_, first, lines) = reader.lines_after(journal, 5_000, 64, 1 << 20).unwrap().unwrap();
    assert_eq!((first, lines.len()), (5_001, 2));
    assert_eq!(reader.newest().unwrap(), Some((journal, 5_002)));
}

#[test]
fn what_is_kept_before_an_answer_is_synchronised() {
    let place = Crashing::new();
    drop(place.open());
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00").unwrap();
    spool.mean(meant(journal, None)).unwrap();
    let synchronous: i64 = spool.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
    let mode: String = Connection::open(place.path())
        .unwrap()
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!((synchronous, mode.as_str()), (2, "wal"));
}
