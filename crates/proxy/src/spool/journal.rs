//! The device's journal as far as it was read.

use fiscal::{EventKind, PayloadHash, Record, Subject};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Spool, SpoolFault};

/// Which journal: a device's, of a key that it seals with, in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JournalId(pub(super) i64);

/// A record with what it seals.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) record: Record,
    pub(crate) payload: Option<String>,
}

/// How far a journal is read without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filled(pub(crate) u64);

impl Entry {
    pub(crate) fn position(&self) -> u64 {
        self.record.link.position.value()
    }
}

impl Spool {
    /// The journal of a device in an epoch.
    pub(crate) fn journal(
        &mut self,
        device: &str,
        key_id: &str,
        epoch: u32,
    ) -> Result<JournalId, SpoolFault> {
        let sql = "INSERT INTO journals (device, key_id, epoch) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.connection.prepare_cached(sql)?.execute(params![device, key_id, epoch])?;
        let sql = "SELECT id FROM journals WHERE device = ?1 AND key_id = ?2 AND epoch = ?3";
        let one = params![device, key_id, epoch];
        let id = self.connection.prepare_cached(sql)?.query_row(one, |row| row.get(0))?;
        Ok(JournalId(id))
    }

    /// Whether two journals are of one device and key.
    pub(crate) fn is_of_same_device(&self, one: JournalId, other: JournalId) -> Result<bool, SpoolFault> {
        let sql =
            "SELECT 1 FROM journals a JOIN journals b USING (device, key_id) WHERE a.id = ?1 AND b.id = ?2";
        Ok(self.connection.prepare_cached(sql)?.exists([one.0, other.0])?)
    }

    /// How far it is read without a gap.
    pub(crate) fn filled(&self, journal: JournalId) -> Result<Filled, SpoolFault> {
        filled(&self.connection, journal)
    }

    /// Keeps a chunk of a dump that was asked for after what is filled. What is there already has to be the same.
    /// `end` is where the chunk ends, also of one from which records were erased.
    pub(crate) fn fill(
        &mut self,
        journal: JournalId,
        entries: &[Entry],
        end: u64,
    ) -> Result<Filled, SpoolFault> {
        let transaction = self.connection.transaction()?;
        let before = filled(&transaction, journal)?;
        let mut expected = None;
        for entry in entries {
            let position = entry.position();
            // A device may have erased the beginning of its journal; behind that there is no gap.
            if let Some(expected) = expected.filter(|expected| *expected != position) {
                return Err(SpoolFault::Gap { expected, found: position });
            }
            if expected.is_none() && position > before.0 + 1 {
                set_begun(&transaction, journal, position - 1)?;
            }
            expected = Some(position + 1);
            keep(&transaction, journal, entry)?;
        }
        let end = entries.last().map_or(end, Entry::position).max(before.0);
        set_filled(&transaction, journal, end)?;
        let filled = advance(&transaction, journal)?;
        transaction.commit()?;
        Ok(filled)
    }

    /// A cloud holds everything up to here: reading goes on from there.
    pub(crate) fn begin_after(&mut self, journal: JournalId, position: u64) -> Result<Filled, SpoolFault> {
        let transaction = self.connection.transaction()?;
        if filled(&transaction, journal)?.0 < position {
            set_begun(&transaction, journal, position)?;
            set_filled(&transaction, journal, position)?;
        }
        let filled = advance(&transaction, journal)?;
        transaction.commit()?;
        Ok(filled)
    }

    /// Up to where records may be missing.
    pub(crate) fn begun(&self, journal: JournalId) -> Result<u64, SpoolFault> {
        let sql = "SELECT begun FROM journals WHERE id = ?1";
        let begun: i64 = self.connection.prepare_cached(sql)?.query_row([journal.0], |row| row.get(0))?;
        Ok(begun.unsigned_abs())
    }

    /// What was missing has been read.
    pub(crate) fn is_whole_now(&mut self, journal: JournalId) -> Result<(), SpoolFault> {
        self.connection
            .prepare_cached("UPDATE journals SET begun = 0 WHERE id = ?1")?
            .execute([journal.0])?;
        Ok(())
    }

