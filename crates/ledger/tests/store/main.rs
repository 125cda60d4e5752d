//! The conformance suite over SQLite, and what is SQLite's alone.

mod suite;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ledger::{Database, SqliteDatabase, StoreFault};
use suite::{Subject, for_each_case};

/// A file of its own for each case, and a clock that the case turns.
struct Sqlite {
    directory: tempfile::TempDir,
    milliseconds: Arc<AtomicU64>,
    count: AtomicU64,
}

impl Sqlite {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self {
            directory,
            milliseconds: Arc::new(AtomicU64::new(1_773_000_000_000)),
            count: AtomicU64::new(1),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("ledger.sqlite")
    }

    fn open_at(&self, path: PathBuf) -> Result<SqliteDatabase, StoreFault> {
        let clock = Arc::clone(&self.milliseconds);
        SqliteDatabase::open(path, Arc::new(move || Duration::from_millis(clock.load(Ordering::SeqCst))))
    }
}

impl Subject for Sqlite {
    fn open(&self) -> Result<Box<dyn Database>, StoreFault> {
        Ok(Box::new(self.open_at(self.path())?))
    }

    fn open_empty(&self) -> Box<dyn Database> {
        Box::new(self.open_at(self.directory.path().join("empty.sqlite")).unwrap())
    }

    fn open_older(
        &self,
        version: u32,
        filled: &dyn Fn(&str) -> String,
    ) -> (String, Result<Box<dyn Database>, StoreFault>) {
        let place = self
            .directory
            .path()
            .join(format!("version-{version}-{}.sqlite", self.nonce()))
            .display()
            .to_string();
        let schemas = [include_str!("version_1/sqlite.sql"), include_str!("version_2/sqlite.sql")];
        let connection = rusqlite::Connection::open(&place).unwrap();
        connection.execute_batch(schemas[version as usize - 1]).unwrap();
        connection.execute_batch(&filled(&format!("x'{}'", "07".repeat(32)))).unwrap();
        connection.pragma_update(None, "application_id", 0x5374_4C67).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        drop(connection);
        let opened = self.open_beside(&place);
        (place, opened)
    }

    fn open_beside(&self, place: &str) -> Result<Box<dyn Database>, StoreFault> {
        Ok(Box::new(self.open_at(place.into())?))
    }

    fn set_back(&self, time: Duration) {
        self.milliseconds.fetch_sub(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn pass(&self, time: Duration) {
        self.milliseconds.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    fn raw(&self, sql: &str) -> Result<u64, String> {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute(sql, []).map(|rows| rows as u64).map_err(|error| error.to_string())
    }

    fn set_version(&self, version: i64) {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    }

    fn truncate(&self, table: &str) -> String {
        format!("DELETE FROM {table}")
    }

    fn nonce(&self) -> u64 {
        self.count.fetch_add(1 << 20, Ordering::SeqCst)
    }
}

macro_rules! over_sqlite {
    ($($case:ident,)*) => {$(
        #[test]
        fn $case() {
            suite::$case(&Sqlite::new());
        }
    )*};
}
for_each_case!(over_sqlite);

#[test]
fn replace_cannot_overwrite_a_record_or_a_first_seal() {
    let subject = Sqlite::new();
    let mut shop = suite::Shop::new(&subject);
    let rows = shop.sell_and_keep(2);
    for copy in ["seq, outlet, epoch, signer, position", "99, outlet, epoch, signer, position"] {
        let refused = subject.raw(&format!(
            "INSERT OR REPLACE INTO records (seq, outlet, epoch, signer, position, number, kind, time, stamped, hash, \
             record, body) SELECT {copy}, number, kind, time, stamped, hash, record, '{{}}' FROM records WHERE seq = 1"
        ));
        assert!(refused.unwrap_err().contains("in this place already"), "{copy}");
    }
    let changed = subject.raw(
        "INSERT OR REPLACE INTO sales SELECT outlet, stamped, hash, epoch, signer, position + 1 FROM sales",
    );
    assert_eq!(changed, Ok(0));
    assert_eq!(shop.stored(), rows);
    let found = shop.store.known(shop.outlet.id, &[(rows[0].stamped, rows[0].hash)], &[]).unwrap();
    assert_eq!(found.sales, rows[..1]);
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_is() {
    let subject = Sqlite::new();
    let text = subject.directory.path().join("notes.txt");
    std::fs::write(&text, "shopping list, longer than a hundred bytes ".repeat(40)).unwrap();
    let other = subject.directory.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    for path in [text, other] {
        let before = std::fs::read(&path).unwrap();
        let refused = subject.open_at(path.clone()).unwrap_err();
        assert!(refused.to_string().contains("no ledger"), "{refused}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn an_append_waits_for_no_more_than_a_portion_of_the_keys_that_are_forgotten() {
    const KEYS: u64 = 4_000;
    let subject = Sqlite::new();
    let mut shop = suite::Shop::new(&subject);
    shop.sell_and_keep(1);
    let keys = subject.raw(&format!(
        "INSERT INTO idempotency SELECT outlet, 'old-key-' || value, epoch, signer, position, value \
         FROM records JOIN (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT {KEYS}) \
         SELECT value FROM n)"
    ));
    assert_eq!(keys, Ok(KEYS));
    // The connections of one opening wait for each other in one place.
    let database = subject.open().unwrap();
    let (mut forgetting, mut appending) = (database.connect().unwrap(), database.connect().unwrap());
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let between = std::thread::scope(|scope| {
        scope.spawn(|| {
            let forgotten = forgetting.forget_keys(shop.head.state.time, usize::MAX).unwrap();
            is_over.store(true, Ordering::SeqCst);
            assert_eq!(forgotten as u64, KEYS);
        });
        let mut between = 0;
        while !is_over.load(Ordering::SeqCst) {
            assert_eq!(appending.append(&[shop.part(Vec::new())]).unwrap(), [ledger::Appended::Durable]);
            between += 1;
        }
        between
    });
    assert!(between >= 10, "{between} appends between 20 portions");
}

#[test]
fn readers_read_while_a_writer_is_in_its_transaction() {
    let subject = Sqlite::new();
    let mut shop = suite::Shop::new(&subject);
    let rows = shop.sell_and_keep(1);
    let writer = rusqlite::Connection::open(subject.path()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE heads SET generation = generation + 1").unwrap();
    assert_eq!(shop.stored(), rows);
    assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
}
