//! The spool is closed and opened again after each step, as a crash does it.

use std::path::PathBuf;

use fiscal::{PayloadHash, Record};
use rusqlite::Connection;
use tunnel::Place;

use super::{journal::Filled, *};

/// An invoice's record of `docs/protocol.md`: position 117, number 105 of epoch 0.
const RECORD: &str = "c3RlbGFsYS1yZWNvcmQtMQEMQk9OTy1VU0ItMDAx-FeuTtbjTjMKT1VUTEVULTAwMQAAAAAAAAAAAAAAaQAAAABpgxxECUExMjM0NTY3WgEAAAAAAAAtUAAAAAAAAAZAQ0RGAAEAAAAAAAAAdfmfqQ_8vRrvIAKAZj1hV-D1UTKddENegwcuXdg9kP9hq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6sAAAAAAAAAgpPnN_v8PHvIRUr8nUQEhV9_cbhuPTxT35RWohoJIW6FJUo9JQi5yhvjOUAoMELm6cO4QHuuQpiwnAmZ_9obu8g";
const HASH: PayloadHash = PayloadHash([3; 32]);

fn record_at(position: u64) -> Entry {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let mut record = Record::from_bytes(&Base64UrlUnpadded::decode_vec(RECORD).unwrap()).unwrap();
    record.link.position = fiscal::Position::new(position).unwrap();
    let payload = format!("payload {position}");
    record.link.payload = PayloadHash::of(payload.as_bytes());
    Entry { record, payload: Some(payload) }
}

/// The epoch's record, after one of the epoch before.
fn epoch_after(entry: &Entry) -> Entry {
    let mut record = record_at(1);
    record.record.header.subject = fiscal::Subject::Event(fiscal::EventKind::Epoch);
    record.record.header.epoch = fiscal::Epoch(1);
    record.record.link.previous = entry.record.hash();
    record
}

const fn at(position: u64) -> Place {
    Place { epoch: 0, position }
}

/// The epoch and the position of the first, and how many there are.
fn lines(reader: &Reader, journal: JournalId, after: Place) -> (u32, u64, usize) {
    match reader.lines_after(journal, after, 64, 1 << 20).unwrap() {
        Stretch::Lines { first, lines } => (first.epoch, first.position, lines.len()),
        other => panic!("{other:?}"),
    }
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
    let journal = place.open().journal("DEF-000001", "00", 0).unwrap();
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
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.mean(meant(journal, Some("key"))).unwrap();
    spool.forget(HASH).unwrap();
    let other = Offered { hash: PayloadHash([4; 32]), key: Some("key") };
    assert_eq!(place.open().known(other).unwrap(), Known::New);
}

#[test]
fn a_sealed_sale_is_never_forgotten_nor_offered_again() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
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
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.fill(journal, &[record_at(1), record_at(2)], 2).unwrap();
    spool.sealed(HASH, "{}", "KING-0-00000105", journal, &record_at(5)).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(place.open().filled(journal).unwrap(), Filled(2));
    assert_eq!(lines(&reader, journal, at(0)), (0, 1, 2), "nothing beyond the gap is delivered");
    let filled = place.open().fill(journal, &[record_at(3), record_at(4)], 4).unwrap();
    assert_eq!(filled, Filled(5));
    assert_eq!(lines(&reader, journal, at(2)), (0, 3, 3));
}

#[test]
fn another_record_at_the_same_place_is_a_fork_and_changes_nothing() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
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
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    let entries: Vec<Entry> = (1..=10).map(record_at).collect();
    spool.fill(journal, &entries, 10).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    let clouds = ["https://a".to_owned(), "https://b".to_owned()];
    assert_eq!(spool.prune(&[], u64::MAX).unwrap(), 0, "without a cloud all of it stays");
    reader.set_held("https://a", journal, at(8)).unwrap();
    assert_eq!(spool.prune(&clouds, u64::MAX).unwrap(), 0, "the other one holds nothing");
    reader.set_held("https://b", journal, at(6)).unwrap();
    assert_eq!(spool.prune(&clouds, 1).unwrap(), 0, "not old enough");
    assert!(spool.is_whole(journal).unwrap());
    assert_eq!(spool.prune(&clouds, u64::MAX).unwrap(), 6);
    assert!(!spool.is_whole(journal).unwrap(), "what is not here may have been sealed");
    assert_eq!(place.open().filled(journal).unwrap(), Filled(10));
}

#[test]
fn a_spool_that_was_lost_goes_on_where_the_cloud_is() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.fill(journal, &[record_at(1), record_at(2)], 2).unwrap();
    assert_eq!(spool.begin_after(journal, 5_000).unwrap(), Filled(5_000));
    assert_eq!(spool.begin_after(journal, 4_000).unwrap(), Filled(5_000), "never back");
    assert!(!spool.is_whole(journal).unwrap(), "its first record is here, and others are not");
    let filled = place.open().fill(journal, &[record_at(5_001), record_at(5_002)], 5_002).unwrap();
    assert_eq!(filled, Filled(5_002));
    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(lines(&reader, journal, at(5_000)), (0, 5_001, 2));
    assert_eq!(reader.newest().unwrap(), Some((journal, 5_002)));
}

