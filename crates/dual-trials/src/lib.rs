//! Two signers, one ledger, and everything that fails between them.
//!
//! [`signers`] asks the same of a cloud whose outlet is signed by a software key, by a token, by a simulated device and by
//! the board's firmware in QEMU, and compares the answers member by member. [`chaos`] has terminals sell at two outlets
//! while proxies, devices, network and cloud fail and the line of numbers goes from one signer to the other, and then
//! compares what each terminal believes with the ledger.
//!
//! Everything is a process of the real program, made by its own commands and asked over HTTP.

pub mod chaos;
mod dice;
pub mod handover;
mod http;
mod machine;
mod place;
mod relay;
mod sale;
pub mod signers;

pub use dice::Dice;
pub use http::{Answer, Client};
pub use machine::Machine;
pub use place::{Board, Keys, Place, Plan, Store, new_database};
pub use relay::{Relay, Way};
pub use sale::{NIF, OUTLETS, Outlet, Sale};

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fiscal::Timestamp;

/// This machine's clock: terminals stamp their sales.
#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs()).unwrap_or(Timestamp::LATEST)
}

/// A clock that is never set.
#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Looks again and again until there is something, or the time is over.
pub fn until<T>(
    most: Duration,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<T>> {
    let began = instant();
    loop {
        if let Some(found) = look()? {
            return Ok(Some(found));
        }
        if began.elapsed() > most {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
