use std::{sync::atomic::Ordering, time::Duration};

use super::{Shared, turns::Looks};
use crate::{Followed, Follower};

/// However much news there is, it looks no more often.
const BREATH: Duration = Duration::from_millis(200);
/// The longest that it leaves to sealing after a transaction.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Makes jobs of what is sealed.
pub(super) fn run(shared: &Shared) {
    let mut following = Follower::default();
    let mut known = 0;
    while !shared.turns.is_stopping() {
        let mut before = (shared.clock)();
        // Sealing shares the database, and has as much of it.
        let mut pause = || {
            let took = (shared.clock)().saturating_sub(before).min(LONGEST_PAUSE);
            if !took.is_zero() {
                std::thread::sleep(took);
            }
            before = (shared.clock)();
        };
        let now = shared.now();
        let followed = shared.ask(|store| following.round(store, now, &mut pause));
        let followed = followed.unwrap_or_else(|fault| {
            tracing::warn!(%fault, "invoices wait for the database");
            Followed::default()
        });
        if followed.jobs > 0 {
            shared.counters.jobs.fetch_add(followed.jobs as u64, Ordering::Relaxed);
            shared.turns.news_of(&followed.outlets);
        }
        if !followed.has_more {
            if followed.jobs > 0 {
                // What is sold meanwhile is entered together.
                shared.turns.breathe(BREATH);
            }
            known = shared.turns.rest(Looks::Feed, shared.settings.poll, known);
        }
    }
}
