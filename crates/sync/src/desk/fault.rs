use edef::Nim;
use ledger::StoreFault;

use crate::{JobState, SheetFault};

/// Why something was not done. Nothing was changed then.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DeskFault {
    /// The database says so.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// `NOT_FOUND`: there is none, or it is somebody else's: nobody learns which.
    #[error("there is no {0} of yours with this id: check the id")]
    NotFound(&'static str),
    /// `NIF_NOT_YOURS`
    #[error("the NIF is not the merchant's own: an e-MCF takes only invoices of its own taxpayer")]
    NifNotYours,
    /// `MACHINE_TAKEN`: another row has this address and NIM.
    #[error("an e-MCF with this address and NIM is registered already: change that one")]
    MachineTaken,
    /// `OUTLET_TAKEN`
    #[error("the outlet {0} has an e-MCF already: take it away there first")]
    OutletTaken(fiscal::OutletId),
    /// `TOKEN_EXPIRED`
    #[error("this token has expired: have the authority's portal make a new one")]
    TokenExpired,
    /// `MACHINE_STOPPED`
    #[error("this e-MCF was removed: register it again with a token")]
    MachineStopped,
    /// `TOO_MANY_MACHINES`
    #[error("a merchant has at most {0} e-MCFs: remove one that is not used")]
    TooManyMachines(u64),
    /// `NOT_RETRIED`: it is not certain that it was not finalised, or nothing is to be done.
    #[error("an invoice that is {0} is not sent again by hand: only RETRY, FAILED and DIFFERS are")]
    NotRetried(JobState),
    /// `NOT_SETTLED`
    #[error("an invoice that is {0} is not settled by a person: only AMBIGUOUS and SYNCED_WITHOUT_CODE are")]
    NotSettled(JobState),
    /// `TOO_SOON`: a confirm may still be under way.
    #[error("the last confirm of this invoice may still have its effect: look in the portal again in {0} seconds")]
    TooSoon(u64),
    /// `CODE_REUSED`
    #[error("another invoice has this code of the authority: copy the code of this one from the portal")]
    CodeReused,
    /// `OTHER_MACHINE`: the elements are of an e-MCF to which it was not sent.
    #[error("the invoice was sent to the e-MCF {0}, and these elements are of another one: check the NIM")]
    OtherMachine(Nim),
    /// `UNKNOWN_MACHINE`: nobody knows to which e-MCF it was sent.
    #[error("the NIM is no e-MCF of this merchant: check the NIM, or register the e-MCF")]
    UnknownMachine,
    /// `NOT_WITHDRAWN`
    #[error("{0}: nothing was withdrawn")]
    NotWithdrawn(WithdrawFault),
    /// `OVERTAKEN`: a lane wrote at the same time.
    #[error("the invoice or the e-MCF changed at the same moment: look at it again")]
    Overtaken,
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetFault),
    /// The file could not be written.
    #[error("the file could not be made ({0}): export fewer invoices at a time")]
    Unwritten(String),
}

/// Why an original and its cancellation are not withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawFault {
    /// The authority may know it.
    #[error("only an original that is FAILED or DIFFERS is withdrawn, and this one is {0}")]
    Original(JobState),
    /// The authority may know it.
    #[error("only a cancellation that still waits is withdrawn, and this one is {0}")]
    Cancellation(JobState),
    /// It takes back another invoice.
    #[error("the credit note does not take back this original")]
    OtherOriginal,
    /// It takes back a part.
    #[error("the credit note is no full cancellation (RAN)")]
    NotWhole,
}

impl DeskFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE_UNAVAILABLE",
            Self::NotFound(_) => "NOT_FOUND",
            Self::NifNotYours => "NIF_NOT_YOURS",
            Self::MachineTaken => "MACHINE_TAKEN",
            Self::OutletTaken(_) => "OUTLET_TAKEN",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::MachineStopped => "MACHINE_STOPPED",
            Self::TooManyMachines(_) => "TOO_MANY_MACHINES",
            Self::NotRetried(_) => "NOT_RETRIED",
            Self::NotSettled(_) => "NOT_SETTLED",
            Self::TooSoon(_) => "TOO_SOON",
            Self::CodeReused => "CODE_REUSED",
            Self::OtherMachine(_) => "OTHER_MACHINE",
            Self::UnknownMachine => "UNKNOWN_MACHINE",
            Self::NotWithdrawn(_) => "NOT_WITHDRAWN",
            Self::Overtaken => "OVERTAKEN",
            Self::Sheet(fault) => fault.code(),
            Self::Unwritten(_) => "SHEET_UNWRITTEN",
        }
    }
}
