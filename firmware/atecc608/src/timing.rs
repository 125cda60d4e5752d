//! How long the chip may take.
//!
//! The longest times are those of `cryptoauthlib` 3.3 for the clock divider that the product's configuration sets
//! (ChipMode 00h, the fastest). Nothing is waited for that long unless the chip needs it. At these times, with the
//! bytes at 100 kHz, an increment takes 30 ms and a signature 176 ms (of which Random 23, Nonce 20, Sign 115).

/// SDA low to wake the chip, at least (tWLO).
pub const WAKE_LOW_US: u32 = 60;
/// From there until it can be talked to, at least (tWHI).
pub const WAKE_HIGH_US: u32 = 1_500;
/// The shortest time after which the watchdog puts an awake chip to sleep (tWATCHDOG; 1.3 s typically).
pub const WATCHDOG_SHORTEST_MS: u32 = 700;

/// The longest time of Counter.
pub const COUNTER_MS: u32 = 25;
/// The longest time of GenKey.
pub const GEN_KEY_MS: u32 = 115;
/// The longest time of Info.
pub const INFO_MS: u32 = 5;
/// The longest time of Lock.
pub const LOCK_MS: u32 = 35;
/// The longest time of Nonce.
pub const NONCE_MS: u32 = 20;
/// The longest time of Random.
pub const RANDOM_MS: u32 = 23;
/// The longest time of Read.
pub const READ_MS: u32 = 5;
/// The longest time of Sign.
pub const SIGN_MS: u32 = 115;
/// The longest time of Write.
pub const WRITE_MS: u32 = 45;

/// Between two looks whether the chip is done.
pub const POLL_US: u32 = 500;
/// How often an answer is read that arrives damaged.
pub const READS: u32 = 3;
/// How often a command is sent that the chip heard damaged.
pub const SENDS: u32 = 3;
/// How often an operation is begun anew, with waking the chip.
pub const SESSIONS: u32 = 4;

/// Between two tries to wake the chip.
pub const WAKE_RETRY_US: u32 = 2_000;
/// How often it is tried: in all longer than any command that the chip may be busy with.
pub const WAKES: u32 = 64;
