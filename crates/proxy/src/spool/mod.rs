//! What outlasts a crash: sales from before they are offered until their seal, and the device's journal as far as it was
//! read. One SQLite file, in WAL with `synchronous=FULL`: what a call of [`Spool`] has returned from is durable. (Only
//! [`Spool::mean`] leaves the disk to the next call, which comes before anything is sealed.)
//!
//! | a crash comes | what is there | what is done |
//! |---|---|---|
//! | before the PREPARE, or before the COMMIT leaves | *meant* | nothing was sealed: it is taken out, whoever sells asks again |
//! | anywhere from there until the seal is kept | *committing*, with its nonce | the journal is read up to its end: it has the sale, or nothing was sealed |
//! | after that | *sealed*, with the seal | the same bytes get the same answer |

mod fault;
mod journal;
mod merchant;
mod reader;
mod rule;
mod sale;
mod schema;

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use self::schema::{Durable, prepare};
pub(crate) use self::{
    fault::SpoolFault,
    journal::{Entry, JournalId},
    merchant::Merchant,
    reader::{Reader, SealedSale, Stretch},
    rule::{Known, Offered, judge},
    sale::{Meant, OpenSale, Stage},
};

/// The one that writes. The thread that owns the port has it.
#[derive(Debug)]
pub(crate) struct Spool {
    connection: Connection,
}

impl Spool {
    /// Opens the file, and makes it when it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, SpoolFault> {
        let connection = Connection::open(path)?;
        prepare(&connection, Durable::AtOnce)?;
        Ok(Self { connection })
    }

    /// A text that was kept under a name.
    pub(crate) fn noted(&self, name: &str) -> Result<Option<String>, SpoolFault> {
        let found = self
            .connection
            .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// Keeps a text under a name.
    pub(crate) fn note(&mut self, name: &str, value: &str) -> Result<(), SpoolFault> {
        let sql =
            "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
        self.connection.prepare_cached(sql)?.execute(params![name, value])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
