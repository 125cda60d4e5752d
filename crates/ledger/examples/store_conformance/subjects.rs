//! The databases that can be tried.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use ledger::{Database, PostgresDatabase, PostgresOptions, SqliteDatabase, StoreFault};
use postgres::{Client, NoTls};

use crate::suite::Subject;

#[expect(clippy::disallowed_methods, reason = "a program for tests: it runs over real time")]
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

/// In microseconds, so that 10 digits of base 36 hold it.
fn nonce() -> u64 {
    u64::try_from(since_epoch().as_micros()).unwrap()
}

pub(crate) struct Sqlite(pub(crate) PathBuf);

impl Subject for Sqlite {
    fn open(&self) -> Result<Box<dyn Database>, StoreFault> {
        Ok(Box::new(SqliteDatabase::open(&self.0, Arc::new(since_epoch))?))
    }

    fn pass(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn raw(&self, sql: &str) -> Result<u64, String> {
        let connection = rusqlite::Connection::open(&self.0).unwrap();
        connection.execute(sql, []).map(|rows| rows as u64).map_err(|error| error.to_string())
    }

    fn set_version(&self, version: i64) {
        let connection = rusqlite::Connection::open(&self.0).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    }

    fn truncate(&self, table: &str) -> String {
        format!("DELETE FROM {table}")
    }

    fn nonce(&self) -> u64 {
        nonce()
    }
}

pub(crate) struct Postgres(pub(crate) String);

impl Postgres {
    pub(crate) fn options(&self) -> PostgresOptions {
        PostgresOptions { url: self.0.clone(), allow_single_server: true, insecure_network: false }
    }

    /// A connection of someone with full access to the database.
    pub(crate) fn client(&self) -> Result<Client, postgres::Error> {
        let mut client = Client::connect(&self.0, NoTls)?;
        client.batch_execute("SET search_path = stelala_ledger")?;
        Ok(client)
    }
}

impl Subject for Postgres {
    fn open(&self) -> Result<Box<dyn Database>, StoreFault> {
        Ok(Box::new(PostgresDatabase::open(&self.options())?))
    }

    fn pass(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn raw(&self, sql: &str) -> Result<u64, String> {
        let said = self.client().unwrap().execute(sql, &[]);
        said.map_err(|error| {
            error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
        })
    }

    fn set_version(&self, version: i64) {
        self.client().unwrap().execute("UPDATE meta SET version = $1", &[&version]).unwrap();
    }

    fn truncate(&self, table: &str) -> String {
        format!("TRUNCATE {table} CASCADE")
    }

    fn nonce(&self) -> u64 {
        nonce()
    }
}

/// Settings under which answered invoices could be lost are refused by name.
pub(crate) fn refuses_what_is_unsafe(subject: &Postgres) {
    let alone = PostgresOptions { allow_single_server: false, ..subject.options() };
    let refused = PostgresDatabase::open(&alone).unwrap_err();
    assert!(refused.to_string().contains("allow_single_server = true"), "{refused}");
    // A connection without fsync: the server is told so, and told back afterwards.
    let mut client = subject.client().unwrap();
    for setting in ["fsync", "full_page_writes"] {
        client.batch_execute(&format!("ALTER SYSTEM SET {setting} = off")).unwrap();
        reload(&mut client, setting, "off");
        let refused = PostgresDatabase::open(&subject.options());
        client.batch_execute(&format!("ALTER SYSTEM RESET {setting}")).unwrap();
        reload(&mut client, setting, "on");
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains(&format!("set {setting} = on")), "{refused}");
    }
}

fn reload(client: &mut Client, setting: &str, expected: &str) {
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    while client.query_one("SELECT current_setting($1)", &[&setting]).unwrap().get::<_, String>(0) != expected
    {
        std::thread::sleep(Duration::from_millis(10));
    }
}
