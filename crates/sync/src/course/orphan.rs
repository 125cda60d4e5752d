use super::{Broken, Move, Rules, after_cancel};
use crate::{At, Cause, Doubt, DoubtCause, Job, JobState, Step};

/// A SUBMITTED job that nobody has in hand: who had it ended, or lost a write.
///
/// None of a job of which nothing is out.
pub fn orphan(mut job: Job, rules: Rules, now: At) -> Option<Move> {
    if job.state != JobState::Submitted {
        return None;
    }
    let step = job.intent.as_ref().map(|intent| intent.step);
    match step {
        Some(Step::Confirm) if rules.breaks(Broken::OrphanIsRequested) => {
            (job.intent, job.doubt, job.due) = (None, None, now);
            Some(Move::to(job, JobState::Retry, Cause::RequestLost, "", now))
        }
        Some(Step::Confirm) => {
            let era = job.intent.as_ref().and_then(|intent| intent.era);
            let doubt = Doubt { era, ..Doubt::of(DoubtCause::AgentLost, now) };
            job.doubt = Some(job.doubt.take().map_or(doubt, |doubt| Doubt { gone: None, ..doubt }));
            Some(Move::to(job, JobState::Ambiguous, Cause::AgentLost, "", now))
        }
        Some(Step::Cancel) => Some(after_cancel(job, false, now)),
        // A uid that nobody knows is confirmed by nobody.
        Some(Step::Request) | None => {
            (job.intent, job.due) = (None, now);
            Some(Move::to(job, JobState::Retry, Cause::RequestLost, "", now))
        }
    }
}
