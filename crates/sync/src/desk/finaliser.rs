//! Which e-MCF can have finalised an invoice.

use std::collections::BTreeSet;

use edef::Nim;
use ledger::{Statements, StoreFault};

use super::machines::{find_machine, machines_of_merchant};
use crate::{
    At, DoubtCause, Job, Machine, MachineId,
    store::rows::{at, cell, number, parsed},
};

/// Clocks are no further from each other than a day, in seconds: the authority's, ours, and that of who sealed.
pub(crate) const SKEW: u64 = 86_400;

/// The machines that can have finalised a job, those of the best ground first.
#[derive(Debug)]
pub(crate) struct Finalisers {
    /// The one to which it was sent, and those of its outlet.
    its: Vec<Machine>,
    /// All others of the merchant, when nobody knows better.
    others: Option<Vec<Machine>>,
}

impl Finalisers {
    /// The one of a number.
    pub(crate) fn of_nim(self, nim: &Nim) -> Result<Machine, Vec<Nim>> {
        let nims: BTreeSet<Nim> = self.its.iter().filter_map(|machine| machine.nim.clone()).collect();
        let are_all_his = self.others.is_some();
        let mut all = self.its.into_iter().chain(self.others.into_iter().flatten());
        let found = all.find(|machine| machine.nim.as_ref() == Some(nim));
        found.ok_or_else(|| if are_all_his { Vec::new() } else { nims.into_iter().collect() })
    }

    /// Whether nobody has it when the machine of a number has not. Whom a person may name after a restored backup is another
    /// question: another shop's machine shows nothing by its silence, and one of two that its outlet had not enough.
    pub(crate) fn is_only(&self, nim: &Nim) -> bool {
        !self.its.is_empty() && self.its.iter().all(|machine| machine.nim.as_ref() == Some(nim))
    }
}

/// The machine to which a job was sent or handed out, its outlet's, and those that its outlet had since it was sealed. After
/// a restored backup any of the merchant's: the outlet may have had another one in the time that is forgotten.
pub(crate) fn finalisers(statements: &mut dyn Statements, job: &Job) -> Result<Finalisers, StoreFault> {
    let mut ids: Vec<MachineId> = job.machine.iter().cloned().collect();
    ids.extend(machines_since(statements, job)?);
    let mut its: Vec<Machine> = Vec::new();
    for id in &ids {
        if its.iter().all(|known| known.id != *id) {
            its.extend(find_machine(statements, id)?);
        }
    }
    let is_restored = job.doubt.as_ref().is_some_and(|doubt| doubt.cause == DoubtCause::Restored);
    let others = match its.first().filter(|_| is_restored).map(|known| known.merchant.clone()) {
        Some(merchant) => {
            let mut his = machines_of_merchant(statements, &merchant)?;
            his.retain(|machine| !ids.contains(&machine.id));
            Some(his)
        }
        None => is_restored.then(Vec::new),
    };
    Ok(Finalisers { its, others })
}

/// The machine of a job's outlet, and those that it had since the job was sealed.
fn machines_since(statements: &mut dyn Statements, job: &Job) -> Result<Vec<MachineId>, StoreFault> {
    let outlet = cell(&job.place.chain.outlet);
    let since = job.sealed.unix().saturating_sub(SKEW);
    let sql = "SELECT machine FROM sync_machine_outlets WHERE outlet = $1";
    let mut rows = statements.query(sql, std::slice::from_ref(&outlet))?;
    let sql = "SELECT machine FROM sync_served WHERE outlet = $1 AND served_until >= $2 \
         ORDER BY served_until DESC, machine";
    rows.extend(statements.query(sql, &[outlet.clone(), at(At(since * 1_000))])?);
    // Databases from before that table know it by what was finalised: of a hundred invoices, so that a day of a large shop is
    // not read for each row of a file.
    let sql = "SELECT DISTINCT x.machine FROM (SELECT j.machine FROM sync_jobs j WHERE j.outlet = $1 \
         AND j.state = 'SYNCED' AND j.sealed >= $2 ORDER BY j.sealed, j.id LIMIT 100) x ORDER BY x.machine";
    rows.extend(statements.query(sql, &[outlet, number(since)])?);
    Ok(rows.iter().filter_map(|row| parsed(row.first()?)).collect())
}
