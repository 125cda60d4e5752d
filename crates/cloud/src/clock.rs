use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fiscal::Timestamp;
use ledger::Clock;

/// This machine's clock, which time synchronisation keeps.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// How long ago 1970 began; nothing, if the clock is before that.
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the cloud's one clock; tests give the ledger another"
    )]
    pub fn since_epoch() -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock outside of these years is behind or ahead of every ledger, which then says so.
        Timestamp::from_unix(Self::since_epoch().as_secs()).unwrap_or(Timestamp::LATEST)
    }
}
