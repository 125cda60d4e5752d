//! Machines and jobs in the ledger's database.

mod book;
mod codes;
mod entries;
mod facts;
mod feed;
mod few;
mod heads;
mod leases;
mod papers;
mod raise;
mod reading;
mod recording;
pub(crate) mod rows;
mod writing;

pub use self::{book::StoreBook, leases::Candidate};
pub(crate) use self::{
    facts::read,
    feed::{Stepped, step_outlet, sweep},
    heads::{Head, Heads, heads},
    leases::{LASTS, Watch, candidates, give_back, renew, sealed_token, take},
    papers::paper,
    raise::{alert_corrupt, raise},
    reading::{is_anothers, machine_of, outlets_of},
    writing::{Outcome, Writing, apply, find},
};

use ledger::{Cell, LedgerStore, Statements, StoreFault};

use crate::{At, Lease};

const SCHEMA: &str = include_str!("../schema.sql");
const VERSION: i64 = 1;

/// The tables of the sync, over one connection to the ledger's database.
pub struct Sync<'a>(pub(crate) &'a mut dyn LedgerStore);

impl<'a> Sync<'a> {
    /// Over a connection whose database was prepared.
    pub fn over(store: &'a mut dyn LedgerStore) -> Self {
        Self(store)
    }

    /// The machines with something to do, those first that waited longest for their turn, at most so many.
    pub fn candidates(&mut self, now: At, most: usize) -> Result<Vec<Candidate>, StoreFault> {
        candidates(self.0, now, most)
    }

    /// Takes a machine from whoever had it when it was seen, under the next fence; none when somebody came first. Whether
    /// it is free is for the caller to know.
    pub fn take(&mut self, seen: &Candidate, holder: &str) -> Result<Option<Lease>, StoreFault> {
        take(self.0, seen, holder)
    }

    /// Says that the holder of leases lives, and which of them he holds still.
    pub fn renew(&mut self, leases: &[Lease]) -> Result<Vec<bool>, StoreFault> {
        renew(self.0, leases)
    }

    /// Gives a lease back.
    pub fn give_back(&mut self, lease: &Lease) -> Result<(), StoreFault> {
        give_back(self.0, lease)
    }

    /// Makes the tables that are not there yet. A database of another version is refused and left as it is.
    pub fn prepare(store: &'a mut dyn LedgerStore) -> Result<(), StoreFault> {
        let mut made = || {
            write(store, |statements| {
                statements.script(SCHEMA)?;
                if statements.query("SELECT version FROM sync_meta", &[])?.is_empty() {
                    let sql = "INSERT INTO sync_meta (version) VALUES ($1)";
                    statements.execute(sql, &[Cell::Integer(VERSION)])?;
                }
                let found = statements.query("SELECT version FROM sync_meta", &[])?;
                match found.first().and_then(|row| row.first()).and_then(Cell::integer) {
                    Some(VERSION) => Ok(()),
                    found => Err(StoreFault::Version { found: found.unwrap_or_default(), known: VERSION }),
                }
            })
        };
        // Two processes that make the same tables at once may disturb each other: the second finds them at its next try.
        made().or_else(|_| made())
    }
}

/// Changes in one transaction, without an act: what the agent notes of its own work.
pub(crate) fn write<T>(
    store: &mut dyn LedgerStore,
    work: impl FnMut(&mut dyn Statements) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    ledger::change(store, work)
}

/// Reads, all at one moment.
pub(crate) fn look<T>(
    store: &mut dyn LedgerStore,
    work: impl FnMut(&mut dyn Statements) -> Result<T, StoreFault>,
) -> Result<T, StoreFault> {
    ledger::look(store, work)
}
