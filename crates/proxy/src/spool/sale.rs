//! Sales and their stages.

use fiscal::PayloadHash;
use rusqlite::{OptionalExtension, Row, params};

use super::{Entry, JournalId, Known, Offered, Spool, SpoolFault, judge, rule::Kept};

/// How far a sale is that is not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It may have been offered; no COMMIT left.
    Meant,
    /// A COMMIT may have left.
    Committing,
}

/// A sale that is about to be offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meant<'a> {
    pub(crate) hash: PayloadHash,
    pub(crate) payload: &'a str,
    pub(crate) terminal: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) journal: JournalId,
    /// When it was meant, in seconds since 1970.
    pub(crate) time: u64,
}

/// A sale that is kept and not sealed.
#[derive(Clone, Debug)]
pub(crate) struct OpenSale {
    pub(crate) hash: PayloadHash,
    pub(crate) payload: String,
    pub(crate) terminal: String,
    pub(crate) journal: JournalId,
    pub(crate) stage: Stage,
}

struct KeptRow {
    hash: PayloadHash,
    key: Option<String>,
    is_sealed: bool,
}

impl KeptRow {
    fn as_kept(&self) -> Kept<'_> {
        Kept { hash: self.hash, key: self.key.as_deref(), is_sealed: self.is_sealed }
    }
}

impl Spool {
    /// Whether these bytes or this key are known.
    pub(crate) fn known(&self, offered: Offered<'_>) -> Result<Known, SpoolFault> {
        let same_bytes = self
            .connection
            .prepare_cached("SELECT hash, key, stage = 'sealed' FROM sales WHERE hash = ?1")?
            .query_row([offered.hash.0], kept_row)
            .optional()?;
        let same_key = match offered.key {
            None => None,
            Some(key) => self
                .connection
                .prepare_cached("SELECT hash, key, stage = 'sealed' FROM sales WHERE key = ?1")?
                .query_row([key], kept_row)
                .optional()?,
        };
        let same_bytes = same_bytes.as_ref().map(KeptRow::as_kept);
        Ok(judge(offered, same_bytes, same_key.as_ref().map(KeptRow::as_kept)))
    }

    /// Keeps a sale before its first PREPARE.
    ///
    /// It outlasts this process at once, and a power cut of this machine from [`Spool::committing`] on, which waits for
    /// the disk for both: PREPARE changes nothing in the device, so that until a COMMIT leaves nothing is lost with it.
    pub(crate) fn mean(&mut self, sale: Meant<'_>) -> Result<(), SpoolFault> {
        self.connection.pragma_update(None, "synchronous", "NORMAL")?;
        let meant = self.mean_soon(sale);
        self.wait_for_the_disk()?;
        meant
    }

    /// Each commit from here on. What has to be durable asks for it itself: after [`Spool::mean`] it may have failed.
    fn wait_for_the_disk(&self) -> Result<(), SpoolFault> {
        Ok(self.connection.pragma_update(None, "synchronous", "FULL")?)
    }

    fn mean_soon(&mut self, sale: Meant<'_>) -> Result<(), SpoolFault> {
        let sql = "INSERT INTO sales (hash, payload, terminal, key, journal, stage, time) \
                   VALUES (?1, ?2, ?3, ?4, ?5, 'meant', ?6) \
                   ON CONFLICT (hash) DO UPDATE SET stage = 'meant', journal = ?5, key = ?4, terminal = ?3 \
                   WHERE stage <> 'sealed'";
        self.connection.prepare_cached(sql)?.execute(params![
            sale.hash.0,
            sale.payload,
            sale.terminal,
            sale.key,
            sale.journal.0,
            i64::try_from(sale.time).unwrap_or(i64::MAX),
        ])?;
        Ok(())
    }

    /// Keeps that a COMMIT with this nonce is about to leave.
    pub(crate) fn committing(&mut self, hash: PayloadHash, nonce: &str) -> Result<(), SpoolFault> {
        self.wait_for_the_disk()?;
        let sql = "UPDATE sales SET stage = 'committing', nonce = ?2 WHERE hash = ?1 AND stage <> 'sealed'";
        match self.connection.prepare_cached(sql)?.execute(params![hash.0, nonce])? {
            1 => Ok(()),
            _ => Err(SpoolFault::Damaged("a sale that is offered is not in it")),
        }
    }

    /// Keeps a seal, and its record, before anyone hears of it.
    pub(crate) fn sealed(
        &mut self,
        hash: PayloadHash,
        seal: &str,
        fiscal_number: &str,
        journal: JournalId,
        entry: &Entry,
    ) -> Result<(), SpoolFault> {
        self.wait_for_the_disk()?;
        let transaction = self.connection.transaction()?;
        let sql = "UPDATE sales SET stage = 'sealed', seal = ?2, fiscal_number = ?3, nonce = NULL, payload = '' \
                   WHERE hash = ?1 AND stage <> 'sealed'";
        transaction.prepare_cached(sql)?.execute(params![hash.0, seal, fiscal_number])?;
        super::journal::keep(&transaction, journal, entry)?;
        super::journal::advance(&transaction, journal)?;
        transaction.commit()?;
        Ok(())
    }

    /// Takes a sale out of which it is certain that nothing was sealed: its key is free again.
    pub(crate) fn forget(&mut self, hash: PayloadHash) -> Result<(), SpoolFault> {
        let sql = "DELETE FROM sales WHERE hash = ?1 AND stage <> 'sealed'";
        self.connection.prepare_cached(sql)?.execute([hash.0])?;
        Ok(())
    }

    /// The sales of which it is not known what became of them, in the order in which they were meant.
    pub(crate) fn open_sales(&self) -> Result<Vec<OpenSale>, SpoolFault> {
        let sql =
            "SELECT hash, payload, journal, stage, terminal FROM sales WHERE stage <> 'sealed' ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let stage: String = row.get(3)?;
            Ok(OpenSale {
                hash: PayloadHash(row.get(0)?),
                payload: row.get(1)?,
                terminal: row.get(4)?,
                journal: JournalId(row.get(2)?),
                stage: if stage == "meant" { Stage::Meant } else { Stage::Committing },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The seal of a sale, as it was answered.
    pub(crate) fn seal_of(&self, hash: PayloadHash) -> Result<Option<String>, SpoolFault> {
        let sql = "SELECT seal FROM sales WHERE hash = ?1 AND stage = 'sealed'";
        let seal = self.connection.prepare_cached(sql)?.query_row([hash.0], |row| row.get(0)).optional()?;
        Ok(seal.flatten())
    }
}

fn kept_row(row: &Row<'_>) -> rusqlite::Result<KeptRow> {
    Ok(KeptRow { hash: PayloadHash(row.get(0)?), key: row.get(1)?, is_sealed: row.get(2)? })
}
