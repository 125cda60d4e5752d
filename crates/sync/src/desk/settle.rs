//! What a person says of an invoice of which it is not known whether it was finalised.

use ledger::{Statements, StoreFault};
use registry::Label;

use super::{
    Asked, Desk, DeskFault, Finalised, Settlement, Sight,
    machines::machine_of_nim,
    retry::queued,
    write::{pass, seen},
};
use crate::{
    Cause, Job, JobId, JobState, Machine, Source,
    alerts::{AlertKind, About, raise_alert},
    store::rows::cell,
};

/// What a person settles.
pub(crate) const SETTLED_BY_HAND: [JobState; 2] = [JobState::Ambiguous, JobState::SyncedWithoutCode];
/// So long a packet of a confirm may still travel and have its effect.
pub(crate) const LATE_PACKETS_MS: u64 = 600_000;

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

/// The same within a transaction, so that an import of many is one.
pub(crate) fn settle(
    statements: &mut dyn Statements,
    job: Job,
    settlement: &Settlement,
    reason: &Label,
    asked: Asked<'_>,
) -> Result<Job, DeskFault> {
    let Some(machine) = may_be_settled(statements, &job, settlement, asked.now.0)? else { return Ok(job) };
    let (from, who) = (job.state, &asked.by.actor);
    let (next, cause, detail) = match settlement {
        Settlement::NotThere => (queued(job, asked), Cause::NotThere, format!("{who}: {reason}")),
        Settlement::Finalised(said) => {
            let cause = match said.source {
                Source::Portal => Cause::SettledByPortal,
                Source::Hand | Source::Api => Cause::SettledByHand,
            };
            (finalised(job, said, &machine, asked), cause, format!("{who}: {} {reason}", said.code))
        }
    };
    let job = pass(statements, from, next, cause, detail.clone(), asked)?;
    let outlet = job.place.chain.outlet;
    let about = About { about: job.id.to_string(), merchant: Some(machine.merchant.clone()), outlet: Some(outlet) };
    raise_alert(statements, AlertKind::SettledByPerson, &about, &detail, asked.now)?;
    let subject = format!("{} {}", job.fiscal, cause.name());
    asked.note(statements, "sync.settle", (Some(&machine.merchant), Some(outlet)), subject)?;
    Ok(job)
}

fn finalised(job: Job, said: &Finalised, machine: &Machine, asked: Asked<'_>) -> Job {
    Job {
        state: JobState::Synced,
        since: asked.now,
        due: asked.now,
        // The ledger's record is written by the lane of a machine, so it names the one that finalised.
        machine: Some(machine.id.clone()),
        intent: None,
        doubt: None,
        elements: Some(said.elements(machine.url.host(), machine.is_test)),
        recorded: false,
        error: None,
        ..job
    }
}

/// The machine that is spoken of, or why it is refused; nothing when it is settled so already.
pub(crate) fn may_be_settled(
    statements: &mut dyn Statements,
    job: &Job,
    settlement: &Settlement,
    now: u64,
) -> Result<Option<Machine>, DeskFault> {
    if let (Settlement::Finalised(said), Some(known)) = (settlement, &job.elements)
        && known.code == said.code
        && job.state == JobState::Synced
    {
        return Ok(None);
    }
    if !SETTLED_BY_HAND.contains(&job.state) || job.elements.is_some() {
        return Err(DeskFault::NotSettled(job.state));
    }
    match settlement {
        Settlement::Finalised(said) => {
            if has_code(statements, job, said)? {
                return Err(DeskFault::CodeReused);
            }
            if let Some(intent) = job.intent.as_ref().filter(|intent| intent.nim != said.nim) {
                return Err(DeskFault::OtherMachine(intent.nim.clone()));
            }
            machine_of_nim(statements, job, &said.nim)?.ok_or(DeskFault::UnknownMachine).map(Some)
        }
        Settlement::NotThere => {
            let last = [job.last_confirm, job.confirming_since, job.doubt.as_ref().map(|doubt| doubt.since)];
            let last = last.into_iter().flatten().max().map_or(job.since.0, |last| last.0);
            let left = last.saturating_add(LATE_PACKETS_MS).saturating_sub(now);
            if left > 0 {
                return Err(DeskFault::TooSoon(left.div_ceil(1_000)));
            }
            let id = job.machine.as_ref().ok_or(DeskFault::UnknownMachine)?;
            super::machines::find_machine(statements, id)?.ok_or(DeskFault::UnknownMachine).map(Some)
        }
    }
}

fn has_code(statements: &mut dyn Statements, job: &Job, said: &Finalised) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_jobs WHERE code = $1 AND id <> $2";
    Ok(!statements.query(sql, &[cell(&said.code), cell(&job.id)])?.is_empty())
}
