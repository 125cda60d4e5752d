use serde::{Deserialize, Serialize};

use crate::{Endpoint, world::Nim};

/// The number of a fault that was set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultId(pub u64);

/// A fault, and when it strikes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often.
    pub often: Often,
    /// On which calls; on all without it.
    #[serde(default, rename = "on")]
    pub endpoint: Option<Endpoint>,
    /// At which e-MCF; at all without it.
    #[serde(default)]
    pub nim: Option<Nim>,
}

/// How often a fault strikes, among the calls that it concerns.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Often {
    /// So many calls, from the next one on; then it is over.
    Next(u32),
    /// By chance, so many in a thousand, until it is taken away.
    PerMille(u16),
}

/// On which side of the effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// The call has no effect.
    Before,
    /// The call has its effect, and the caller is told otherwise.
    After,
}

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// No answer arrives.
    Lost(Moment),
    /// The answer is late by so many milliseconds.
    Slow(u32),
    /// A request for a credit note is late by so many milliseconds, while its original is looked for.
    SlowCreditNote(u32),
    /// Another HTTP status: 401, 403, 429, 500, 503…
    Status {
        /// The status.
        status: u16,
        /// Whether the call has its effect.
        moment: Moment,
        /// The header `Retry-After`, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u32>,
    },
    /// The service refuses with an error code of its own, without an effect: 1, 10, 20, 99…
    Refuse(u16),
    /// The body is no JSON, or half of it, or of another form; which one is chance.
    Malformed(Moment),
    /// The totals of a request differ by so many thousandths, in its first group and in the sums.
    Totals(i32),
    /// A confirm finalises, and its answer has no code.
    NoCode,
    /// The pending list lacks entries, while the count tells of all.
    PartialList,
    /// The pending list and its count are as they were so many milliseconds ago; the time of the server is today's.
    StaleList(u32),
    /// Answers name another e-MCF.
    WrongNim(Nim),
    /// The request expires after so many milliseconds instead of two minutes.
    ShortLife(u32),
}

impl FaultKind {
    /// Whether it can strike there at all: what cannot is not counted.
    pub(crate) const fn concerns(&self, endpoint: Endpoint, is_credit_note: bool) -> bool {
        match self {
            Self::Lost(_) | Self::Slow(_) | Self::Status { .. } | Self::Refuse(_) | Self::Malformed(_) => {
                true
            }
            Self::SlowCreditNote(_) => matches!(endpoint, Endpoint::Request) && is_credit_note,
            Self::Totals(_) | Self::ShortLife(_) => matches!(endpoint, Endpoint::Request),
            Self::NoCode => matches!(endpoint, Endpoint::Confirm),
            Self::PartialList | Self::StaleList(_) => matches!(endpoint, Endpoint::Status),
            Self::WrongNim(_) => matches!(endpoint, Endpoint::Status | Endpoint::Confirm),
        }
    }
}
