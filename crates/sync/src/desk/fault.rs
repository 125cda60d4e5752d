use edef::Nim;
use fiscal::{FiscalNumber, Timestamp};
use ledger::StoreFault;

use crate::{AlertKind, JobId, JobState, SheetFault, course::SettleFault};

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
    /// `MACHINE_TAKEN`: another row of the merchant has this address and NIM.
    #[error("an e-MCF with this address and NIM is registered already: change that one, or ask the platform")]
    MachineTaken,
    /// `OUTLET_TAKEN`
    #[error("the outlet {0} has an e-MCF already: take it away there first")]
    OutletTaken(fiscal::OutletId),
    /// `OTHER_KIND`: a test service beside a real one.
    #[error(
        "a merchant's e-MCFs are all real or all of a test service, and none becomes the other: ask the platform"
    )]
    OtherKind,
    /// `TOKEN_EXPIRED`
    #[error("this token has expired: have the authority's portal make a new one")]
    TokenExpired,
    /// `TOKEN_NEEDED`
    #[error(
        "the address is another server's, and the token is not shown to it unasked: enter the token with the address"
    )]
    TokenNeeded,
    /// `MACHINE_STOPPED`
    #[error("this e-MCF was removed: register it again with a token")]
    MachineStopped,
    /// `TOO_MANY_MACHINES`
    #[error("a merchant has at most {0} e-MCFs: remove one that is not used")]
    TooManyMachines(u64),
    /// `NOT_RETRIED`: it is not certain that it was not finalised, or nothing is to be done.
    #[error("an invoice that is {0} is not sent again by hand: only RETRY, FAILED and DIFFERS are")]
    NotRetried(JobState),
    /// `NOT_HANDED_OUT`: it may be finalised already, or nothing is to be done.
    #[error("an invoice that is {0} is not handed out: only PENDING, RETRY, FAILED and DIFFERS are")]
    NotHandedOut(JobState),
    /// `NOT_SETTLED`
    #[error("an invoice that is {0} is not settled by a person: only AMBIGUOUS and SYNCED_WITHOUT_CODE are")]
    NotSettled(JobState),
    /// `IN_FLIGHT`
    #[error("a call of this invoice is out, and its answer is awaited: say it again in some minutes")]
    InFlight,
    /// `NOT_CLOSED`: the watch would tell it again.
    #[error("an alert of the kind {0} is not closed by hand: do what it asks for, and it ends by itself")]
    NotClosed(AlertKind),
    /// `TOLD_AGAIN`: something more happened than who closes it has read.
    #[error("the alert was told again since: read it first, then close it as it is now")]
    ToldAgain,
    /// The rules say so.
    #[error(transparent)]
    Settle(#[from] SettleFault),
    /// `OTHER_CODE`
    #[error(
        "this invoice has another code of the authority already: compare both in the portal, and tell the platform"
    )]
    OtherCode,
    /// `CODE_REUSED`
    #[error("another invoice has this code of the authority: copy the code of this one from the portal")]
    CodeReused,
    /// `OTHER_MACHINE`: the elements are of an e-MCF to which it was not sent, nor handed out, and that never was its
    /// outlet's.
    #[error("only the e-MCF {} can have finalised this invoice: check the NIM", joined(.0))]
    OtherMachine(Vec<Nim>),
    /// `UNKNOWN_MACHINE`: nobody knows to which e-MCF it was sent.
    #[error(
        "the NIM is no e-MCF to which this invoice can have gone: check the NIM, or register the e-MCF for its outlet"
    )]
    UnknownMachine,
    /// `TIME_FORM`
    #[error("the authority's time cannot be read: copy it as 14/03/2026 09:32:10, or leave it empty")]
    TimeForm,
    /// `TIME_OUTSIDE`
    #[error(
        "the authority's time is more than a day before the invoice was sealed ({0}Z), or more than a day in the \
         future: copy the one of this invoice"
    )]
    TimeOutside(Timestamp),
    /// `TWO_RECORDS`
    #[error(
        "several records have the number {number}, and this may be said of any of them ({}): the platform's operator \
         says it of one, by its hash (`stelala edef settle --record`)", hashes(.records)
    )]
    TwoRecords {
        /// Which.
        number: FiscalNumber,
        /// Those that have it.
        records: Vec<JobId>,
    },
    /// `QR_DIFFERS`
    #[error("the QR code's text does not hold this code, this NIM and the NIF: it is another invoice's")]
    QrDiffers,
    /// The file.
    #[error(transparent)]
    Sheet(#[from] SheetFault),
    /// The file could not be written.
    #[error("the file could not be made ({0}): export fewer invoices at a time")]
    Unwritten(String),
}

/// As a person reads several.
fn joined(nims: &[Nim]) -> String {
    nims.iter().map(Nim::as_str).collect::<Vec<_>>().join(", ")
}

fn hashes(records: &[JobId]) -> String {
    records.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl DeskFault {
    /// The elements are of none of the machines that can have finalised the invoice.
    pub(super) fn not_its(nims: Vec<Nim>) -> Self {
        if nims.is_empty() { Self::UnknownMachine } else { Self::OtherMachine(nims) }
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) => "STORE_UNAVAILABLE",
            Self::NotFound(_) => "NOT_FOUND",
            Self::NifNotYours => "NIF_NOT_YOURS",
            Self::MachineTaken => "MACHINE_TAKEN",
            Self::OutletTaken(_) => "OUTLET_TAKEN",
            Self::OtherKind => "OTHER_KIND",
            Self::TokenExpired => "TOKEN_EXPIRED",
            Self::TokenNeeded => "TOKEN_NEEDED",
            Self::MachineStopped => "MACHINE_STOPPED",
            Self::TooManyMachines(_) => "TOO_MANY_MACHINES",
            Self::NotRetried(_) => "NOT_RETRIED",
            Self::NotHandedOut(_) => "NOT_HANDED_OUT",
            Self::NotSettled(_) => "NOT_SETTLED",
            Self::InFlight => "IN_FLIGHT",
            Self::NotClosed(_) => "NOT_CLOSED",
            Self::ToldAgain => "TOLD_AGAIN",
            Self::Settle(SettleFault::State(_)) => "NOT_SETTLED",
            Self::Settle(SettleFault::TooSoon(_)) => "TOO_SOON",
            Self::Settle(SettleFault::NotACancellation) => "NOT_WITHDRAWN",
            Self::OtherCode => "OTHER_CODE",
            Self::CodeReused => "CODE_REUSED",
            Self::OtherMachine(_) => "OTHER_MACHINE",
            Self::UnknownMachine => "UNKNOWN_MACHINE",
            Self::TimeForm => "TIME_FORM",
            Self::TwoRecords { .. } => "TWO_RECORDS",
            Self::QrDiffers => "QR_DIFFERS",
            Self::TimeOutside(_) => "TIME_OUTSIDE",
            Self::Sheet(fault) => fault.code(),
            Self::Unwritten(_) => "SHEET_UNWRITTEN",
        }
    }
}
