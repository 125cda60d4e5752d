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
