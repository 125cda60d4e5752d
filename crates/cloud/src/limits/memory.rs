use std::{
    collections::BTreeMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};

use super::{Allowance, Passed, Standing};

/// Buckets of one size, one for each that asks.
pub(super) struct Buckets<K: Clone + Hash + Ord, C: Clock> {
    allowance: Allowance,
    limiter: RateLimiter<Visit<K>, Memory<K>, C, StateInformationMiddleware>,
}

impl<K: Clone + Hash + Ord, C: Clock> Buckets<K, C> {
    /// For so many that ask; all others share one.
    pub(super) fn new(allowance: Allowance, clock: C, most: usize) -> Self {
        let quota = Quota::per_second(allowance.limit_per_second).allow_burst(allowance.burst);
        let limiter = RateLimiter::new(quota, Memory::new(most), clock);
        Self { allowance, limiter }
    }

    pub(super) const fn allowance(&self) -> Allowance {
        self.allowance
    }

    pub(super) fn take(&self, key: K) -> Passed {
        self.visit(&Visit { key, takes: true })
    }

    /// Takes so many more behind one that was taken, up to the burst. Who has to wait for them is told when all are there
    /// again, that one too.
    pub(super) fn take_more(&self, key: K, more: NonZeroU32) -> Passed {
        let burst = self.allowance.burst.get();
        let Some(more) = NonZeroU32::new(more.get().min(burst - 1)) else {
            return Passed::Yes(Standing::new(self.allowance, 0));
        };
        match self.limiter.check_key_n(&Visit { key, takes: true }, more) {
            Ok(Ok(state)) => Passed::Yes(Standing::new(self.allowance, state.remaining_burst_capacity())),
            Ok(Err(until)) => {
                let one = Duration::from_secs(1) / self.allowance.limit_per_second.get();
                let retry_after = until.wait_time_from(self.limiter.clock().now()) + one;
                Passed::No { standing: Standing::new(self.allowance, 0), retry_after }
            }
            // Fewer than the burst always fit.
            Err(_) => Passed::No { standing: Standing::new(self.allowance, 0), retry_after: Duration::MAX },
        }
    }

    /// Whether it could take, which it does not do.
    pub(super) fn look(&self, key: K) -> Passed {
        self.visit(&Visit { key, takes: false })
    }

    pub(super) fn forget_idle(&self) {
        self.limiter.retain_recent();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.limiter.is_empty()
    }

    fn visit(&self, visit: &Visit<K>) -> Passed {
        match self.limiter.check_key(visit) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                // Nothing was taken by who only looks.
                let remaining = if visit.takes { left } else { left.saturating_add(1) };
                Passed::Yes(Standing::new(self.allowance, remaining))
            }
            Err(until) => Passed::No {
                standing: Standing::new(self.allowance, 0),
                retry_after: until.wait_time_from(self.limiter.clock().now()),
            },
        }
    }
}

/// Who comes to a bucket, and whether something is taken out of it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Visit<K> {
    key: K,
    takes: bool,
}

/// When each bucket is full again, for a bounded number of them.
struct Memory<K> {
    most: usize,
    full: Mutex<Full<K>>,
}

struct Full<K> {
    own: BTreeMap<K, Nanos>,
    /// Of all that came when there was no room: they are held up together rather than let through.
    shared: Option<Nanos>,
}

impl<K: Ord> Memory<K> {
    const fn new(most: usize) -> Self {
        Self { most, full: Mutex::new(Full { own: BTreeMap::new(), shared: None }) }
    }

    fn full(&self) -> MutexGuard<'_, Full<K>> {
        // A thread that panicked between two buckets left them whole.
        self.full.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Ord> StateStore for Memory<K> {
    type Key = Visit<K>;

    fn measure_and_replace<T, F, E>(&self, visit: &Visit<K>, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut full = self.full();
        let Full { own, shared } = &mut *full;
        let has_room = own.len() < self.most;
        match own.get_mut(&visit.key) {
            Some(when) => {
                let (passed, next) = measure(Some(*when))?;
                if visit.takes {
                    *when = next;
                }
                Ok(passed)
            }
            None if has_room => {
                let (passed, next) = measure(None)?;
                if visit.takes {
                    own.insert(visit.key.clone(), next);
                }
                Ok(passed)
            }
            None => {
                let (passed, next) = measure(*shared)?;
                if visit.takes {
                    *shared = Some(next);
                }
                Ok(passed)
            }
        }
    }
}

impl<K: Clone + Hash + Ord> ShrinkableKeyedStateStore<Visit<K>> for Memory<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.full().own.retain(|_, when| *when >= drop_below);
    }

    fn len(&self) -> usize {
        self.full().own.len()
    }

    fn is_empty(&self) -> bool {
        self.full().own.is_empty()
    }
}
