//! What a person says of an invoice of which it is not known whether it was finalised.

use ledger::{Statements, StoreFault};
use registry::Label;

use super::{
    Asked, Desk, DeskFault, Finalised, Settlement, Sight,
    machines::{find_machine, machine_of_nim},
    write::{seen, write_move},
};
use crate::{
    Job, JobId, JobState, Machine,
    alerts::{About, AlertKind, raise_alert},
    course::{Move, settle_finalised, settle_not_there},
    store::rows::cell,
};

impl Desk<'_> {
    /// Settles an invoice, for a reason that is kept. With the same elements a second time it changes nothing.
    pub fn settle(
        &mut self,
        sight: Sight<'_>,
        id: JobId,
        settlement: &Settlement,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<Job, DeskFault> {
        self.change(|statements| {
            let job = seen(statements, sight, id)?.job;
            settle(statements, job, settlement, reason, asked)
        })
    }
}

/// The same within a transaction, so that an import of many is few. Whatever is refused has written nothing.
pub(crate) fn settle(
    statements: &mut dyn Statements,
    job: Job,
    settlement: &Settlement,
    reason: &Label,
    asked: Asked<'_>,
) -> Result<Job, DeskFault> {
    let detail = match settlement {
        Settlement::Finalised(said) => format!("{}: {} {reason}", asked.by.actor, said.code),
        Settlement::NotThere => format!("{}: {reason}", asked.by.actor),
    };
    let Some((made, machine)) = judge(statements, job.clone(), settlement, &detail, asked)? else {
        return Ok(job);
    };
    let job = write_move(statements, made, asked)?;
    if matches!(settlement, Settlement::Finalised(_)) {
        forget_baseline(statements, &machine)?;
    }
    let (merchant, outlet) = (machine.merchant, job.place.chain.outlet);
    let subject = format!("{} {detail}", job.fiscal);
    asked.note(statements, "sync.settle", (Some(&merchant), Some(outlet)), subject)?;
    let about = About { about: job.id.to_string(), merchant: Some(merchant), outlet: Some(outlet) };
    raise_alert(statements, AlertKind::SettledByPerson, &about, &detail, asked.now)?;
    Ok(job)
}

/// What a settlement makes of a job and by which machine, or why it is refused; nothing when it is settled so already.
pub(crate) fn judge(
    statements: &mut dyn Statements,
    job: Job,
    settlement: &Settlement,
    detail: &str,
    asked: Asked<'_>,
) -> Result<Option<(Move, Machine)>, DeskFault> {
    let said = match settlement {
        Settlement::NotThere => {
            let id = job.machine.clone().ok_or(DeskFault::UnknownMachine)?;
            let machine = find_machine(statements, &id)?.ok_or(DeskFault::UnknownMachine)?;
            return Ok(Some((settle_not_there(job, detail, asked.now)?, machine)));
        }
        Settlement::Finalised(said) => said,
    };
    match &job.elements {
        Some(known) if known.code == said.code => return Ok(None),
        Some(_) => return Err(DeskFault::OtherCode),
        None => {}
    }
    if !matches!(job.state, JobState::Ambiguous | JobState::SyncedWithoutCode) {
        return Err(DeskFault::NotSettled(job.state));
    }
    if has_code(statements, &job, said)? {
        return Err(DeskFault::CodeReused);
    }
    if let Some(intent) = job.intent.as_ref().filter(|intent| intent.nim != said.nim) {
        return Err(DeskFault::OtherMachine(intent.nim.clone()));
    }
    let machine = machine_of_nim(statements, &job, &said.nim)?.ok_or(DeskFault::UnknownMachine)?;
    let elements = said.elements(machine.url.host(), machine.is_test);
    // The ledger's record is written by the lane of a machine, so it names the one that finalised.
    let job = Job { machine: Some(machine.id.clone()), ..job };
    Ok(Some((settle_finalised(job, elements, detail, asked.now)?, machine)))
}

/// The counters have counted what was settled, and no answer of ours explains it: they decide nothing until they have a new
/// beginning, or they would take it for another invoice in doubt.
fn forget_baseline(statements: &mut dyn Statements, machine: &Machine) -> Result<(), StoreFault> {
    let sql =
        "UPDATE sync_machines SET baseline = NULL, version = version + 1, written_by = '' WHERE id = $1";
    statements.execute(sql, &[cell(&machine.id)]).map(|_| ())
}

fn has_code(statements: &mut dyn Statements, job: &Job, said: &Finalised) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_jobs WHERE code = $1 AND id <> $2";
    Ok(!statements.query(sql, &[cell(&said.code), cell(&job.id)])?.is_empty())
}
