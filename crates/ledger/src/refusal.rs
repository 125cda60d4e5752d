use std::time::Duration;

use fiscal::{CreditFault, DeviceId, Epoch, Fault, InvoiceNumber, LinkFault, Timestamp};
use signing::SignerFault;

use crate::{AuthorityFault, ReportFault, StoreFault};

/// Why the ledger did not do what it was asked for. Nothing was changed, but where the sentence says that it is not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// `SCHEMA_INVALID`
    #[error(transparent)]
    Payload(#[from] Fault),
    /// `WRONG_OUTLET`
    #[error("no outlet of this merchant has this id: send the invoice of an outlet that is registered here")]
    WrongOutlet,
    /// `REPLAY_DETECTED`: the sale is sealed already (L4).
    #[error("this very sale was sealed as number {number} of epoch {epoch}: ask for that invoice")]
    Replay {
        /// In which epoch.
        epoch: Epoch,
        /// Under which number.
        number: InvoiceNumber,
    },
    /// `IDEMPOTENCY_KEY_REUSED`
    #[error("this idempotency key was used for another payload: give each sale a key of its own")]
    KeyReused,
    /// `STALE_TIMESTAMP` (D4)
    #[error("the payload is stamped {seconds} s after the ledger's clock: set the terminal's clock")]
    StampedAhead {
        /// By how much.
        seconds: u64,
    },
    /// As the credit rule says (D5).
    #[error(transparent)]
    Credit(#[from] CreditFault),
    /// `ORIGINAL_ELSEWHERE`: a voucher over the original is out (L5).
    #[error(
        "a voucher lets another signer credit this original until {until}: credit it there, or here once that signer's \
         records of that time have arrived"
    )]
    VoucherOut {
        /// Until when it may be used.
        until: Timestamp,
    },
    /// `HANDED_OVER` (L2)
    #[error("the outlet's line of numbers is with {device}: have it sealed there")]
    HandedOver {
        /// Who holds it.
        device: DeviceId,
    },
    /// `NOT_CLOSED` (L2)
    #[error(
        "the ledger does not hold the record with which {device} left the outlet's line: have it leave and deliver, or \
         take the line by force"
    )]
    NotClosed {
        /// Who holds it still.
        device: DeviceId,
    },
    /// `NOT_HOLDER` (L2, L5)
    #[error("{device} does not hold the outlet's line of numbers: ask which signer does")]
    NotHolder {
        /// Who does not.
        device: DeviceId,
    },
    /// `CLOCK_ROLLBACK_DETECTED`, `STORAGE_FULL`
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// `CLOSURE_REQUIRED`
    #[error(
        "the totals since the last closure have no room for this sale: close the day with a Z report, then send it again"
    )]
    ClosureRequired,
    /// `NOT_FOUND`
    #[error("{0}")]
    NotFound(&'static str),
    /// `SCHEMA_INVALID`, `NOT_FOUND`
    #[error(transparent)]
    Report(#[from] ReportFault),
    /// As the fault says.
    #[error(transparent)]
    Authority(#[from] AuthorityFault),
    /// `BUSY`
    #[error("more sales wait than are sealed in time: send it again after {} s", retry_after.as_secs())]
    Busy {
        /// After which time there is room again.
        retry_after: Duration,
    },
    /// `OUTLET_HELD`
    #[error(
        "another process appends to this outlet, or it is being restored: send it again in a few seconds"
    )]
    Held,
    /// `SIGNER_UNAVAILABLE`
    #[error(transparent)]
    Signer(#[from] SignerFault),
    /// `STORE_UNAVAILABLE`
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// `OUTCOME_UNKNOWN`
    #[error(
        "the database did not say whether the sale was stored: send the same bytes with the same idempotency key again, \
         the answer will be the one seal"
    )]
    OutcomeUnknown,
    /// `LEDGER_FAILED`
    #[error(
        "a writer of the ledger has ended against all expectation: restart the process, and send it again with the same key"
    )]
    Failed,
    /// `STOPPING`
    #[error("the ledger is shutting down: send it again in a few seconds")]
    Stopping,
}

impl Refusal {
    /// The stable code, as the device's protocol has it where that has one.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Payload(_) => "SCHEMA_INVALID",
            Self::WrongOutlet => "WRONG_OUTLET",
            Self::Replay { .. } => "REPLAY_DETECTED",
            Self::KeyReused => "IDEMPOTENCY_KEY_REUSED",
            Self::StampedAhead { .. } => "STALE_TIMESTAMP",
            Self::Credit(fault) => fault.code(),
            Self::VoucherOut { .. } => "ORIGINAL_ELSEWHERE",
            Self::HandedOver { .. } => "HANDED_OVER",
            Self::NotClosed { .. } => "NOT_CLOSED",
            Self::NotHolder { .. } => "NOT_HOLDER",
            Self::Link(fault) => fault.code(),
            Self::ClosureRequired => "CLOSURE_REQUIRED",
            Self::NotFound(_) => "NOT_FOUND",
            Self::Report(fault) => fault.code(),
            Self::Authority(fault) => fault.code(),
            Self::Busy { .. } => "BUSY",
            Self::Held => "OUTLET_HELD",
            Self::Signer(_) => "SIGNER_UNAVAILABLE",
            Self::Store(StoreFault::Exists(_)) => "EXISTS",
            Self::Store(_) => "STORE_UNAVAILABLE",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Failed => "LEDGER_FAILED",
            Self::Stopping => "STOPPING",
        }
    }

    /// Whether the same request may succeed a little later.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::Held
            | Self::Failed
            | Self::OutcomeUnknown
            | Self::Stopping
            | Self::Link(LinkFault::ClockRollback { .. }) => true,
            Self::Signer(fault) => fault.is_temporary(),
            Self::Store(fault) => matches!(fault, StoreFault::Unavailable(_)),
            _ => false,
        }
    }
}
