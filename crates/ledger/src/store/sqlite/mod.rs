//! The ledgers in one SQLite file.

mod append;
mod checkpoints;
mod one_writer;
mod read;
mod statements;
mod store;
mod tables;
mod write;

use std::{
    fmt,
    fs::OpenOptions,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use self::{
    checkpoints::{Checkpoints, Turnstile},
    one_writer::Writing,
    store::SqliteStore,
    tables::SqliteTables,
};
use super::{Database, LedgerStore, StoreFault, Tables};

/// Written into the file's header, so that tools know it: `StLg`.
const APPLICATION_ID: i64 = 0x5374_4C67;
const VERSION: i64 = 3;
const SCHEMA: &str = include_str!("schema.sql");
/// What version 2 adds.
const ACTS: &str = include_str!("acts.sql");
/// What version 3 adds.
const LINE: &str = include_str!("line.sql");
/// How long another process may write before this one gives up.
const BUSY: Duration = Duration::from_secs(10);
/// Of pages kept in memory for each connection, in KiB. The system keeps the rest: a larger cache is looked through whole
/// at each commit in which pages of an index were split.
const CACHE_KIB: i64 = 2 * 1024;
/// After so many pages of 4 KiB the write-ahead log is copied into the file by who commits, should the thread that does it
/// not have kept up.
const CHECKPOINT_PAGES: i64 = 16_384;
/// What is left of the write-ahead log after a reader has held it, in bytes.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// Says how long ago 1970 began. Processes that share a file take it from the same system.
pub type SinceEpoch = Arc<dyn Fn() -> Duration + Send + Sync>;

/// The ledgers in one SQLite file, with its write-ahead log beside it.
///
/// Each commit is on the disk when it is answered (`synchronous=FULL`). Readers have connections of their own and never
/// wait for the writer. The file must be on a disk of this machine: the log does not work over a network.
#[derive(Clone)]
pub struct SqliteDatabase {
    shared: Arc<Shared>,
}

impl SqliteDatabase {
    /// Opens the file, or makes it. Any other file than a ledger of this version is refused and left as it is.
    ///
    /// `clock` is for the turns of processes that share the file, and for nothing else.
    pub fn open(path: impl Into<PathBuf>, clock: SinceEpoch) -> Result<Self, StoreFault> {
        let path = path.into();
        let mut connection = open_file(&path)?;
        refuse_other_files(&connection, &path)?;
        keep_safe(&connection)?;
        flush_log(&mut connection, &path)?;
        make_tables(&mut connection, &path)?;
        let turnstile = Arc::<Turnstile>::default();
        let copying = open_file(&path)?;
        keep_safe(&copying)?;
        let _checkpoints = Checkpoints::start(&turnstile, copying).map_err(no_thread)?;
        let shared = Shared { path, clock, turnstile, _checkpoints, _keeper: Mutex::new(connection) };
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl Database for SqliteDatabase {
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
        Ok(Box::new(SqliteStore::new(Arc::clone(&self.shared))?))
    }

    fn snapshot(&self) -> Result<Box<dyn Tables>, StoreFault> {
        Ok(Box::new(SqliteTables::snapshot(&self.shared)?))
    }

    fn fill(&self) -> Result<Box<dyn Tables>, StoreFault> {
        Ok(Box::new(SqliteTables::fill(&self.shared)?))
    }
}

impl fmt::Debug for SqliteDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteDatabase").field("path", &self.shared.path).finish_non_exhaustive()
    }
}

/// What the connections to one file have in common.
struct Shared {
    path: PathBuf,
    clock: SinceEpoch,
    turnstile: Arc<Turnstile>,
    /// Ends before the last connection is closed.
    _checkpoints: Checkpoints,
    /// As long as one connection is open, what SQLite knows of the log stays: a commit whose flush failed is overwritten.
    /// The first connection after the last would read the log anew, and take that commit for one that was done.
    _keeper: Mutex<Connection>,
}

impl Shared {
    /// SQLite has one writer. Threads of this process wait for each other here and are woken at once, where SQLite's
    /// own waiting sleeps and asks again.
    fn only_writer(&self) -> Writing<'_> {
        self.turnstile.writing.wait()
    }

    /// There is something new in the log.
    fn has_written(&self) {
        self.turnstile.commits.fetch_add(1, Ordering::Relaxed);
    }

    fn now_milliseconds(&self) -> i64 {
        i64::try_from((self.clock)().as_millis()).unwrap_or(i64::MAX)
    }

    /// A connection to a file that was opened before: who put another in its place is told.
    fn connect(&self) -> Result<Connection, StoreFault> {
        let connection = open_file(&self.path)?;
        let found = version(&connection, &self.path)?;
        keep_safe(&connection)?;
        match found {
            VERSION => Ok(connection),
            found => Err(StoreFault::Version { found, known: VERSION }),
        }
    }
}

