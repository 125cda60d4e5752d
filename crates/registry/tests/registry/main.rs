//! The conformance suite of the registry over SQLite.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod suite;

use std::{path::PathBuf, sync::Arc, time::Duration};

use ledger::{Database, SqliteDatabase};
use suite::{Subject, for_each_case};

/// A file of its own for each case.
struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("ledger.sqlite")
    }
}

impl Subject for Sqlite {
    fn open(&self) -> Box<dyn Database> {
        Box::new(SqliteDatabase::open(self.path(), Arc::new(|| Duration::from_secs(1_773_000_000))).unwrap())
    }

    fn raw(&self, sql: &str) -> Result<u64, String> {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.execute(sql, []).map(|rows| rows as u64).map_err(|error| error.to_string())
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

/// As the program before devices left it.
#[test]
fn a_database_of_version_1_is_brought_up_to_date_with_all_that_is_in_it() {
    let subject = Sqlite::new();
    let database = subject.open();
    let connection = rusqlite::Connection::open(subject.path()).unwrap();
    connection.execute_batch(include_str!("version_1.sql")).unwrap();
    connection
        .execute_batch(
            "INSERT INTO registry_meta (id, version) VALUES (1, 1); \
             INSERT INTO merchants (id, name, nif, created) \
             VALUES ('mer_00000000000000000000', 'Maman Nzuzi', 'A1234567X', 1772000000);",
        )
        .unwrap();
    drop(connection);
    let mut store = database.connect().unwrap();
    let nif = "A1234567X".parse().unwrap();
    for _ in 0..2 {
        registry::Registry::prepare(&mut *store).unwrap();
        let mut registry = registry::Registry::over(&mut *store);
        let merchant = registry.merchant_of_nif(&registry::Reach::Platform, nif).unwrap().unwrap();
        assert_eq!(merchant.name.as_str(), "Maman Nzuzi");
        assert_eq!(registry.devices(&registry::Reach::Platform, None, 10).unwrap(), []);
    }
    assert_eq!(subject.raw("UPDATE registry_meta SET version = version WHERE version = 2"), Ok(1));
}
