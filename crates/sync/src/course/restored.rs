use super::Move;
use crate::{At, Cause, Doubt, DoubtCause, Job, JobState, Machine};

/// A backup was restored, and the job's record is of the time before: it may have been finalised since, by a uid that
/// nobody knows any more. `machine` is the job's as the backup holds it.
///
/// None of a job to which that cannot have happened: it is SYNCED, or was withdrawn.
pub fn restored(mut job: Job, machine: Option<&Machine>, now: At) -> Option<Move> {
    let settled = matches!(job.state, JobState::Synced | JobState::Withdrawn) || job.elements.is_some();
    let doubted = job.doubt.as_ref().is_some_and(|doubt| doubt.cause == DoubtCause::Restored);
    if settled || doubted || job.state == JobState::SyncedWithoutCode {
        return None;
    }
    let counted = machine.and_then(|machine| machine.baseline).map(|baseline| baseline.era);
    let era = if job.may_be_finalised() {
        let own = job
            .doubt
            .as_ref()
            .map_or_else(|| job.intent.as_ref().and_then(|intent| intent.era), |doubt| doubt.era);
        own.filter(|era| Some(*era) == counted)
    } else {
        counted
    };
    // A uid that the backup knows need not be the last one: it must not be confirmed. Nor are its confirms the last ones.
    (job.intent, job.requested, job.expires) = (None, None, None);
    (job.confirming_since, job.last_confirm) = (None, None);
    job.doubt =
        Some(Doubt { cause: DoubtCause::Restored, since: now, gone: None, era, probably_finalised: false });
    Some(Move::to(job, JobState::Ambiguous, Cause::Restored, "", now))
}
