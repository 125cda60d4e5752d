//! What has to be done now and then while the cloud runs.

use std::time::Duration;

use fiscal::Timestamp;
use ledger::{IdempotencyKey, Ledger, Refusal};

/// How often it is done.
pub(super) const EVERY: Duration = Duration::from_secs(3_600);
/// A day more than was promised, for whoever counts days in another zone.
const KEPT_SECONDS: u64 = (IdempotencyKey::DAYS as u64 + 1) * 86_400;
/// So many at a time, so that nothing waits for it.
const MOST: usize = 5_000;

/// Forgets the idempotency keys whose days are over.
pub(super) fn forget_keys(ledger: &Ledger, now: Timestamp) -> Result<usize, Refusal> {
    let Some(before) = now.unix().checked_sub(KEPT_SECONDS).and_then(Timestamp::from_unix) else {
        return Ok(0);
    };
    let mut forgotten = 0;
    loop {
        let count = ledger.ask(|store| store.forget_keys(before, MOST))?;
        forgotten += count;
        if count < MOST {
            return Ok(forgotten);
        }
    }
}
