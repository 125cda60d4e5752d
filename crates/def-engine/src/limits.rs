//! The device's limits, each with its name.

/// Payloads that may wait for their COMMIT (D2).
pub const POOL: usize = crate::pool::POOL;
/// What they share, in bytes (D2).
pub const POOL_BYTES: usize = crate::pool::POOL_BYTES;
/// How long a nonce holds, in milliseconds (D2).
pub const NONCE_TTL: u64 = crate::pool::NONCE_TTL;
/// How many invoices are remembered against replay (D3, D4).
pub const WINDOW: usize = crate::state::window::WINDOW;
/// How far a payload may be ahead of the device's clock, in seconds (D4).
pub const AHEAD: u64 = fiscal::limits::AHEAD_SECONDS;
/// How long a challenge for the clock holds, in milliseconds (D8).
pub const CHALLENGE_TTL: u64 = crate::vault::CHALLENGE_TTL;
/// How often a device tests itself, in milliseconds.
pub const SELF_TEST_EVERY: u64 = crate::vault::SELF_TEST_EVERY;
/// By how much the secure element may have counted on when the power comes (D11).
pub const LARGEST_JUMP: u64 = crate::vault::LARGEST_JUMP;
/// What the secure element can count to (D11).
pub const COUNTER: u64 = crate::vault::COUNTER_LIMIT;
/// From here on the counter is warned of (D11).
pub const COUNTER_WARNING: u64 = crate::vault::COUNTER_WARNING;
/// Rows of tax groups between two closures.
pub const GROUP_ROWS: usize = crate::state::GROUP_ROWS;
/// Rows of kinds of invoices and currencies between two closures.
pub const KIND_ROWS: usize = crate::state::KIND_ROWS;
