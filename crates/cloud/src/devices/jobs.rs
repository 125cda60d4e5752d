//! What a device was asked for in one session, and who waits for it.

use std::collections::BTreeMap;

use tokio::sync::oneshot;
use tunnel::Outcome;

/// Jobs without an answer. Those of a session that ended have none: who waits hears that at once.
#[derive(Default)]
pub(super) struct Jobs {
    given: u64,
    waiting: BTreeMap<u64, oneshot::Sender<Outcome>>,
}

impl Jobs {
    /// The number of a new one.
    pub(super) fn begin(&mut self, answer: oneshot::Sender<Outcome>) -> u64 {
        self.given += 1;
        self.waiting.insert(self.given, answer);
        self.given
    }

    /// Whether somebody waited for this outcome. One that comes too late, or twice, is nobody's.
    pub(super) fn end(&mut self, job: u64, outcome: Outcome) -> bool {
        self.waiting.remove(&job).is_some_and(|answer| answer.send(outcome).is_ok())
    }

    /// Whether it is one that has no answer yet.
    pub(super) fn knows(&self, job: u64) -> bool {
        self.waiting.contains_key(&job)
    }

    /// Forgets those for which nobody waits any more.
    pub(super) fn forget_abandoned(&mut self) {
        self.waiting.retain(|_, answer| !answer.is_closed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_goes_to_who_asked_and_a_second_one_to_nobody() {
        let mut jobs = Jobs::default();
        let ((one, mut first), (two, mut second)) = (oneshot::channel(), oneshot::channel());
        let (one, two) = (jobs.begin(one), jobs.begin(two));
        assert!(jobs.knows(one) && jobs.end(two, Outcome::Unsealed {}));
        assert_eq!(second.try_recv().unwrap(), Outcome::Unsealed {});
        assert!(first.try_recv().is_err());
        assert!(!jobs.end(two, Outcome::Unsealed {}) && !jobs.end(99, Outcome::Unsealed {}));
    }

    #[test]
    fn who_went_away_is_forgotten_and_who_waits_is_told_when_the_session_ends() {
        let mut jobs = Jobs::default();
        let ((gone, waits), (stays, mut told)) = (oneshot::channel(), oneshot::channel());
        let (gone, stays) = (jobs.begin(gone), jobs.begin(stays));
        drop(waits);
        jobs.forget_abandoned();
        assert!(!jobs.knows(gone) && jobs.knows(stays));
        drop(jobs);
        assert_eq!(told.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
