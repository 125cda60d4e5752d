use std::time::Duration;

const FIRST: u64 = 5_000;
const LONGEST: u64 = 600_000;
const LONGEST_ASKED: u64 = 3_600;

/// How long to wait after so many failures: 5 s, doubled with each, at most 10 min, half as much more or less by `chance`.
pub fn backoff(failures: u32, chance: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX));
    let thousandths = 500 + u64::from(chance % 1_001);
    Duration::from_millis((doubled.min(LONGEST) * thousandths / 1_000).min(LONGEST))
}

/// What `Retry-After` asks for, in seconds: at most an hour.
pub fn bounded_retry_after(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(LONGEST_ASKED))
}
