//! The databases that can be tried.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use ledger::{
    AppendFault, Appended, Database, PostgresDatabase, PostgresOptions, SqliteDatabase, StoreFault,
};
use postgres::{Client, NoTls};

use crate::suite::{Shop, Subject};

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

    fn open_empty(&self) -> Box<dyn Database> {
        let beside = self.0.with_extension(format!("empty-{}", nonce()));
        Box::new(SqliteDatabase::open(beside, Arc::new(since_epoch)).unwrap())
    }

    fn open_older(
        &self,
        version: u32,
        filled: &dyn Fn(&str) -> String,
    ) -> (String, Result<Box<dyn Database>, StoreFault>) {
        let place = self.0.with_extension(format!("version-1-{}", nonce())).display().to_string();
        let connection = rusqlite::Connection::open(&place).unwrap();
        let schemas = [
            include_str!("../../tests/store/version_1/sqlite.sql"),
            include_str!("../../tests/store/version_2/sqlite.sql"),
        ];
        connection.execute_batch(schemas[version as usize - 1]).unwrap();
        connection.execute_batch(&filled(&format!("x'{}'", "07".repeat(32)))).unwrap();
        connection.pragma_update(None, "application_id", 0x5374_4C67).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        drop(connection);
        let opened = self.open_beside(&place);
        (place, opened)
    }

    fn open_beside(&self, place: &str) -> Result<Box<dyn Database>, StoreFault> {
        Ok(Box::new(SqliteDatabase::open(place, Arc::new(since_epoch))?))
    }

    fn set_back(&self, time: Duration) {
        let forward = time.as_millis();
        self.raw(&format!(
            "UPDATE heads SET turn_from = turn_from + {forward}, turn_until = turn_until + {forward}"
        ))
        .unwrap();
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

    /// A database beside this one, and how it is reached.
    fn make_database(&self, what: &str) -> String {
        let name = format!("{what}_{}", nonce());
        self.client().unwrap().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        // The last name of a database counts.
        let (url, name) = (&self.0, format!("dbname={name}"));
        match (url.contains("://"), url.contains('?')) {
            (false, _) => format!("{url} {name}"),
            (true, false) => format!("{url}?{name}"),
            (true, true) => format!("{url}&{name}"),
        }
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

    fn open_empty(&self) -> Box<dyn Database> {
        self.open_beside(&self.make_database("empty")).unwrap()
    }

    fn open_older(
        &self,
        version: u32,
        filled: &dyn Fn(&str) -> String,
    ) -> (String, Result<Box<dyn Database>, StoreFault>) {
        let place = self.make_database(&format!("version_{version}"));
        let mut client = Client::connect(&place, NoTls).unwrap();
        let schemas = [
            include_str!("../../tests/store/version_1/postgres.sql"),
            include_str!("../../tests/store/version_2/postgres.sql"),
        ];
        let schema = schemas[version as usize - 1];
        let filled = filled(&format!("'\\x{}'::bytea", "07".repeat(32)));
        client
            .batch_execute(&format!(
                "CREATE SCHEMA stelala_ledger; SET search_path = stelala_ledger, pg_catalog; {schema}; \
                 UPDATE meta SET version = {version}; {filled}"
            ))
            .unwrap();
        let opened = self.open_beside(&place);
        (place, opened)
    }

    fn open_beside(&self, place: &str) -> Result<Box<dyn Database>, StoreFault> {
        let options = PostgresOptions { url: place.to_owned(), ..self.options() };
        Ok(Box::new(PostgresDatabase::open(&options)?))
    }

    fn set_back(&self, time: Duration) {
        self.raw(&format!("UPDATE heads SET turn_until = turn_until + {}", time.as_millis())).unwrap();
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

/// Settings that are changed while a connection appends are noticed by the next append, which stores nothing.
pub(crate) fn notices_what_becomes_unsafe(subject: &Postgres) {
    let mut shop = Shop::new(subject);
    let mut client = subject.client().unwrap();
    for setting in ["fsync", "full_page_writes"] {
        client.batch_execute(&format!("ALTER SYSTEM SET {setting} = off")).unwrap();
        reload(&mut client, setting, "off");
        let refused = refusal(&mut shop);
        client.batch_execute(&format!("ALTER SYSTEM RESET {setting}")).unwrap();
        reload(&mut client, setting, "on");
        assert!(refused.contains(&format!("set {setting} = on")), "{refused}");
        shop.sell_and_keep(1);
    }
    // A connection that counts on a second server, which is then taken away.
    client.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'second'").unwrap();
    reload(&mut client, "synchronous_standby_names", "second");
    let on_two = PostgresOptions { allow_single_server: false, ..subject.options() };
    let store = PostgresDatabase::open(&on_two).and_then(|database| database.connect());
    client.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").unwrap();
    reload(&mut client, "synchronous_standby_names", "");
    let on_one = std::mem::replace(&mut shop.store, store.unwrap());
    let refused = refusal(&mut shop);
    assert!(refused.contains("allow_single_server = true"), "{refused}");
    shop.store = on_one;
    shop.sell_and_keep(1);
}

/// Why a sale is not appended.
fn refusal(shop: &mut Shop) -> String {
    for _ in 0..100 {
        let before = shop.head.clone();
        let rows = shop.sell(1);
        let part = shop.part(rows);
        match shop.store.append(std::slice::from_ref(&part)) {
            Err(AppendFault::NotDone(StoreFault::Unsafe(said))) => {
                shop.head = before;
                assert_eq!(shop.store.head(shop.outlet.id).unwrap().unwrap(), shop.head);
                return said;
            }
            // The server tells one session after the other, and may not have come to this one.
            Ok(answers) => assert_eq!(answers, [Appended::Durable]),
            other => panic!("{other:?}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("what became unsafe is not noticed within 10 s")
}

fn reload(client: &mut Client, setting: &str, expected: &str) {
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    while client.query_one("SELECT current_setting($1)", &[&setting]).unwrap().get::<_, String>(0) != expected
    {
        std::thread::sleep(Duration::from_millis(10));
    }
    // The server tells one session after the other.
    std::thread::sleep(Duration::from_millis(100));
}
