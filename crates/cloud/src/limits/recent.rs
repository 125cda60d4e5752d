use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{clock::Reference, nanos::Nanos};

/// Who did something a moment ago, as far as there is room to remember.
pub(super) struct Recent<K, R> {
    since: Mutex<BTreeMap<K, R>>,
    most: usize,
}

impl<K: Ord, R: Reference> Recent<K, R> {
    /// For so long it is remembered.
    pub(super) const KEPT: Duration = Duration::from_secs(60);

    pub(super) const fn new(most: usize) -> Self {
        Self { since: Mutex::new(BTreeMap::new()), most }
    }

    pub(super) fn note(&self, key: K, now: R) {
        let mut since = self.since();
        if since.len() < self.most || since.contains_key(&key) {
            since.insert(key, now);
        }
    }

    pub(super) fn has(&self, key: &K, now: R) -> bool {
        self.since().get(key).is_some_and(|since| is_recent(*since, now))
    }

    pub(super) fn forget_idle(&self, now: R) {
        self.since().retain(|_, since| is_recent(*since, now));
    }

    fn since(&self) -> MutexGuard<'_, BTreeMap<K, R>> {
        // A thread that panicked between two left them whole.
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent<R: Reference>(since: R, now: R) -> bool {
    now.duration_since(since) < Nanos::from(Recent::<(), R>::KEPT)
}
