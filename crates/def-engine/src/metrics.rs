//! What is counted since the power came (ADR-0001, IMP-006).

use def_protocol::ErrorCode;

/// Counters for the status.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) prepares: u64,
    pub(crate) commits: u64,
    /// From PREPARE's answer to the end of COMMIT, in milliseconds.
    pub(crate) latency_sum: u64,
    pub(crate) latency_max: u64,
    pub(crate) expired_nonces: u64,
    /// PREPAREs and COMMITs that were said again and got their first answer.
    pub(crate) retries: u64,
    errors: [u32; ErrorCode::COUNT],
}

impl Metrics {
    pub(crate) const fn new() -> Self {
        Self {
            prepares: 0,
            commits: 0,
            latency_sum: 0,
            latency_max: 0,
            expired_nonces: 0,
            retries: 0,
            errors: [0; ErrorCode::COUNT],
        }
    }

    pub(crate) fn committed(&mut self, latency: u64) {
        self.commits += 1;
        self.latency_sum += latency;
        self.latency_max = self.latency_max.max(latency);
    }

    pub(crate) fn refused(&mut self, code: ErrorCode) {
        let count = &mut self.errors[code.index()];
        *count = count.saturating_add(1);
    }

    /// The codes that occurred, with how often.
    pub(crate) fn errors(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        let counts = self.errors.iter().map(|count| u64::from(*count));
        ErrorCode::ALL.iter().copied().zip(counts).filter(|(_, count)| *count > 0)
    }
}
