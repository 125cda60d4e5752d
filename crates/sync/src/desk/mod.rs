//! What people ask and do.

mod asked;
mod fault;
mod figures;
mod finaliser;
mod jobs;
mod lately;
mod machines;
mod retry;
mod settle;
mod show;
mod withdraw;
mod words;
mod write;

pub use self::{
    asked::{
        Asked, Figures, Finalised, InHands, JobCursor, JobFile, JobFilter, Listed, MachineChange, NewMachine,
        Owner, Retried, Settlement, Sight, StateCount,
    },
    fault::DeskFault,
};

pub(crate) use self::{
    finaliser::{SKEW, finalisers},
    jobs::{UNSENT, handed_out},
    machines::find_machine,
    settle::{is_of, judge, settle, two_codes},
    show::by_fiscal,
    write::{seen, write_move},
};

use ledger::{LedgerStore, Statements};

/// The most that a page has.
pub(crate) const PAGE: usize = 500;

/// Machines, jobs and alerts over one connection to the ledger's database.
///
/// Each change is one transaction that also writes its act. A [`Sight`] or a [`registry::Reach`] says whose things a call
/// may touch: what is beyond it is not found, whether it is there or not.
pub struct Desk<'a>(&'a mut dyn LedgerStore);

impl<'a> Desk<'a> {
    /// Over a connection whose database was prepared.
    pub fn over(store: &'a mut dyn LedgerStore) -> Self {
        Self(store)
    }

    pub(crate) fn store(&mut self) -> &mut dyn LedgerStore {
        self.0
    }

    /// Reads, all at one moment.
    pub(crate) fn look<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, DeskFault>,
    ) -> Result<T, DeskFault> {
        ledger::look(self.0, work)
    }

    /// Changes in one transaction; whatever is refused undoes it.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, DeskFault>,
    ) -> Result<T, DeskFault> {
        ledger::change(self.0, work)
    }
}
