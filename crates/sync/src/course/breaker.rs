use std::time::Duration;

use crate::{At, Breaker};

/// After so many faults in a row nothing is sent for a while.
pub const BREAKER_OPENS_AFTER: u32 = 5;
const FIRST: u64 = 30;
const LONGEST: u64 = 600;

/// A call failed. The breaker opens after five in a row, for 30 s and twice as long each time, at most 10 min.
pub fn after_fault(breaker: Breaker, now: At) -> Breaker {
    let failures = breaker.failures.saturating_add(1);
    if failures < BREAKER_OPENS_AFTER {
        return Breaker { failures, ..breaker };
    }
    let seconds = FIRST.saturating_mul(1_u64.checked_shl(breaker.trips).unwrap_or(u64::MAX)).min(LONGEST);
    // One more fault opens it again: what follows is a probe.
    Breaker {
        failures: BREAKER_OPENS_AFTER - 1,
        trips: breaker.trips.saturating_add(1),
        open_until: Some(now.plus(Duration::from_secs(seconds))),
    }
}

/// A call succeeded: all is well.
pub fn after_success(_: Breaker) -> Breaker {
    Breaker::default()
}

/// Whether something may be sent. A clock that was set back does not keep it shut for longer than it ever is.
pub fn may_call(breaker: &Breaker, now: At) -> bool {
    breaker.open_until.is_none_or(|until| now >= until || until.since(now) > Duration::from_secs(LONGEST))
}
