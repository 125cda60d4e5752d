//! Questions beside the one that writes, and what clouds hold: that is only delivered again when it is lost.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{PayloadHash, Record};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tunnel::{JournalLine, Key, Payload, Text};

use super::{
    Entry, JournalId, SpoolFault,
    journal::{filled, stored},
    schema::{Durable, prepare},
};

/// A connection for all who ask.
#[derive(Debug)]
pub(crate) struct Reader(Mutex<Connection>);

/// A sealed sale with what was sealed.
#[derive(Clone, Debug)]
pub(crate) struct SealedSale {
    /// The answer to COMMIT, without `status`.
    pub(crate) seal: String,
    pub(crate) payload: Option<String>,
}

impl Reader {
    pub(crate) fn open(path: &Path) -> Result<Self, SpoolFault> {
        let connection = Connection::open(path)?;
        prepare(&connection, Durable::Soon)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half-made question behind: transactions roll back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records after a position, up to what is filled: so many, and so many bytes, at most, and of one epoch.
    pub(crate) fn lines_after(
        &self,
        journal: JournalId,
        after: u64,
        most: usize,
        bytes: usize,
    ) -> Result<Option<(u32, u64, Vec<JournalLine>)>, SpoolFault> {
        let connection = self.connection();
        let to = filled(&connection, journal)?.0;
        let sql = "SELECT r.epoch, r.position, r.record, r.payload, s.key FROM records r \
                   LEFT JOIN sales s ON s.hash = r.payload_hash AND r.number IS NOT NULL \
                   WHERE r.journal = ?1 AND r.position > ?2 AND r.position <= ?3 ORDER BY r.position LIMIT ?4";
        let mut statement = connection.prepare_cached(sql)?;
        let limit = stored(most as u64);
        let mut rows = statement.query(params![journal.0, stored(after), stored(to), limit])?;
        let mut chunk: Option<(u32, u64, Vec<JournalLine>)> = None;
        let mut weight = 0;
        while let Some(row) = rows.next()? {
            let (epoch, position) = (row.get::<_, u32>(0)?, row.get::<_, i64>(1)?.unsigned_abs());
            let line = line(row)?;
            weight += line.weight();
            match &mut chunk {
                None => chunk = Some((epoch, position, vec![line])),
                Some((of, first, lines)) => {
                    let follows = position == *first + lines.len() as u64;
                    if *of != epoch || !follows || weight > bytes {
                        break;
                    }
                    lines.push(line);
                }
            }
        }
        Ok(chunk)
    }

    /// Records after a position, as lines of a journal.
    pub(crate) fn entries_after(
        &self,
        journal: JournalId,
        after: u64,
        most: u32,
    ) -> Result<Vec<Entry>, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT record, payload FROM records WHERE journal = ?1 AND position > ?2 ORDER BY position LIMIT ?3";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![journal.0, stored(after), most])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(0)?;
            let record = Record::from_bytes(&bytes).map_err(|_| SpoolFault::Damaged("a record"))?;
            entries.push(Entry { record, payload: row.get(1)? });
        }
        Ok(entries)
    }

    pub(crate) fn by_key(&self, key: &str) -> Result<Option<SealedSale>, SpoolFault> {
        self.one("s.key = ?1", key)
    }

    pub(crate) fn by_number(&self, fiscal_number: &str) -> Result<Option<SealedSale>, SpoolFault> {
        self.one("s.fiscal_number = ?1", fiscal_number)
    }

    /// As what a payload was sealed.
    pub(crate) fn number_of(&self, hash: PayloadHash) -> Result<Option<String>, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT fiscal_number FROM sales WHERE hash = ?1";
        let number = connection.prepare_cached(sql)?.query_row([hash.0], |row| row.get(0)).optional()?;
        Ok(number.flatten())
    }

    fn one(&self, condition: &str, value: &str) -> Result<Option<SealedSale>, SpoolFault> {
        let connection = self.connection();
        let sql = format!(
            "SELECT s.seal, (SELECT r.payload FROM records r WHERE r.payload_hash = s.hash AND r.number IS NOT NULL LIMIT 1) \
             FROM sales s WHERE {condition} AND s.stage = 'sealed'"
        );
        let sale = connection
            .prepare_cached(&sql)?
            .query_row([value], |row| Ok(SealedSale { seal: row.get(0)?, payload: row.get(1)? }))
            .optional()?;
        Ok(sale)
    }

    /// Up to where a cloud holds a journal.
    pub(crate) fn held(&self, cloud: &str, journal: JournalId) -> Result<u64, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT position FROM held WHERE cloud = ?1 AND journal = ?2";
        let held: Option<i64> = connection
            .prepare_cached(sql)?
            .query_row(params![cloud, journal.0], |row| row.get(0))
            .optional()?;
        Ok(held.map_or(0, i64::unsigned_abs))
    }

    /// Keeps that; a cloud that was put back holds less than it said before.
    pub(crate) fn set_held(&self, cloud: &str, journal: JournalId, position: u64) -> Result<(), SpoolFault> {
        let connection = self.connection();
        let sql = "INSERT INTO held (cloud, journal, position) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (cloud, journal) DO UPDATE SET position = ?3";
        connection.prepare_cached(sql)?.execute(params![cloud, journal.0, stored(position)])?;
        Ok(())
    }

    /// Sales of which it is not known what became of them.
    pub(crate) fn unresolved(&self) -> Result<u64, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT count(*) FROM sales WHERE stage <> 'sealed'";
        let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether the journal is kept from its first record on.
    pub(crate) fn begins_at_first(&self, journal: JournalId) -> Result<bool, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT 1 FROM records WHERE journal = ?1 AND position = 1";
        Ok(connection.prepare_cached(sql)?.exists([journal.0])?)
    }

    /// The journal that was begun last, and how far it is read.
    pub(crate) fn newest(&self) -> Result<Option<(JournalId, u64)>, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT id, filled FROM journals ORDER BY id DESC LIMIT 1";
        let found = connection
            .prepare_cached(sql)?
            .query_row([], |row| Ok((JournalId(row.get(0)?), row.get::<_, i64>(1)?.unsigned_abs())))
            .optional()?;
        Ok(found)
    }

    /// How many records are kept.
    pub(crate) fn kept(&self, journal: JournalId, filled: u64) -> Result<u64, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT min(position) FROM records WHERE journal = ?1";
        let first: Option<i64> = connection.prepare_cached(sql)?.query_row([journal.0], |row| row.get(0))?;
        Ok(first.map_or(0, |first| (filled + 1).saturating_sub(first.unsigned_abs())))
    }

    /// A text that was kept under a name.
    pub(crate) fn noted(&self, name: &str) -> Result<Option<String>, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT value FROM meta WHERE name = ?1";
        Ok(connection.prepare_cached(sql)?.query_row([name], |row| row.get(0)).optional()?)
    }
}

fn line(row: &Row<'_>) -> Result<JournalLine, SpoolFault> {
    let record: Vec<u8> = row.get(2)?;
    let (payload, key): (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
    let long = |_| SpoolFault::Damaged("a text that is too long");
    Ok(JournalLine {
        record: Text::new(Base64UrlUnpadded::encode_string(&record)).map_err(long)?,
        payload: payload.map(Payload::new).transpose().map_err(long)?,
        idempotency_key: key.map(Key::new).transpose().map_err(long)?,
    })
}