#[test]
fn what_is_kept_before_an_answer_is_synchronised() {
    let place = Crashing::new();
    drop(place.open());
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.mean(meant(journal, None)).unwrap();
    let synchronous: i64 = spool.connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
    let mode: String = Connection::open(place.path())
        .unwrap()
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!((synchronous, mode.as_str()), (2, "wal"));
}

#[test]
fn an_epoch_begins_at_position_1_again() {
    let place = Crashing::new();
    let mut spool = place.open();
    let before = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.fill(before, &[record_at(1), record_at(2)], 2).unwrap();
    let journal = spool.journal("DEF-000001", "00", 1).unwrap();
    spool.fill(journal, &[epoch_after(&record_at(2))], 1).unwrap();
    assert_eq!((spool.filled(before).unwrap(), spool.filled(journal).unwrap()), (Filled(2), Filled(1)));
    assert!(spool.is_of_same_device(before, journal).unwrap());
    assert!(spool.is_whole(journal).unwrap());
    let old = spool.sealed_in_journal(journal, record_at(2).record.link.payload).unwrap();
    assert_eq!(old, Some((0, 105)), "also what was sealed in the epoch before is found");
    let reader = Reader::open(&place.path()).unwrap();
    assert_eq!(lines(&reader, journal, at(1)), (0, 2, 1));
    assert_eq!(lines(&reader, journal, at(2)), (1, 1, 1));
    reader.set_held("a", journal, at(1)).unwrap();
    assert_eq!(reader.behind("a", journal).unwrap(), 2);
    reader.set_held("a", journal, Place { epoch: 1, position: 1 }).unwrap();
    assert_eq!(reader.behind("a", journal).unwrap(), 0);
    reader.set_held("a", journal, at(0)).unwrap();
    assert_eq!(reader.behind("a", journal).unwrap(), 3, "a cloud that was put back");
    let other = spool.journal("DEF-000002", "00", 1).unwrap();
    assert!(!spool.is_of_same_device(other, journal).unwrap());
}

#[test]
fn an_epoch_whose_predecessor_was_not_read_to_its_end_is_not_whole() {
    let place = Crashing::new();
    let mut spool = place.open();
    let before = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.fill(before, &[record_at(1)], 1).unwrap();
    let journal = spool.journal("DEF-000001", "00", 1).unwrap();
    assert!(!spool.is_whole(journal).unwrap(), "nothing is read of it");
    spool.fill(journal, &[epoch_after(&record_at(2))], 1).unwrap();
    assert!(!spool.is_whole(journal).unwrap());
}

#[test]
fn a_row_that_was_changed_by_hand_is_told_and_mended_by_what_the_device_says() {
    let place = Crashing::new();
    let mut spool = place.open();
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    let entries: Vec<Entry> = (1..=3).map(record_at).collect();
    spool.fill(journal, &entries, 3).unwrap();
    let reader = Reader::open(&place.path()).unwrap();
    let whole = reader.lines_after(journal, at(0), 64, 1 << 20).unwrap();
    let hand = Connection::open(place.path()).unwrap();
    let changes = [
        ("a byte of the payload", "payload = 'Payload 2'"),
        (
            "a byte of the header",
            "record = CAST(substr(record, 1, 20) || x'ff' || substr(record, 22) AS BLOB)",
        ),
        ("the hash", "hash = zeroblob(32)"),
        ("the record", "record = x'00'"),
        ("a payload that is no text", "payload = CAST(x'ff' AS TEXT)"),
    ];
    for (what, change) in changes {
        let sql = format!("UPDATE records SET {change} WHERE position = 2");
        assert_eq!(hand.execute(&sql, []).unwrap(), 1);
        assert_eq!(lines(&reader, journal, at(0)), (0, 1, 1), "{what}: only what is before it is delivered");
        let found = reader.lines_after(journal, at(1), 64, 1 << 20).unwrap();
        assert_eq!(found, Stretch::Damaged(at(2)), "{what}");
        spool.fill(journal, &entries[1..2], 2).unwrap();
        assert_eq!(reader.lines_after(journal, at(0), 64, 1 << 20).unwrap(), whole, "{what}");
    }
    // The signature is under no hash: the ledger tells, and asks again.
    hand.execute(
        "UPDATE records SET record = CAST(substr(record, 1, length(record) - 1) || x'01' AS BLOB)",
        [],
    )
    .unwrap();
    assert_ne!(reader.lines_after(journal, at(0), 64, 1 << 20).unwrap(), whole);
    spool.fill(journal, &entries, 3).unwrap();
    assert_eq!(reader.lines_after(journal, at(0), 64, 1 << 20).unwrap(), whole);
}

#[test]
fn a_commit_waits_for_the_disk_whatever_was_set_before() {
    let place = Crashing::new();
    let mut spool = place.open();
    let synchronous = |spool: &Spool| {
        spool.connection.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let journal = spool.journal("DEF-000001", "00", 0).unwrap();
    spool.mean(meant(journal, None)).unwrap();
    spool.connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    spool.committing(HASH, "A7").unwrap();
    assert_eq!(synchronous(&spool), 2);
    spool.connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    spool.sealed(HASH, "{}", "KING-0-00000105", journal, &record_at(1)).unwrap();
    assert_eq!(synchronous(&spool), 2);
}
