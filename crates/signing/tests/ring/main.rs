//! What a ring of keys does when its store is slow, fails, lies, goes away and returns.

mod faults;
mod mock;
#[path = "../suite/mod.rs"]
#[allow(dead_code, reason = "this program uses its helpers only")]
mod suite;
mod work;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use mock::Mock;
use signing::{KeyRing, RingSettings};

/// Long enough for a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// With so many workers and this deadline.
pub(crate) fn start(mock: &Mock, workers: usize, deadline: Duration) -> KeyRing {
    let settings = RingSettings {
        workers: NonZeroUsize::new(workers).unwrap(),
        deadline,
        ..RingSettings::new(suite::signer())
    };
    KeyRing::start(Arc::new(mock.clone()), settings, suite::counting())
}

/// Waits for what other threads do.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..4_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("never: {what}");
}