    /// Whether every record of the device is kept, from its first one on up to what is filled of this journal: an epoch
    /// begins with a record that names the last one of the epoch before.
    pub(crate) fn is_whole(&self, journal: JournalId) -> Result<bool, SpoolFault> {
        let mut journal = journal;
        loop {
            if self.begun(journal)? > 0 {
                return Ok(false);
            }
            let sql = "SELECT record FROM records WHERE journal = ?1 AND position = 1";
            let first: Option<Vec<u8>> =
                self.connection.prepare_cached(sql)?.query_row([journal.0], |row| row.get(0)).optional()?;
            let Some(first) = first.and_then(|bytes| Record::from_bytes(&bytes).ok()) else {
                return Ok(false);
            };
            if first.header.subject != Subject::Event(EventKind::Epoch) {
                return Ok(true);
            }
            let sql = "SELECT b.id FROM journals a JOIN journals b USING (device, key_id) \
                       JOIN records r ON r.journal = b.id AND r.position = b.filled \
                       WHERE a.id = ?1 AND b.epoch < a.epoch AND r.hash = ?2";
            let before = params![journal.0, first.link.previous.0];
            let before =
                self.connection.prepare_cached(sql)?.query_row(before, |row| row.get(0)).optional()?;
            let Some(before) = before else { return Ok(false) };
            journal = JournalId(before);
        }
    }

    /// The time of the first record from which on none is missing up to what is filled, in seconds since 1970.
    pub(crate) fn kept_since(&self, journal: JournalId) -> Result<Option<u64>, SpoolFault> {
        let sql = "SELECT r.time FROM records r JOIN journals j ON j.id = r.journal \
                   WHERE r.journal = ?1 AND r.position > j.begun AND r.position <= j.filled \
                   ORDER BY r.position LIMIT 1";
        let time =
            self.connection.prepare_cached(sql)?.query_row([journal.0], |row| row.get(0)).optional()?;
        Ok(time.map(i64::unsigned_abs))
    }

    /// Whether a payload's record is among those that are kept of the device, in whichever epoch.
    pub(crate) fn sealed_in_journal(
        &self,
        journal: JournalId,
        payload: PayloadHash,
    ) -> Result<Option<(u32, u64)>, SpoolFault> {
        let sql = "SELECT r.epoch, r.number FROM records r JOIN journals b ON b.id = r.journal \
                   JOIN journals a USING (device, key_id) \
                   WHERE r.payload_hash = ?1 AND a.id = ?2 AND r.number IS NOT NULL ORDER BY r.epoch LIMIT 1";
        let found = self
            .connection
            .prepare_cached(sql)?
            .query_row(params![payload.0, journal.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))
            .optional()?;
        Ok(found.map(|(epoch, number)| (epoch, number.unsigned_abs())))
    }

    /// Takes out what every one of these clouds holds and is older than a time. Says how many records went.
    pub(crate) fn prune(&mut self, clouds: &[String], before: u64) -> Result<usize, SpoolFault> {
        if clouds.is_empty() {
            return Ok(0);
        }
        let before = i64::try_from(before).unwrap_or(i64::MAX);
        let transaction = self.connection.transaction()?;
        let mut journals: Vec<(i64, i64)> = Vec::new();
        {
            let mut statement = transaction.prepare_cached("SELECT id FROM journals")?;
            let ids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for id in ids {
                let mut least = i64::MAX;
                for cloud in clouds {
                    let sql = "SELECT position FROM held WHERE cloud = ?1 AND journal = ?2";
                    let held: Option<i64> = transaction
                        .prepare_cached(sql)?
                        .query_row(params![cloud, id], |row| row.get(0))
                        .optional()?;
                    least = least.min(held.unwrap_or(0));
                }
                journals.push((id, least));
            }
        }
        let mut gone = 0;
        for (id, held) in journals {
            // A sale that goes with its record is answered by the ledger from then on.
            let sql = "DELETE FROM sales WHERE stage = 'sealed' AND hash IN \
                       (SELECT payload_hash FROM records WHERE journal = ?1 AND position <= ?2 AND time < ?3)";
            transaction.prepare_cached(sql)?.execute(params![id, held, before])?;
            let sql = "UPDATE journals SET begun = max(begun, coalesce((SELECT max(position) FROM records \
                       WHERE journal = ?1 AND position <= ?2 AND time < ?3), 0)) WHERE id = ?1";
            transaction.prepare_cached(sql)?.execute(params![id, held, before])?;
            let sql = "DELETE FROM records WHERE journal = ?1 AND position <= ?2 AND time < ?3";
            gone += transaction.prepare_cached(sql)?.execute(params![id, held, before])?;
        }
        transaction.commit()?;
        Ok(gone)
    }
}

