use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fiscal::Timestamp;

/// This machine's clock. No seal has its time: it is for log, health, friendly invoices and what is kept how long.
#[allow(clippy::disallowed_methods, reason = "the proxy's one clock; what depends on it takes a time")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs()).unwrap_or(Timestamp::LATEST)
}

/// How long the machine slept since it was started; a jump says that the line is to be opened anew.
pub(crate) fn slept() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let of = |clock| {
        let time = clock_gettime(clock);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
    };
    of(ClockId::Boottime).saturating_sub(of(ClockId::Monotonic))
}
