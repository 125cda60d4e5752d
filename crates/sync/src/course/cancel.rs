use super::Move;
use crate::{At, Cause, Job, JobState};

/// A cancel was answered, or not: the uid is never confirmed either way, so that it does not matter.
pub fn after_cancel(mut job: Job, answered: bool, now: At) -> Move {
    job.intent = None;
    let detail = if answered { "" } else { "the cancel was not answered: the uid expires by itself" };
    Move::to(job, JobState::Differs, Cause::Cancelled, detail, now)
}
