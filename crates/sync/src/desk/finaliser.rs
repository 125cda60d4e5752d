//! Which e-MCF can have finalised an invoice.

use std::collections::BTreeSet;

use edef::Nim;
use ledger::{Statements, StoreFault};

use super::machines::{find_machine, machines_of_merchant};
use crate::{
    At, DoubtCause, Job, Machine, MachineId,
    store::rows::{at, cell, parsed},
};

/// The machines that can have finalised a job, those of the best ground first.
#[derive(Debug)]
pub(crate) struct Finalisers {
    machines: Vec<Machine>,
    /// They are all of the merchant's: nobody knows better.
    are_all_his: bool,
}

impl Finalisers {
    /// The one of a number.
    pub(crate) fn of_nim(self, nim: &Nim) -> Result<Machine, Vec<Nim>> {
        let nims: BTreeSet<Nim> = self.machines.iter().filter_map(|machine| machine.nim.clone()).collect();
        let found = self.machines.into_iter().find(|machine| machine.nim.as_ref() == Some(nim));
        found.ok_or_else(|| if self.are_all_his { Vec::new() } else { nims.into_iter().collect() })
    }
}

/// The machine to which a job was sent or handed out, its outlet's, and those that its outlet had since it was sealed. After
/// a restored backup any of the merchant's: the outlet may have had another one in the time that is forgotten.
pub(crate) fn finalisers(statements: &mut dyn Statements, job: &Job) -> Result<Finalisers, StoreFault> {
    let outlet = cell(&job.place.chain.outlet);
    let mut ids: Vec<MachineId> = job.machine.iter().cloned().collect();
    let sql = "SELECT machine FROM sync_machine_outlets WHERE outlet = $1";
    let rows = statements.query(sql, std::slice::from_ref(&outlet))?;
    ids.extend(rows.iter().filter_map(|row| parsed(row.first()?)));
    let sql = "SELECT machine FROM sync_served WHERE outlet = $1 AND served_until >= $2 \
         ORDER BY served_until DESC, machine";
    let rows = statements.query(sql, &[outlet, at(At(job.sealed.unix() * 1_000))])?;
    ids.extend(rows.iter().filter_map(|row| parsed(row.first()?)));
    let mut machines: Vec<Machine> = Vec::new();
    for id in &ids {
        if machines.iter().all(|known| known.id != *id) {
            machines.extend(find_machine(statements, id)?);
        }
    }
    let is_restored = job.doubt.as_ref().is_some_and(|doubt| doubt.cause == DoubtCause::Restored);
    if let Some(merchant) = machines.first().filter(|_| is_restored).map(|known| known.merchant.clone()) {
        let his = machines_of_merchant(statements, &merchant)?;
        machines.extend(his.into_iter().filter(|machine| !ids.contains(&machine.id)));
    }
    Ok(Finalisers { machines, are_all_his: is_restored })
}
