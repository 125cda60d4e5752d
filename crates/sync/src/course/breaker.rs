use std::time::Duration;

use crate::{At, Breaker};

/// After so many faults in a row nothing is sent for a while.
pub const BREAKER_OPENS_AFTER: u32 = 5;
const FIRST: u64 = 30;
const LONGEST: u64 = 600;
/// The longest that an authority is left alone when it asks for that.
const LONGEST_ASKED: Duration = Duration::from_secs(3_600);

/// A call failed. The breaker opens after five in a row, for 30 s and twice as long each time, at most 10 min.
pub fn after_fault(breaker: Breaker, now: At) -> Breaker {
    let failures = breaker.failures.saturating_add(1);
    if failures < BREAKER_OPENS_AFTER {
        return Breaker { failures, ..breaker };
    }
    // One more fault opens it again: what follows is a probe.
    Breaker {
        failures: BREAKER_OPENS_AFTER - 1,
        trips: breaker.trips.saturating_add(1),
        open_until: Some(now.plus(pause_after(breaker.trips))),
    }
}

fn pause_after(trips: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1_u64.checked_shl(trips).unwrap_or(u64::MAX));
    Duration::from_secs(doubled.min(LONGEST))
}

/// A call succeeded: all is well. What the authority asked for holds all the same, as for an answer that was on its way.
pub fn after_success(breaker: Breaker, now: At) -> Breaker {
    let asked = breaker.open_until.filter(|until| breaker.trips == 0 && now < *until);
    Breaker { open_until: asked, ..Breaker::default() }
}

/// The authority asked to be left alone for so long (`Retry-After`), at most an hour.
pub fn after_slow(breaker: Breaker, wait: Duration, now: At) -> Breaker {
    let until = now.plus(wait.min(LONGEST_ASKED));
    Breaker { open_until: breaker.open_until.max(Some(until)), ..breaker }
}

/// Whether something may be sent. A clock that was set back does not keep it shut for longer than it ever is.
pub fn may_call(breaker: &Breaker, now: At) -> bool {
    breaker.open_until.is_none_or(|until| now >= until || until.since(now) > LONGEST_ASKED)
}