/// Keeps a record as the device says it. One that is there already has to be the same; a row that was damaged is mended.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    journal: JournalId,
    entry: &Entry,
) -> Result<(), SpoolFault> {
    let Record { header, link, .. } = &entry.record;
    let position = link.position.value();
    let (hash, bytes) = (entry.record.hash(), entry.record.to_bytes());
    let sql = "SELECT hash, record FROM records WHERE journal = ?1 AND position = ?2";
    let there = transaction
        .prepare_cached(sql)?
        .query_row(params![journal.0, stored(position)], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
        })
        .optional()?;
    if let Some((kept, record)) = there {
        // A row that is not what it says of itself is no witness against the device.
        let is_sound = Record::from_bytes(&record).is_ok_and(|record| record.hash().0 == *kept);
        if is_sound && *kept != hash.0 {
            return Err(SpoolFault::Fork { position });
        }
    }
    let number = header.invoice().map(|facts| stored(facts.number.value()));
    // The signature is not in the hash: what the device says is kept, whether it was there or not.
    let sql = "INSERT INTO records (journal, position, epoch, hash, payload_hash, number, time, record, payload) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
               ON CONFLICT (journal, position) DO UPDATE SET epoch = ?3, hash = ?4, payload_hash = ?5, number = ?6, \
               time = ?7, record = ?8, payload = ?9 \
               WHERE (epoch, hash, payload_hash, number, time, record, payload) IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    transaction.prepare_cached(sql)?.execute(params![
        journal.0,
        stored(position),
        header.epoch.0,
        hash.0,
        link.payload.0,
        number,
        stored(header.time.unix()),
        bytes.as_slice(),
        entry.payload,
    ])?;
    Ok(())
}

/// Moves what is filled up to the next gap.
pub(super) fn advance(transaction: &Transaction<'_>, journal: JournalId) -> Result<Filled, SpoolFault> {
    let before = filled(transaction, journal)?.0;
    let mut at = before;
    let mut next =
        transaction.prepare_cached("SELECT 1 FROM records WHERE journal = ?1 AND position = ?2")?;
    while next.exists(params![journal.0, stored(at + 1)])? {
        at += 1;
    }
    if at != before {
        set_filled(transaction, journal, at)?;
    }
    Ok(Filled(at))
}

pub(super) fn filled(connection: &Connection, journal: JournalId) -> Result<Filled, SpoolFault> {
    let sql = "SELECT filled FROM journals WHERE id = ?1";
    let filled: i64 = connection.prepare_cached(sql)?.query_row([journal.0], |row| row.get(0))?;
    Ok(Filled(filled.unsigned_abs()))
}

/// Where keeping begins goes forward only.
fn set_begun(connection: &Connection, journal: JournalId, position: u64) -> Result<(), SpoolFault> {
    let sql = "UPDATE journals SET begun = max(begun, ?2) WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![journal.0, stored(position)])?;
    Ok(())
}

fn set_filled(connection: &Connection, journal: JournalId, position: u64) -> Result<(), SpoolFault> {
    let sql = "UPDATE journals SET filled = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![journal.0, stored(position)])?;
    Ok(())
}

/// Positions, numbers and times are far below 2^63.
pub(super) fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
