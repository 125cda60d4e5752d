//! Another try by a person's wish: only where it is certain that nothing was finalised.

use ledger::{Statements, StoreFault};

use super::{
    Asked, Desk, DeskFault, JobFilter, Listed, Retried, Sight,
    write::{seen, write_move},
};
use crate::{
    Cause, Job, JobId, JobState,
    course::{Move, retry_by_hand},
};

/// What a person may have tried again.
const RETRIED: [JobState; 3] = [JobState::Retry, JobState::Failed, JobState::Differs];
/// So many are put back in one call, in one transaction.
const MOST: usize = 200;

impl Desk<'_> {
    /// Puts an invoice back into the queue, due now. A second time changes nothing.
    pub fn retry(&mut self, sight: Sight<'_>, id: JobId, asked: Asked<'_>) -> Result<Job, DeskFault> {
        self.change(|statements| {
            let found = seen(statements, sight, id)?;
            if found.job.state == JobState::Pending && found.known_cause() == Some(Cause::RetriedByHand) {
                return Ok(found.job);
            }
            let job = put_back(statements, found, asked)?;
            let outlet = job.place.chain.outlet;
            asked.note(statements, "sync.retry", (None, Some(outlet)), job.fiscal.to_string())?;
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
        let (filter, most) = (JobFilter { states, ..filter.clone() }, most.clamp(1, MOST));
        // They are looked for before a change begins, which keeps others waiting.
        let mut found = self.retryable(sight, &filter, most + 1, asked)?;
        let has_more = found.len() > most;
        found.truncate(most);
        self.change(|statements| {
            let mut retried = Retried { retried: 0, has_more };
            for id in &found {
                let listed = seen(statements, sight, *id)?;
                match put_back(statements, listed, asked) {
                    Ok(_) => retried.retried += 1,
                    // One that became another meanwhile holds up no other.
                    Err(DeskFault::NotRetried(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
            note_all(statements, retried, asked)?;
            Ok(retried)
        })
    }

    /// Those of a filter that may be tried again, the oldest first, at most so many.
    fn retryable(
        &mut self,
        sight: Sight<'_>,
        filter: &JobFilter,
        most: usize,
        asked: Asked<'_>,
    ) -> Result<Vec<JobId>, DeskFault> {
        let (mut after, mut found) = (None, Vec::new());
        while found.len() < most {
            let page = self.jobs(sight, filter, after, MOST)?;
            let Some(last) = page.last().map(Listed::cursor) else { break };
            after = Some(last);
            let may = page.into_iter().map(|listed| (listed.job.id, tried_again(listed, asked)));
            found.extend(may.filter_map(|(id, made)| made.is_ok().then_some(id)));
        }
        found.truncate(most);
        Ok(found)
    }
}

fn note_all(statements: &mut dyn Statements, retried: Retried, asked: Asked<'_>) -> Result<(), StoreFault> {
    match retried.retried {
        0 => Ok(()),
        count => asked.note(statements, "sync.retry_all", (None, None), format!("{count} invoices")),
    }
}

fn put_back(statements: &mut dyn Statements, found: Listed, asked: Asked<'_>) -> Result<Job, DeskFault> {
    Ok(write_move(statements, tried_again(found, asked)?, asked)?)
}

/// Another try, unless it is not certain that nothing was finalised.
fn tried_again(found: Listed, asked: Asked<'_>) -> Result<Move, DeskFault> {
    let state = found.job.state;
    // Of an erased record there is nothing to send.
    if found.known_cause() == Some(Cause::Erased) {
        return Err(DeskFault::NotRetried(state));
    }
    retry_by_hand(found.job, asked.by.actor.as_str(), asked.now).map_err(|_| DeskFault::NotRetried(state))
}
