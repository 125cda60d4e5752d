//! One transaction that writes, and what is known when it fails.

use rusqlite::{Connection, ErrorCode};

use super::{Shared, StoreFault, fault};
use crate::AppendFault;

/// Runs `work` in a transaction that is on the disk when this returns. An error of `work` undoes it.
pub(super) fn transaction<T, E: From<StoreFault>>(
    shared: &Shared,
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<Result<T, E>, AppendFault> {
    let _writer = shared.only_writer();
    // One whose end failed may still be open.
    undo(shared, connection)?;
    connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| AppendFault::NotDone(fault(error)))?;
    let done = match work(connection) {
        Ok(done) => done,
        Err(stop) => {
            undo(shared, connection)?;
            return Ok(Err(stop));
        }
    };
    let ended = connection.execute_batch("COMMIT");
    shared.has_written();
    let Err(error) = ended else { return Ok(Ok(done)) };
    let is_undone = undo(shared, connection).is_ok();
    Err(after_commit(error, is_undone))
}

/// What a commit that failed leaves.
fn after_commit(error: rusqlite::Error, is_undone: bool) -> AppendFault {
    match error.sqlite_error_code() {
        // The disk was full before the last frame was written, which alone makes a commit of the frames before it.
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) if is_undone => {
            AppendFault::NotDone(fault(error))
        }
        // SQLite has rolled back. But the last frame may be in the log and on the disk, and count when this process dies
        // and another reads the log; the next write overwrites it, so a new turn decides.
        _ => AppendFault::Unknown(error.to_string()),
    }
}

/// Ends a transaction that SQLite has not ended by itself.
fn undo(shared: &Shared, connection: &mut Connection) -> Result<(), AppendFault> {
    if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
        // The old connection is closed, which ends its transaction.
        *connection = shared.connect().map_err(AppendFault::NotDone)?;
    }
    Ok(())
}

/// For what may be asked again when its outcome is unknown.
pub(super) fn retriable<T>(
    shared: &Shared,
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    match transaction(shared, connection, work) {
        Ok(done) => done,
        Err(AppendFault::NotDone(fault)) => Err(fault),
        Err(AppendFault::Unknown(said)) => Err(StoreFault::Unavailable(said)),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::SqliteDatabase;

    fn opened() -> (tempfile::TempDir, SqliteDatabase, Connection) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger");
        let database = SqliteDatabase::open(path, Arc::new(|| Duration::ZERO)).unwrap();
        let connection = database.shared.connect().unwrap();
        connection.execute_batch("CREATE TABLE extra (a BLOB)").unwrap();
        (directory, database, connection)
    }

    fn insert(connection: &Connection, bytes: i64) -> Result<(), StoreFault> {
        connection.execute("INSERT INTO extra VALUES (zeroblob(?1))", [bytes]).map(|_| ()).map_err(fault)
    }

    fn rows(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM extra", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_full_database_keeps_nothing_of_a_transaction_and_takes_the_next() {
        let (_directory, database, mut connection) = opened();
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages + 4, |_| Ok(())).unwrap();
        let full = transaction(&database.shared, &mut connection, |connection| {
            insert(connection, 10)?;
            insert(connection, 100_000)
        });
        assert!(matches!(full, Ok(Err(StoreFault::Unavailable(_)))), "{full:?}");
        assert_eq!(rows(&connection), 0);
        transaction(&database.shared, &mut connection, |connection| insert(connection, 10)).unwrap().unwrap();
        assert_eq!(rows(&connection), 1);
    }

    #[test]
    fn a_commit_that_fails_is_unknown_and_leaves_no_transaction_open() {
        let (_directory, database, mut connection) = opened();
        let failed = transaction(&database.shared, &mut connection, |connection| {
            insert(connection, 10)?;
            connection
                .execute_batch(
                    "PRAGMA defer_foreign_keys = 1; \
                     INSERT INTO heads (outlet, epoch, signer, hash, time, totals, generation) \
                     VALUES ('NOBODY', 1, 'A', x'', 0, x'', 0)",
                )
                .map_err(fault)
        });
        assert!(matches!(failed, Err(AppendFault::Unknown(_))), "{failed:?}");
        assert!(connection.is_autocommit());
        assert_eq!(rows(&connection), 0);
    }

    #[test]
    fn a_commit_that_failed_and_could_not_be_undone_is_unknown_whatever_the_reason() {
        use rusqlite::ffi;
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_IOERR_FSYNC] {
            let error = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            assert!(matches!(after_commit(error(), false), AppendFault::Unknown(_)), "{code}");
            let is_not_done = matches!(after_commit(error(), true), AppendFault::NotDone(_));
            assert_eq!(is_not_done, code != ffi::SQLITE_IOERR_FSYNC, "{code}");
        }
    }

    #[test]
    fn a_transaction_that_was_left_open_is_undone_before_the_next() {
        let (_directory, database, mut connection) = opened();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        insert(&connection, 10).unwrap();
        transaction(&database.shared, &mut connection, |connection| insert(connection, 20)).unwrap().unwrap();
        assert_eq!(rows(&connection), 1);
    }

    #[test]
    fn every_connection_flushes_each_commit() {
        let (_directory, _database, connection) = opened();
        let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap();
        let journal: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"));
    }
}
