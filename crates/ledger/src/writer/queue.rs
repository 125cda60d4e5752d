use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use super::job::Job;

/// What waits for a writer: bounded, so that whoever comes too late hears it at once instead of waiting without end.
pub(crate) struct Queue {
    capacity: usize,
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
    /// Whether the writer has ended by a panic.
    failed: bool,
}

/// Why a job was not taken; it comes back to be answered.
pub(crate) enum NotTaken {
    /// As many wait as may.
    Full(Job),
    /// The writer is ending or has ended.
    Closed(Job),
    /// The writer has panicked.
    Failed(Job),
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, waiting: Mutex::default(), arrived: Condvar::new() }
    }

    /// Puts a job at the end.
    #[allow(clippy::result_large_err, reason = "the job goes back to be answered")]
    pub(crate) fn put(&self, job: Job) -> Result<(), NotTaken> {
        let mut waiting = self.lock();
        if waiting.failed {
            return Err(NotTaken::Failed(job));
        }
        if waiting.closed {
            return Err(NotTaken::Closed(job));
        }
        if waiting.jobs.len() >= self.capacity {
            return Err(NotTaken::Full(job));
        }
        waiting.jobs.push_back(job);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts jobs that were taken back to the front, in their order; there is always room for them.
    pub(crate) fn put_back(&self, jobs: Vec<Job>) {
        let mut waiting = self.lock();
        for job in jobs.into_iter().rev() {
            waiting.jobs.push_front(job);
        }
    }

    /// Waits for the next job, and takes it with all that wait behind it, at most so many: none of them when it waited
    /// for so long in vain, and nothing once the queue is closed and empty.
    pub(crate) fn take(&self, most: usize, patience: Option<Duration>) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return None;
            }
            let Some(patience) = patience else {
                waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = self.arrived.wait_timeout(waiting, patience);
            let (back, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            waiting = back;
            if timeout.timed_out() && waiting.jobs.is_empty() && !waiting.closed {
                return Some(Vec::new());
            }
        }
        let count = waiting.jobs.len().min(most);
        Some(waiting.jobs.drain(..count).collect())
    }

    /// How many wait.
    pub(crate) fn depth(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no more; what waits is still done.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Whether the writer has ended by a panic.
    pub(crate) fn has_failed(&self) -> bool {
        self.lock().failed
    }

    /// Takes no more, and hands back what waits: nobody will do it.
    pub(crate) fn abandon(&self, failed: bool) -> Vec<Job> {
        let mut waiting = self.lock();
        waiting.failed |= failed;
        waiting.closed = true;
        waiting.jobs.drain(..).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // A thread that panicked here left a queue that is whole: each change of it is one call.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
