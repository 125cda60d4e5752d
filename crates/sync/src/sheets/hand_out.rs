use crate::{Cause, Doubt, DoubtCause, Job, JobState, Transition, course::Move, desk::Asked};

/// Whether an invoice may be typed by hand: it is certainly not finalised, and it is known to which machine it belongs.
pub(super) fn may_be_handed_out(job: &Job) -> bool {
    let states = [JobState::Pending, JobState::Retry, JobState::Failed, JobState::Differs];
    states.contains(&job.state) && !job.may_be_finalised() && job.machine.is_some()
}

/// The invoice in the hands of a person: nothing is sent until somebody says what came of it. Counters say nothing of it.
pub(super) fn handed_out(job: Job, asked: Asked<'_>) -> Move {
    let doubt = Doubt {
        cause: DoubtCause::HandedOut,
        since: asked.now,
        gone: None,
        era: None,
        probably_finalised: false,
    };
    let transition = Transition {
        job: job.id,
        at: asked.now,
        from: Some(job.state),
        to: JobState::Ambiguous,
        cause: Cause::HandedOut,
        detail: asked.by.actor.to_string(),
    };
    let job = Job {
        state: JobState::Ambiguous,
        since: asked.now,
        intent: None,
        requested: None,
        expires: None,
        doubt: Some(doubt),
        ..job
    };
    Move { job, transition: Some(transition) }
}
