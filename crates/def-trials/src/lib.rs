//! What a fiscal memory has to stand: a shop that uses it, an authority that commands it, and trials that break it.

pub mod authority;
pub mod host;
pub mod model;
pub mod power;
pub mod sale;
pub mod storm;

pub use authority::Authority;
pub use host::{Board, Host};
pub use sale::Sale;

/// How many seeds a test goes through: as many as `STELALA_SEEDS` says, or else these.
///
/// # Panics
///
/// When it says no number: a test with other seeds than were asked for shows nothing.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "a test has no arguments")]
pub fn seeds(otherwise: u64) -> u64 {
    std::env::var("STELALA_SEEDS").map_or(otherwise, |said| said.parse().expect("STELALA_SEEDS is a number"))
}
