use edef::{ApiUrl, Dialect, Isf, Nim};
use fiscal::{Nif, OutletId, Timestamp};
use registry::MerchantId;
use serde::{Deserialize, Serialize};

use crate::{At, Era, words::words};

registry::ids! {
    /// One of the authority's machines, as we know it: an address and a token.
    MachineId "mcf";
}

/// One e-MCF, the authority's machine for one shop. Two with the same address and NIM are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Our name for it.
    pub id: MachineId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Where it answers.
    pub url: ApiUrl,
    /// Whose invoices it takes.
    pub nif: Nif,
    /// Its number; none until it answered once.
    pub nim: Option<Nim>,
    /// Which homologated system calls it.
    pub isf: Isf,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// When its token ends.
    pub token_expires: Option<Timestamp>,
    /// Whether nobody else makes invoices with it.
    pub exclusive: bool,
    /// Rises with each change of address or token.
    pub generation: u64,
    /// Whether it is used.
    pub state: MachineState,
    /// Its circuit breaker.
    pub breaker: Breaker,
    /// Its counters; none when they say nothing.
    pub baseline: Option<Baseline>,
    /// The newest era that there was; the next baseline begins a higher one.
    pub era: Era,
    /// How far the authority's clock is ahead of ours, in milliseconds: for people.
    pub clock_offset_ms: i64,
    /// Whose invoices go to it.
    pub outlets: Vec<OutletId>,
    /// Whether it is a test service or a simulator.
    pub is_test: bool,
    /// Rises with each write: compare and swap.
    pub version: u64,
}

impl Machine {
    /// Whether the authority has answered to its token as its number, as far as that left a trace.
    pub const fn has_answered(&self) -> bool {
        self.era.0 > 0 || self.clock_offset_ms != 0
    }
}

/// Whether a machine is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MachineState {
    /// It is.
    Ready,
    /// A person let it rest.
    Paused {
        /// Who.
        by: String,
        /// Since when.
        since: At,
    },
    /// It answers in a way that only a person can settle.
    Blocked {
        /// How.
        cause: BlockCause,
        /// Since when.
        since: At,
    },
    /// It was removed; its row stays.
    Stopped,
}

words! {
    /// Why a machine is not used until a person did something.
    BlockCause {
        /// It takes our token no more: enter a new one.
        Unauthorized "unauthorized",
        /// It says that it is another e-MCF, or another merchant's.
        WrongMachine "wrong_machine",
    }
}

/// Keeps us from calling a machine that does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Faults in a row.
    pub failures: u32,
    /// How often in a row it opened.
    pub trips: u32,
    /// Until when nothing is sent; after that one status is asked.
    pub open_until: Option<At>,
}

/// What the counters of a machine said at the newest confirm whose answer we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// How many invoices of all types it had finalised.
    pub total: u64,
    /// How many of them, since the era began, no answer of ours explains.
    pub unexplained: u64,
    /// The era.
    pub era: Era,
    /// When the answer came.
    pub at: At,
}