fn open_file(path: &Path) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).map_err(fault)?;
    connection.busy_timeout(BUSY).map_err(fault)?;
    // A statement that was prepared stays so, whatever its values are: SQLite would plan many of them anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
    // Statements of other tables are kept there too.
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}

/// 0 for a file that is still empty.
fn version(connection: &Connection, path: &Path) -> Result<i64, StoreFault> {
    let found = || -> Result<_, rusqlite::Error> {
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((pragma(connection, "application_id")?, pragma(connection, "user_version")?, tables))
    };
    match found() {
        Ok((0, 0, 0)) => Ok(0),
        Ok((APPLICATION_ID, version, _)) => Ok(version),
        Ok(_) => Err(no_ledger(path)),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => Err(no_ledger(path)),
        Err(error) => Err(fault(error)),
    }
}

fn no_ledger(path: &Path) -> StoreFault {
    StoreFault::Unsafe(format!("{} is no ledger: name another file or a new one", path.display()))
}

/// Before anything is set, because setting the write-ahead log already writes.
fn refuse_other_files(connection: &Connection, path: &Path) -> Result<(), StoreFault> {
    match version(connection, path)? {
        0..=VERSION => Ok(()),
        found => Err(StoreFault::Version { found, known: VERSION }),
    }
}

/// Sets what durability rests on, and reads it back.
fn keep_safe(connection: &Connection) -> Result<(), StoreFault> {
    let set = || -> Result<(String, i64), rusqlite::Error> {
        let journal =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
        for (name, value) in [
            // FULL: NORMAL may lose answered commits at a power cut.
            ("synchronous", 2),
            ("fullfsync", 1),
            ("checkpoint_fullfsync", 1),
            ("foreign_keys", 1),
            ("trusted_schema", 0),
            ("cache_size", -CACHE_KIB),
        ] {
            connection.pragma_update(None, name, value)?;
        }
        for (name, value) in [("wal_autocheckpoint", CHECKPOINT_PAGES), ("journal_size_limit", LOG_BYTES)] {
            connection.pragma_update_and_check(None, name, value, |_| Ok(()))?;
        }
        Ok((journal, pragma(connection, "synchronous")?))
    };
    match set().map_err(fault)? {
        (journal, 2) if journal == "wal" => Ok(()),
        (journal, synchronous) => Err(StoreFault::Unsafe(format!(
            "SQLite does not keep this file safe (journal {journal}, synchronous {synchronous}): put it on a disk of \
             this machine"
        ))),
    }
}

/// Writes the log once more, as it is, and flushes it. A process before may have ended because a flush failed; the system
/// then still holds what the disk does not have, and calls every later flush a success, for only what was written since
/// is flushed. What SQLite has read from such a log, and appends behind it, would be gone with the power.
fn flush_log(connection: &mut Connection, path: &Path) -> Result<(), StoreFault> {
    // Nobody else writes into the log meanwhile, and SQLite locks other files than this one.
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(fault)?;
    let mut name = path.canonicalize().map_err(unwritten)?.into_os_string();
    name.push("-wal");
    let log = OpenOptions::new().read(true).write(true).open(name).map_err(unwritten)?;
    let (mut bytes, mut at) = (vec![0; 1024 * 1024], 0);
    loop {
        let count = log.read_at(&mut bytes, at).map_err(unwritten)?;
        if count == 0 {
            break;
        }
        log.write_all_at(&bytes[..count], at).map_err(unwritten)?;
        at += count as u64;
    }
    log.sync_data().map_err(unwritten)?;
    transaction.rollback().map_err(fault)
}

fn no_thread(error: io::Error) -> StoreFault {
    StoreFault::Unavailable(format!("a thread for the write-ahead log: {error}"))
}

fn unwritten(error: io::Error) -> StoreFault {
    StoreFault::Unavailable(format!("the write-ahead log: {error}"))
}

/// Makes the tables, or brings those of an older version up to date, in one transaction. Two processes may open a new file
/// at once: the second finds the tables made.
fn make_tables(connection: &mut Connection, path: &Path) -> Result<(), StoreFault> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(fault)?;
    let found = version(&transaction, path)?;
    if found == 0 {
        transaction.execute_batch(SCHEMA).map_err(fault)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)?;
    }
    if found < 2 {
        transaction.execute_batch(ACTS).map_err(fault)?;
    }
    if found < VERSION {
        transaction.execute_batch(LINE).map_err(fault)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(fault)?;
    }
    transaction.commit().map_err(fault)
}

/// What an error means for whoever asked, when nothing was committed.
fn fault(error: rusqlite::Error) -> StoreFault {
    match &error {
        rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation => {
                StoreFault::Corrupt(error.to_string())
            }
            _ => StoreFault::Unavailable(error.to_string()),
        },
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => StoreFault::Corrupt(error.to_string()),
        _ => StoreFault::Unavailable(error.to_string()),
    }
}

fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}
