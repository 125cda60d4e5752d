//! What has to be done now and then while the cloud runs.

use std::time::Duration;

use fiscal::Timestamp;
use ledger::{IdempotencyKey, Ledger, LedgerStore, Refusal, StoreFault};
use registry::Registry;

/// How often it is done.
pub(super) const EVERY: Duration = Duration::from_secs(3_600);
/// A day more than was promised, for whoever counts days in another zone.
const KEPT_SECONDS: u64 = (IdempotencyKey::DAYS as u64 + 1) * 86_400;
/// So many at a time, so that nothing waits for it.
const MOST: usize = 5_000;

/// Forgets the idempotency keys whose days are over.
///
/// A clock that jumps ahead must not forget keys whose days are not over. So time is here the earliest of three: the
/// clock's, that of the newest record of any outlet, and that of the first round with an hour for each round since. A
/// clock that is ahead forgets nothing until something was sealed by it, and what is sealed by it while the process runs
/// changes nothing. Only a process that starts after sales were sealed by such a clock takes their time for true, as
/// the ledger itself does (L3). When outlets do not sell, keys are kept longer than promised.
#[derive(Default)]
pub(super) struct Upkeep {
    /// No later than this it is now.
    latest: Option<u64>,
}

impl Upkeep {
    /// One round.
    pub(super) fn forget_keys(&mut self, ledger: &Ledger, now: Timestamp) -> Result<usize, Refusal> {
        let Some(newest) = ledger.ask(|store| newest_record(store))? else { return Ok(0) };
        let Some(before) = self.before(now, newest) else { return Ok(0) };
        let mut forgotten = 0;
        loop {
            let count = ledger.ask(|store| store.forget_keys(before, MOST))?;
            forgotten += count;
            if count < MOST {
                return Ok(forgotten);
            }
        }
    }

    /// What was sealed before this is older than its days.
    fn before(&mut self, now: Timestamp, newest: Timestamp) -> Option<Timestamp> {
        let time = now.min(newest).unix();
        let latest = *self.latest.insert(self.latest.map_or(time, |latest| latest + EVERY.as_secs()));
        time.min(latest).checked_sub(KEPT_SECONDS).and_then(Timestamp::from_unix)
    }
}

/// Forgets sessions and invitations that are over. Nobody is let in by one of them: this frees room only.
pub(super) fn forget_sessions(ledger: &Ledger, now: Timestamp) {
    match ledger.ask(|store| Ok(Registry::over(store).forget_sessions(now))) {
        Ok(Ok(forgotten)) => tracing::debug!(forgotten, "sessions and invitations that are over"),
        Ok(Err(fault)) => tracing::warn!(%fault, "sessions that are over were not forgotten"),
        Err(refusal) => tracing::warn!(%refusal, "sessions that are over were not forgotten"),
    }
}

/// The time of the newest record of any outlet.
fn newest_record(store: &mut dyn LedgerStore) -> Result<Option<Timestamp>, StoreFault> {
    const PAGE: usize = 500;
    let (mut newest, mut after) = (None, None);
    loop {
        let page = store.outlets(after, PAGE)?;
        let Some(last) = page.last() else { return Ok(newest) };
        after = Some(last.id);
        for outlet in &page {
            let head = store.head(outlet.id)?.filter(|head| head.state.position.is_some());
            newest = newest.max(head.map(|head| head.state.time));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;
    /// 2026-03-14T07:00:00.
    const NOW: u64 = 1_773_471_600;

    fn at(unix: u64) -> Timestamp {
        Timestamp::from_unix(unix).unwrap()
    }

    #[test]
    fn keys_are_forgotten_when_their_days_and_one_more_are_over() {
        let mut upkeep = Upkeep::default();
        assert_eq!(upkeep.before(at(NOW), at(NOW + 2)), Some(at(NOW - KEPT_SECONDS)));
        let hour = NOW + 3_600;
        assert_eq!(upkeep.before(at(hour), at(hour)), Some(at(hour - KEPT_SECONDS)));
    }

    #[test]
    fn a_clock_that_jumps_ahead_forgets_no_key_of_the_last_ninety_days() {
        let ahead = at(NOW + 91 * DAY);
        let kept = at(NOW - u64::from(IdempotencyKey::DAYS) * DAY);
        // At the start, before anything is sealed by it.
        assert!(Upkeep::default().before(ahead, at(NOW)).unwrap() <= kept);
        // While it runs, whatever is sealed by it.
        let mut upkeep = Upkeep::default();
        upkeep.before(at(NOW), at(NOW));
        assert!(upkeep.before(ahead, at(NOW)).unwrap() <= kept);
        assert!(upkeep.before(ahead, ahead).unwrap() <= kept);
    }
}
