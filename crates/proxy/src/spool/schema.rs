use rusqlite::Connection;

/// The version of the tables; `PRAGMA user_version` is the pairing's too and stays as it is.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS journals (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    key_id TEXT NOT NULL,
    -- Positions begin at 1 again in each.
    epoch INTEGER NOT NULL,
    -- Every record up to here is kept, or lies before what begun says.
    filled INTEGER NOT NULL DEFAULT 0,
    -- Up to here records may be missing: a cloud holds them, and they were passed over or taken out.
    begun INTEGER NOT NULL DEFAULT 0,
    UNIQUE (device, key_id, epoch)
) STRICT;
CREATE TABLE IF NOT EXISTS records (
    journal INTEGER NOT NULL REFERENCES journals (id),
    position INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    hash BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    number INTEGER,
    time INTEGER NOT NULL,
    record BLOB NOT NULL,
    payload TEXT,
    PRIMARY KEY (journal, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS records_by_payload ON records (payload_hash);
CREATE INDEX IF NOT EXISTS records_by_number ON records (epoch, number) WHERE number IS NOT NULL;
CREATE TABLE IF NOT EXISTS sales (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    terminal TEXT NOT NULL,
    key TEXT UNIQUE,
    -- The device to which it was offered.
    journal INTEGER NOT NULL REFERENCES journals (id),
    stage TEXT NOT NULL CHECK (stage IN ('meant', 'committing', 'sealed')),
    nonce TEXT,
    seal TEXT,
    fiscal_number TEXT,
    time INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sales_open ON sales (id) WHERE stage <> 'sealed';
CREATE UNIQUE INDEX IF NOT EXISTS sales_by_number ON sales (fiscal_number) WHERE fiscal_number IS NOT NULL;
CREATE TABLE IF NOT EXISTS held (
    cloud TEXT NOT NULL,
    journal INTEGER NOT NULL REFERENCES journals (id),
    position INTEGER NOT NULL,
    PRIMARY KEY (cloud, journal)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// How durable what a connection commits is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// Before the commit returns.
    AtOnce,
    /// Soon; what is lost is only done again.
    Soon,
}

/// Sets a connection up, and makes the tables that are not there.
pub(super) fn prepare(connection: &Connection, durable: Durable) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = if durable == Durable::AtOnce { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(TABLES)
}
