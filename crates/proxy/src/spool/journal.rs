//! The device's journal as far as it was read.

use fiscal::{PayloadHash, Record, RecordHash};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Spool, SpoolFault};

/// Which device's journal: a device and a key that it seals with.
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
    /// The journal of a device.
    pub(crate) fn journal(&mut self, device: &str, key_id: &str) -> Result<JournalId, SpoolFault> {
        let sql = "INSERT INTO journals (device, key_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        self.connection.prepare_cached(sql)?.execute([device, key_id])?;
        let sql = "SELECT id FROM journals WHERE device = ?1 AND key_id = ?2";
        let id = self.connection.prepare_cached(sql)?.query_row([device, key_id], |row| row.get(0))?;
        Ok(JournalId(id))
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
            // A reset erases the beginning of a journal; behind that there is no gap.
            if let Some(expected) = expected.filter(|expected| *expected != position) {
                return Err(SpoolFault::Gap { expected, found: position });
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
            set_filled(&transaction, journal, position)?;
        }
        let filled = advance(&transaction, journal)?;
        transaction.commit()?;
        Ok(filled)
    }

    /// Whether a payload's record is among those that are kept.
    pub(crate) fn sealed_in_journal(
        &self,
        journal: JournalId,
        payload: PayloadHash,
    ) -> Result<Option<(u32, u64)>, SpoolFault> {
        let sql = "SELECT epoch, number FROM records \
                   WHERE payload_hash = ?1 AND journal = ?2 AND number IS NOT NULL";
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
            let sql = "DELETE FROM records WHERE journal = ?1 AND position <= ?2 AND time < ?3";
            gone += transaction.prepare_cached(sql)?.execute(params![id, held, before])?;
        }
        transaction.commit()?;
        Ok(gone)
    }
}

/// Keeps a record; one that is there already has to be the same.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    journal: JournalId,
    entry: &Entry,
) -> Result<(), SpoolFault> {
    let Record { header, link, .. } = &entry.record;
    let position = link.position.value();
    let (hash, bytes) = (entry.record.hash(), entry.record.to_bytes());
    let sql = "SELECT hash FROM records WHERE journal = ?1 AND position = ?2";
    let there = transaction
        .prepare_cached(sql)?
        .query_row(params![journal.0, stored(position)], |row| row.get(0))
        .optional()?;
    if let Some(there) = there {
        let same = RecordHash(there) == hash;
        return if same { Ok(()) } else { Err(SpoolFault::Fork { position }) };
    }
    let number = header.invoice().map(|facts| stored(facts.number.value()));
    let sql = "INSERT INTO records (journal, position, epoch, hash, payload_hash, number, time, record, payload) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
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

fn set_filled(connection: &Connection, journal: JournalId, position: u64) -> Result<(), SpoolFault> {
    let sql = "UPDATE journals SET filled = ?2 WHERE id = ?1";
    connection.prepare_cached(sql)?.execute(params![journal.0, stored(position)])?;
    Ok(())
}

/// Positions, numbers and times are far below 2^63.
pub(super) fn stored(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
