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
pub(crate) struct Known<K, V>(Mutex<Kept<K, V>>);

struct Kept<K, V> {
    values: BTreeMap<K, (Arc<V>, Asking)>,
    /// How often something was changed here.
    changes: u64,
}

/// When the database is asked, and after how many changes: what it read before one is not kept after it.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    at: Instant,
    changes: u64,
}

impl<K: Ord + Clone, V> Known<K, V> {
    /// For so long an answer of the database holds.
    pub(crate) const KEPT: Duration = Duration::from_secs(3);
    /// So many at once; further ones are asked for each time.
    const MOST: usize = 20_000;

    /// What was said of it, if that was a moment ago and nothing has changed since.
    pub(crate) fn find(&self, key: &K, now: Instant) -> Option<Arc<V>> {
        let kept = self.locked();
        let (value, asking) = kept.values.get(key)?;
        kept.holds(asking, now).then(|| Arc::clone(value))
    }

    /// Whether there was such a thing once, as far as that is remembered.
    pub(crate) fn was_there(&self, key: &K) -> bool {
        self.locked().values.contains_key(key)
    }

    /// The database is about to be asked.
    pub(crate) fn ask(&self, now: Instant) -> Asking {
        Asking { at: now, changes: self.locked().changes }
    }

    /// What the database said, unless something has changed since it was asked.
    pub(crate) fn keep(&self, key: K, value: &Arc<V>, asking: Asking) {
        let mut kept = self.locked();
        if kept.changes != asking.changes {
            return;
        }
        if kept.values.len() >= Self::MOST && !kept.values.contains_key(&key) {
            let mut values = std::mem::take(&mut kept.values);
            values.retain(|_, (_, known)| kept.holds(known, asking.at));
            kept.values = values;
            if kept.values.len() >= Self::MOST {
                return;
            }
        }
        kept.values.insert(key, (Arc::clone(value), asking));
    }

    /// There is no such thing any more.
    pub(crate) fn forget(&self, key: &K) {
        self.locked().values.remove(key);
    }

    /// Something was revoked, stopped or changed: all are asked for again.
    pub(crate) fn forget_all(&self) {
        self.locked().changes += 1;
    }

    fn locked(&self) -> MutexGuard<'_, Kept<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone, V> Kept<K, V> {
    fn holds(&self, asking: &Asking, now: Instant) -> bool {
        asking.changes == self.changes && now.duration_since(asking.at) < Known::<K, V>::KEPT
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Kept { values: BTreeMap::new(), changes: 0 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_holds_for_a_moment_and_until_something_changes() {
        let known = Known::<u8, &str>::default();
        let began = Instant::now();
        known.keep(1, &Arc::new("one"), known.ask(began));
        let almost = began + Known::<u8, &str>::KEPT - Duration::from_millis(1);
        assert!(known.find(&1, almost).is_some() && known.find(&2, began).is_none());
        assert!(known.find(&1, began + Known::<u8, &str>::KEPT).is_none());
        known.forget_all();
        assert!(known.find(&1, began).is_none());
        assert!(known.was_there(&1) && !known.was_there(&2));
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept_after_it() {
        let known = Known::<u8, &str>::default();
        let began = Instant::now();
        let asking = known.ask(began);
        known.forget_all();
        known.keep(1, &Arc::new("revoked meanwhile"), asking);
        assert!(known.find(&1, began).is_none());
        known.keep(1, &Arc::new("asked again"), known.ask(began));
        assert!(known.find(&1, began).is_some());
    }

    #[test]
    fn what_no_longer_holds_makes_room() {
        let known = Known::<usize, usize>::default();
        let began = Instant::now();
        for key in 0..Known::<usize, usize>::MOST {
            known.keep(key, &Arc::new(key), known.ask(began));
        }
        known.keep(usize::MAX, &Arc::new(0), known.ask(began));
        assert!(known.find(&usize::MAX, began).is_none(), "there is no room");
        known.forget_all();
        known.keep(usize::MAX, &Arc::new(0), known.ask(began));
        assert!(known.find(&usize::MAX, began).is_some() && !known.was_there(&0));
    }
}
