use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fiscal::OutletId;
use registry::{KeyHash, Place, Principal};
use tokio::time::Instant;

/// Who asked a moment ago.
pub(crate) type KnownPrincipals = Known<KeyHash, Principal>;
/// Which outlets were asked for a moment ago.
pub(crate) type KnownPlaces = Known<OutletId, Place>;

/// What the database said a moment ago, so that it is not asked with each request.
///
/// What is changed in this process is forgotten at once; what another process changes, after [`Self::KEPT`].
pub(crate) struct Known<K, V> {
    kept: Mutex<BTreeMap<K, (Arc<V>, Instant)>>,
}

impl<K: Ord + Clone, V> Known<K, V> {
    /// For so long an answer of the database holds.
    pub(crate) const KEPT: Duration = Duration::from_secs(3);
    /// So many at once; further ones are asked for each time.
    const MOST: usize = 20_000;

    /// What was said of it, if that was a moment ago.
    pub(crate) fn find(&self, key: &K, now: Instant) -> Option<Arc<V>> {
        let kept = self.locked();
        let (value, since) = kept.get(key)?;
        (now.duration_since(*since) < Self::KEPT).then(|| Arc::clone(value))
    }

    /// What the database said, when it was asked at a moment.
    pub(crate) fn keep(&self, key: K, value: &Arc<V>, asked: Instant) {
        let mut kept = self.locked();
        if kept.len() >= Self::MOST && !kept.contains_key(&key) {
            kept.retain(|_, (_, since)| asked.duration_since(*since) < Self::KEPT);
            if kept.len() >= Self::MOST {
                return;
            }
        }
        kept.insert(key, (Arc::clone(value), asked));
    }

    /// Something was revoked, stopped or changed: all are asked for again.
    pub(crate) fn forget_all(&self) {
        self.locked().clear();
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<K, (Arc<V>, Instant)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self { kept: Mutex::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_holds_for_a_moment_and_until_something_changes() {
        let known = Known::<u8, &str>::default();
        let began = Instant::now();
        known.keep(1, &Arc::new("one"), began);
        let almost = began + Known::<u8, &str>::KEPT - Duration::from_millis(1);
        assert!(known.find(&1, almost).is_some() && known.find(&2, began).is_none());
        assert!(known.find(&1, began + Known::<u8, &str>::KEPT).is_none());
        known.forget_all();
        assert!(known.find(&1, began).is_none());
    }
}
