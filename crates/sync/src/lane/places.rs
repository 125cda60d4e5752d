use std::time::Duration;

use crate::{
    At, JobId,
    course::{PENDING_KEPT, UID_LIFE, UID_SPARE},
};

/// Which of the places for pending uids are taken, as far as we know.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: Vec<(Option<JobId>, At)>,
}

const HELD: Duration = UID_LIFE.saturating_add(UID_SPARE);

impl Places {
    pub(super) fn free(&mut self, now: At) -> usize {
        // One that lasts longer than a uid lives is of a clock that was set back.
        self.taken.retain(|(_, until)| now < *until && until.since(now) <= HELD);
        PENDING_KEPT.saturating_sub(self.taken.len())
    }

    /// How many others have not taken.
    pub(super) fn ours(&self) -> usize {
        PENDING_KEPT.saturating_sub(self.taken.iter().filter(|(job, _)| job.is_none()).count())
    }

    pub(super) fn take(&mut self, job: JobId, now: At) {
        self.taken.push((Some(job), now.plus(HELD)));
    }

    /// Places that others took.
    pub(super) fn take_foreign(&mut self, count: usize, now: At) {
        self.taken.extend((0..count.min(PENDING_KEPT)).map(|_| (None, now.plus(HELD))));
    }

    pub(super) fn give_back(&mut self, job: JobId) {
        self.taken.retain(|(taker, _)| *taker != Some(job));
    }

    pub(super) fn clear(&mut self) {
        self.taken.clear();
    }
}
