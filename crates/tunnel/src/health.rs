use serde::{Deserialize, Serialize};

use crate::text::Word;

/// How a proxy is. Its device says the rest in its own status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyHealth {
    /// The program.
    pub version: Word,
    /// How long it runs.
    pub uptime_seconds: u64,
    /// Whether the device answers.
    pub line_up: bool,
    /// How often the line was opened since the start.
    pub lines_opened: u64,
    /// Sales that wait for the device's one line.
    pub queued: u64,
    /// Sales of which it is not known yet what became of them.
    pub unresolved: u64,
    /// Records that the cloud does not hold yet.
    pub spooled: u64,
    /// By how much the device's clock is ahead of this machine's, in seconds; null when it has none.
    pub clock_drift_seconds: Option<i64>,
    /// From the first PREPARE to the seal.
    pub seal_ms: Figure,
    /// PREPAREs whose nonce expired before the COMMIT.
    pub expired_nonces: u64,
    /// Questions that were asked again because no answer came.
    pub retries: u64,
    /// Refusals, only of codes that occurred.
    pub errors: Vec<CodeCount>,
}

/// How long something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// How often.
    pub count: u64,
    /// All together, in milliseconds.
    pub sum: u64,
    /// The longest, in milliseconds.
    pub max: u64,
}

/// How often a code occurred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeCount {
    /// Which.
    pub code: Word,
    /// How often.
    pub count: u64,
}
