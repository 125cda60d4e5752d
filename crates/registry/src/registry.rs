//! The room in the ledger's database where merchants, people and keys are kept.

use ledger::{Cell, LedgerStore, Statements, StoreFault};

use crate::{RegistryFault, rows::first};

const SCHEMA: &str = include_str!("schema.sql");
const VERSION: i64 = 2;
/// Has no devices; all that this version adds is tables of its own, so that making them upgrades it.
const WITHOUT_DEVICES: i64 = 1;

/// Randomness, which callers give: it fills what it is handed.
pub type Random<'a> = &'a mut dyn FnMut(&mut [u8]);

/// Merchants, outlets, people, keys and manifests, over one connection to the ledger's database.
///
/// Each change is one transaction that also writes its act. A [`crate::Reach`] says whose things a call may touch: what
/// is beyond it is not found, whether it is there or not.
pub struct Registry<'a>(&'a mut dyn LedgerStore);

impl<'a> Registry<'a> {
    /// Over a connection whose database was prepared.
    pub fn over(store: &'a mut dyn LedgerStore) -> Self {
        Self(store)
    }

    /// Makes the tables that are not there yet, and so brings a database of version 1 up to this one. A database of another
    /// version is refused and left as it is.
    pub fn prepare(store: &'a mut dyn LedgerStore) -> Result<(), RegistryFault> {
        Self(store).change(|statements| {
            statements.script(SCHEMA)?;
            statements.execute(
                "INSERT INTO registry_meta (id, version) VALUES (1, $1) ON CONFLICT DO NOTHING",
                &[Cell::Integer(VERSION)],
            )?;
            let found = first(statements.query("SELECT version FROM registry_meta WHERE id = 1", &[])?);
            match found.map(|mut row| row.integer("version")).transpose()? {
                Some(VERSION) => Ok(()),
                Some(WITHOUT_DEVICES) => {
                    let values = [Cell::Integer(VERSION)];
                    statements.execute("UPDATE registry_meta SET version = $1 WHERE id = 1", &values)?;
                    Ok(())
                }
                found => {
                    let found = found.unwrap_or_default();
                    Err(StoreFault::Version { found, known: VERSION }.into())
                }
            }
        })
    }

    /// Reads, all at one moment.
    pub(crate) fn look<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, RegistryFault>,
    ) -> Result<T, RegistryFault> {
        ledger::look(self.0, work)
    }

    /// Changes in one transaction; whatever is refused undoes it. It may run again, and begins anew then. Changes come one
    /// after the other, so that what was read is so until the end.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, RegistryFault>,
    ) -> Result<T, RegistryFault> {
        ledger::change(self.0, work)
    }
}
