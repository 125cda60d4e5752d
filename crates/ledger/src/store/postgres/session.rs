//! A connection that keeps what it commits.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ::postgres::{
    Client, NoTls, Row, Statement,
    error::{Severity, SqlState},
    types::ToSql,
};

use super::{Settings, StoreFault};

const VERSION: i64 = 3;
const SCHEMA: &str = include_str!("schema.sql");
/// What version 2 adds.
const ACTS: &str = include_str!("acts.sql");
/// What version 3 adds.
const LINE: &str = include_str!("line.sql");
/// The function that appends, which each later version has again: with acts, with holders and what cannot be placed.
const APPEND: &str = include_str!("append.sql");

/// What each session is set to.
///
/// Statements are short, and one that is not is ended: a lost process holds no lock for long. Every question has an
/// index; the planner shall not judge by the small tables of the first day that reading all of one is cheaper.
const SETTINGS: &str = "
    SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET default_transaction_read_only = off;
    SET statement_timeout = '30s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '10s';
    SET client_connection_check_interval = '5s';
    SET search_path = stelala_ledger, pg_catalog;
    SET enable_seqscan = off;
    SET enable_hashjoin = off;
    SET enable_mergejoin = off;
    SET plan_cache_mode = force_generic_plan;
    SET jit = off;
    SET bytea_output = 'hex';";

/// What an answered invoice rests on beside these, and an administrator may change at any time; in the order in which
/// [`refuse_unsafe`] reads them.
macro_rules! promises {
    () => {
        "current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'), \
         current_setting('synchronous_standby_names')"
    };
}

/// The same as one condition, for the statement that appends. `$1` allows a single server.
macro_rules! keeps_promises {
    () => {
        "current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' \
         AND current_setting('synchronous_commit') = 'on' \
         AND ($1 OR current_setting('synchronous_standby_names') <> '')"
    };
}
pub(super) use keeps_promises;

/// A connection with its prepared statements.
pub(super) struct Session {
    client: Client,
    allow_single_server: bool,
    statements: BTreeMap<&'static str, Statement>,
    warned: Arc<AtomicBool>,
}

impl Session {
    pub(super) fn open(settings: &Settings) -> Result<Self, StoreFault> {
        let warned = Arc::new(AtomicBool::new(false));
        let mut config = settings.config.clone();
        let heard = Arc::clone(&warned);
        config.notice_callback(move |notice| {
            // A table that is there already is no news.
            if notice.parsed_severity() == Some(Severity::Warning) {
                heard.store(true, Ordering::SeqCst);
                tracing::warn!("PostgreSQL: {}", notice.message());
            } else {
                tracing::debug!(severity = notice.severity(), "PostgreSQL: {}", notice.message());
            }
        });
        let mut client = config.connect(NoTls).map_err(|error| fault(&error))?;
        client.batch_execute(SETTINGS).map_err(|error| fault(&error))?;
        let allow_single_server = settings.allow_single_server;
        let mut session = Self { client, allow_single_server, statements: BTreeMap::new(), warned };
        session.refuse_standby()?;
        session.refuse_unsafe()?;
        Ok(session)
    }

    /// Whether a server without synchronous replication is allowed.
    pub(super) fn allows_single_server(&self) -> bool {
        self.allow_single_server
    }

    /// Makes the tables, or brings those of an older version up to date, in one transaction. Two processes may do this at
    /// once: the second waits, and finds it done.
    pub(super) fn make_tables(&mut self) -> Result<(), StoreFault> {
        let made = || -> Result<Option<i64>, ::postgres::Error> {
            let mut transaction = self.client.transaction()?;
            // Any number that no other program locks: `stelala1`.
            transaction.batch_execute("SELECT pg_advisory_xact_lock(x'7374656c616c6131'::bigint)")?;
            let there =
                transaction.query_one("SELECT to_regclass('stelala_ledger.meta') IS NOT NULL", &[])?;
            let is_new = !there.try_get::<_, bool>(0)?;
            if is_new {
                transaction.batch_execute("CREATE SCHEMA IF NOT EXISTS stelala_ledger")?;
                transaction.batch_execute(SCHEMA)?;
                transaction.execute("INSERT INTO meta VALUES (0)", &[])?;
            }
            let asked = transaction.query_opt("SELECT version FROM meta", &[])?;
            let mut version: Option<i64> = asked.map(|row| row.try_get(0)).transpose()?;
            if let Some(found @ 0..VERSION) = version {
                // Who still runs an older program appends no more.
                transaction.batch_execute("DROP FUNCTION IF EXISTS append")?;
                if found < 2 {
                    transaction.batch_execute(ACTS)?;
                }
                transaction.batch_execute(LINE)?;
                transaction.batch_execute(APPEND)?;
                transaction.execute("UPDATE meta SET version = $1", &[&VERSION])?;
                version = Some(VERSION);
            }
            transaction.commit()?;
            Ok(version)
        };
        let mut made = made;
        check_version(made().map_err(|error| fault(&error))?)
    }

