//! Questions beside the one that writes, and what clouds hold: that is only delivered again when it is lost.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{PayloadHash, Record};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tunnel::{JournalLine, Key, Payload, Place, Text};

use super::{
    Entry, JournalId, Merchant, SpoolFault,
    journal::stored,
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

/// What comes next on the way to a cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stretch {
    /// Records, one position after another.
    Lines { first: Place, lines: Vec<JournalLine> },
    /// The row of this one was damaged: the device has it.
    Damaged(Place),
    /// Nothing more is filled.
    End,
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

    /// Records after a place, up to what is filled: so many, and so many bytes, at most, and of one epoch.
    pub(crate) fn lines_after(
        &self,
        journal: JournalId,
        after: Place,
        most: usize,
        bytes: usize,
    ) -> Result<Stretch, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT b.id, b.epoch, b.filled FROM journals a JOIN journals b USING (device, key_id) \
                   WHERE a.id = ?1 AND b.epoch >= ?2 ORDER BY b.epoch";
        let mut statement = connection.prepare_cached(sql)?;
        let mut journals = statement.query(params![journal.0, after.epoch])?;
        while let Some(row) = journals.next()? {
            let (id, epoch) = (JournalId(row.get(0)?), row.get(1)?);
            let from = if epoch == after.epoch { after.position } else { 0 };
            let to = row.get::<_, i64>(2)?.unsigned_abs();
            let stretch = stretch(&connection, id, Place { epoch, position: from }, to, most, bytes)?;
            if stretch != Stretch::End {
                return Ok(stretch);
            }
        }
        Ok(Stretch::End)
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

    /// How many records of a device a cloud does not hold. What an epoch was begun after is held.
    pub(crate) fn behind(&self, cloud: &str, journal: JournalId) -> Result<u64, SpoolFault> {
        let connection = self.connection();
        let sql = "WITH its AS (SELECT b.id, b.epoch, b.filled, coalesce(h.position, 0) AS held \
                   FROM journals a JOIN journals b USING (device, key_id) \
                   LEFT JOIN held h ON h.journal = b.id AND h.cloud = ?1 WHERE a.id = ?2) \
                   SELECT coalesce(sum(max(0, filled - held)), 0) FROM its \
                   WHERE epoch >= (SELECT coalesce(max(epoch), 0) FROM its WHERE held > 0)";
        let behind: i64 =
            connection.prepare_cached(sql)?.query_row(params![cloud, journal.0], |row| row.get(0))?;
        Ok(behind.unsigned_abs())
    }

    /// Keeps up to where a cloud holds what a device sealed; one that was put back holds less than it said before.
    pub(crate) fn set_held(&self, cloud: &str, journal: JournalId, held: Place) -> Result<(), SpoolFault> {
        let connection = self.connection();
        let sql = "INSERT INTO held (cloud, journal, position) \
                   SELECT ?1, b.id, CASE b.epoch WHEN ?3 THEN ?4 ELSE 0 END \
                   FROM journals a JOIN journals b USING (device, key_id) WHERE a.id = ?2 AND b.epoch >= ?3 \
                   ON CONFLICT (cloud, journal) DO UPDATE SET position = excluded.position";
        connection.prepare_cached(sql)?.execute(params![
            cloud,
            journal.0,
            held.epoch,
            stored(held.position)
        ])?;
        Ok(())
    }

    /// Sales of which it is not known what became of them.
    pub(crate) fn unresolved(&self) -> Result<u64, SpoolFault> {
        let connection = self.connection();
        let sql = "SELECT count(*) FROM sales WHERE stage <> 'sealed'";
        let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        Ok(count.unsigned_abs())
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

    /// Whose the device was that answered last.
    pub(crate) fn merchant(&self) -> Result<Option<Merchant>, SpoolFault> {
        Ok(self.noted(Merchant::NAME)?.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// Records of one journal.
fn stretch(
    connection: &Connection,
    journal: JournalId,
    after: Place,
    to: u64,
    most: usize,
    bytes: usize,
) -> Result<Stretch, SpoolFault> {
    let sql = "SELECT r.position, r.hash, r.record, r.payload, s.key FROM records r \
               LEFT JOIN sales s ON s.hash = r.payload_hash AND r.number IS NOT NULL \
               WHERE r.journal = ?1 AND r.position > ?2 AND r.position <= ?3 ORDER BY r.position LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let limit = stored(most as u64);
    let mut rows = statement.query(params![journal.0, stored(after.position), stored(to), limit])?;
    let (mut first, mut lines, mut weight) = (0, Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let position = row.get::<_, i64>(0)?.unsigned_abs();
        let place = Place { epoch: after.epoch, position };
        let Some(line) = line(row, place) else {
            if lines.is_empty() {
                return Ok(Stretch::Damaged(place));
            }
            break;
        };
        weight += line.weight();
        if lines.is_empty() {
            first = position;
        } else if position != first + lines.len() as u64 || weight > bytes {
            break;
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Ok(Stretch::End);
    }
    Ok(Stretch::Lines { first: Place { epoch: after.epoch, position: first }, lines })
}

/// A row; none when it cannot be read, or is not what it says.
fn line(row: &Row<'_>, place: Place) -> Option<JournalLine> {
    let (hash, bytes): (Vec<u8>, Vec<u8>) = (row.get(1).ok()?, row.get(2).ok()?);
    let (payload, key): (Option<String>, Option<String>) = (row.get(3).ok()?, row.get(4).ok()?);
    let record = Record::from_bytes(&bytes).ok()?;
    let is_whole = record.hash().0 == *hash
        && (record.header.epoch.0, record.link.position.value()) == (place.epoch, place.position)
        && payload.as_ref().is_none_or(|payload| PayloadHash::of(payload.as_bytes()) == record.link.payload);
    if !is_whole {
        return None;
    }
    Some(JournalLine {
        record: Text::new(Base64UrlUnpadded::encode_string(&bytes)).ok()?,
        payload: payload.map(Payload::new).transpose().ok()?,
        // A key that is none is no reason to withhold what was sealed.
        idempotency_key: key.and_then(|key| Key::new(key).ok()),
    })
}
