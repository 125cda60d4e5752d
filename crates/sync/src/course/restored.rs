use super::Move;
use crate::{At, Cause, Doubt, DoubtCause, Job, JobState};

/// A backup was restored, and the job's record is of the time before: it may have been finalised since, by a uid that
/// nobody knows any more.
///
/// Counters do not decide about it, whichever e-MCF's they are. The outlet may have had another one since the backup, whose
/// counters are those that rose; and what is delivered long after the restore comes when the counters have begun anew. Who
/// knows is the portal.
///
/// Who doubts it for an earlier restore already doubts it anew: what was sent between both is forgotten, too.
///
/// None of a job to which that cannot have happened: it is SYNCED, or was withdrawn.
pub fn restored(mut job: Job, now: At) -> Option<Move> {
    let settled = matches!(job.state, JobState::Synced | JobState::Withdrawn) || job.elements.is_some();
    if settled || job.state == JobState::SyncedWithoutCode {
        return None;
    }
    // A uid that the backup knows need not be the last one: it must not be confirmed. Nor are its confirms the last ones.
    (job.intent, job.requested, job.expires) = (None, None, None);
    (job.confirming_since, job.last_confirm) = (None, None);
    let handed_out = job.doubt.is_some_and(|doubt| doubt.is_in_hand());
    job.doubt = Some(Doubt { handed_out, ..Doubt::of(DoubtCause::Restored, now) });
    Some(Move::to(job, JobState::Ambiguous, Cause::Restored, "", now))
}