    /// For a database that was opened before: who put another in its place is told.
    pub(super) fn refuse_other_versions(&mut self) -> Result<(), StoreFault> {
        let version =
            self.client.query_opt("SELECT version FROM meta", &[]).map_err(|error| fault(&error))?;
        check_version(version.and_then(|row| row.try_get(0).ok()))
    }

    fn refuse_standby(&mut self) -> Result<(), StoreFault> {
        let asked = self.client.query_one("SELECT current_setting('in_hot_standby')", &[]);
        let is_standby: Result<String, _> = asked.and_then(|row| row.try_get(0));
        if is_standby.map_err(|error| fault(&error))? == "on" {
            let said = "this server is a standby: wait for the new primary";
            return Err(StoreFault::Unavailable(said.to_owned()));
        }
        Ok(())
    }

    /// Says which setting would lose what was answered.
    pub(super) fn refuse_unsafe(&mut self) -> Result<(), StoreFault> {
        let found =
            self.client.query_one(concat!("SELECT ", promises!()), &[]).map_err(|error| fault(&error))?;
        let setting = |at: usize| found.try_get::<_, String>(at).map_err(|error| fault(&error));
        for (at, name) in ["fsync", "full_page_writes", "synchronous_commit"].into_iter().enumerate() {
            if setting(at)? != "on" {
                return Err(StoreFault::Unsafe(format!(
                    "PostgreSQL would lose invoices that were answered: set {name} = on"
                )));
            }
        }
        if !self.allow_single_server && setting(3)?.is_empty() {
            return Err(StoreFault::Unsafe(
                "PostgreSQL has no synchronous standby, so that invoices are lost with its disk: set \
                 synchronous_standby_names, or allow_single_server = true to run without"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    /// Asks under a statement that is prepared once.
    pub(super) fn query(
        &mut self,
        sql: &'static str,
        asked: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ::postgres::Error> {
        let statement = self.prepare(sql)?;
        self.client.query(&statement, asked)
    }

    /// So that what fails after it was sent is told from what fails before.
    pub(super) fn prepare(&mut self, sql: &'static str) -> Result<Statement, ::postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    /// Runs a statement that writes. The connection waits until its transaction has ended, which PostgreSQL says after
    /// the rows.
    pub(super) fn write(
        &mut self,
        statement: &Statement,
        asked: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, WriteFault> {
        self.warned.store(false, Ordering::SeqCst);
        let rows = self.client.query(statement, asked).map_err(|error| {
            if is_undone(&error) {
                WriteFault::NotDone(error)
            } else {
                WriteFault::Unknown(error.to_string())
            }
        })?;
        // When a wait for the second server is cut short, PostgreSQL commits, warns and calls it a success.
        if self.warned.load(Ordering::SeqCst) {
            return Err(WriteFault::Unknown(
                "PostgreSQL warned that the commit may be on one server only".to_owned(),
            ));
        }
        Ok(rows)
    }

    /// Runs statements without values.
    pub(super) fn batch(&mut self, sql: &str) -> Result<(), ::postgres::Error> {
        self.client.batch_execute(sql)
    }

    /// Runs a statement within a transaction, and says how many rows it changed.
    pub(super) fn execute(
        &mut self,
        statement: &Statement,
        asked: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, ::postgres::Error> {
        self.client.execute(statement, asked)
    }

    /// Ends a transaction in which no statement failed.
    pub(super) fn commit(&mut self) -> Result<(), WriteFault> {
        let statement = self.prepare("COMMIT").map_err(WriteFault::NotDone)?;
        self.write(&statement, &[]).map(|_| ())
    }

    /// For a transaction over many statements.
    pub(super) fn into_client(self) -> Client {
        self.client
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

/// Why a write has no rows to show.
pub(super) enum WriteFault {
    /// PostgreSQL said so.
    NotDone(::postgres::Error),
    /// The connection ended, or the commit is not on both servers.
    Unknown(String),
}

/// An ERROR undoes its transaction. FATAL and PANIC end the session, and may come after the commit.
fn is_undone(error: &::postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| said.parsed_severity() == Some(Severity::Error))
}

fn check_version(found: Option<i64>) -> Result<(), StoreFault> {
    match found {
        Some(VERSION) => Ok(()),
        Some(found) => Err(StoreFault::Version { found, known: VERSION }),
        None => Err(StoreFault::Corrupt("the table meta is empty".to_owned())),
    }
}

/// What an error means for whoever asked.
pub(super) fn fault(error: &::postgres::Error) -> StoreFault {
    let said = error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned());
    match error.code() {
        Some(&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED | &SqlState::UNDEFINED_TABLE) => {
            StoreFault::Corrupt(said)
        }
        _ => StoreFault::Unavailable(said),
    }
}
