//! Another try by a person's wish: only where it is certain that nothing was finalised.

use ledger::{Statements, StoreFault};

use super::{
    Asked, Desk, DeskFault, JobFilter, Listed, Retried, Sight,
    jobs::page,
    write::{pass, seen},
};
use crate::{Cause, Job, JobId, JobState};

/// What a person may have tried again.
const RETRIED: [JobState; 3] = [JobState::Retry, JobState::Failed, JobState::Differs];
/// So many are put back in one call, in one transaction.
const MOST: usize = 200;

impl Desk<'_> {
    /// Puts an invoice back into the queue, due now. A second time changes nothing.
    pub fn retry(&mut self, sight: Sight<'_>, id: JobId, asked: Asked<'_>) -> Result<Job, DeskFault> {
        self.change(|statements| {
            let found = seen(statements, sight, id)?;
            if !may_be_retried(&found) {
                return Err(DeskFault::NotRetried(found.job.state));
            }
            let (outlet, fiscal) = (found.job.place.chain.outlet, found.job.fiscal);
            let Some(job) = put_back(statements, found.clone(), asked)? else { return Ok(found.job) };
            asked.note(statements, "sync.retry", (None, Some(outlet)), fiscal.to_string())?;
            Ok(job)
        })
    }

    /// Puts those of a filter back, at most so many in one call: ask again while there are more.
    pub fn retry_all(
        &mut self,
        sight: Sight<'_>,
        filter: &JobFilter,
        most: usize,
        asked: Asked<'_>,
    ) -> Result<Retried, DeskFault> {
        let wanted = |state: &JobState| filter.states.is_empty() || filter.states.contains(state);
        let states: Vec<_> = RETRIED.into_iter().filter(wanted).collect();
        if states.is_empty() {
            return Ok(Retried::default());
        }
        let filter = JobFilter { states, ..filter.clone() };
        self.change(|statements| {
            let (most, mut after, mut retried) = (most.clamp(1, MOST), None, 0);
            loop {
                let found = page(statements, sight, &filter, after, MOST)?;
                let is_last = found.len() < MOST;
                after = found.last().map(Listed::cursor).or(after);
                for listed in found.into_iter().filter(may_be_retried) {
                    if retried == most {
                        note_all(statements, retried, asked)?;
                        return Ok(Retried { retried, has_more: true });
                    }
                    retried += usize::from(put_back(statements, listed, asked)?.is_some());
                }
                if is_last {
                    note_all(statements, retried, asked)?;
                    return Ok(Retried { retried, has_more: false });
                }
            }
        })
    }
}

fn note_all(statements: &mut dyn Statements, retried: usize, asked: Asked<'_>) -> Result<(), StoreFault> {
    if retried == 0 {
        return Ok(());
    }
    asked.note(statements, "sync.retry_all", (None, None), format!("{retried} invoices"))
}

fn may_be_retried(found: &Listed) -> bool {
    let job = &found.job;
    // Of an erased record there is nothing to send.
    RETRIED.contains(&job.state) && !job.may_be_finalised() && found.known_cause() != Some(Cause::Erased)
}

/// Nothing when it was put back before and waits for its turn.
fn put_back(
    statements: &mut dyn Statements,
    found: Listed,
    asked: Asked<'_>,
) -> Result<Option<Job>, StoreFault> {
    let is_back = found.job.state == JobState::Retry && found.cause == Cause::RetriedByHand.name();
    if is_back && found.job.due <= asked.now {
        return Ok(None);
    }
    let (from, who) = (found.job.state, asked.by.actor.to_string());
    pass(statements, from, queued(found.job, asked), Cause::RetriedByHand, who, asked).map(Some)
}

/// A job as one that was never tried.
pub(crate) fn queued(job: Job, asked: Asked<'_>) -> Job {
    Job {
        state: JobState::Retry,
        since: asked.now,
        due: asked.now,
        attempts: 0,
        intent: None,
        requested: None,
        expires: None,
        confirming_since: None,
        last_confirm: None,
        doubt: None,
        ..job
    }
}
