//! Machines and jobs in the ledger's database.

mod book;
mod entries;
mod facts;
mod feed;
mod heads;
mod leases;
mod raise;
mod reading;
pub(crate) mod rows;
mod writing;

pub(crate) use self::{
    book::StoreBook,
    feed::{Stepped, step_outlet, sweep},
    heads::{Head, heads},
    leases::{LASTS, Watch, candidates, give_back, renew, sealed_token, take},
    raise::{alert_corrupt, raise},
    reading::machine_of,
    writing::{Outcome, What, Writing, find},
};

use ledger::{Cell, LedgerStore, Statements, StoreFault};

const SCHEMA: &str = include_str!("../schema.sql");
const VERSION: i64 = 1;

/// The tables of the sync, over one connection to the ledger's database.
pub struct Sync<'a>(pub(crate) &'a mut dyn LedgerStore);

impl<'a> Sync<'a> {
    /// Over a connection whose database was prepared.
    pub fn over(store: &'a mut dyn LedgerStore) -> Self {
        Self(store)
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
