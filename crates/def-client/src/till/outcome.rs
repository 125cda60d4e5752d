use fiscal::{FiscalNumber, PayloadHash};

use super::{Intent, PrintFault, StoreFault};
use crate::{
    answer::Refusal,
    sale::{SealDoubt, Unclear},
};

/// What became of a sale at this till.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a sale that is sealed wants its receipt, one that is not wants a person"]
pub enum Outcome {
    /// It is sealed; its receipt may be printed, or was.
    Sealed(Intent),
    /// Nothing was sealed, and these bytes will never be. They are out of the way.
    Refused(Refusal),
    /// Nothing was sealed. The sale stays open.
    Held(Refusal),
    /// It is not known whether it was sealed. The sale stays open.
    Unclear(Unclear),
    /// It was taken back, and is not sealed any more.
    Withdrawn,
}

/// Why a till cannot do what it is told; what is kept is as it was, or as it should be.
#[derive(Debug, thiserror::Error)]
pub enum TillFault {
    /// The payload cannot be sealed by anyone.
    #[error("this payload cannot be sealed: {0}")]
    Payload(fiscal::Fault),
    /// The memory failed. The sale is as it was kept last: start the till again when its disk is well.
    #[error("the till's memory failed ({0}): nothing is printed; mend it, and resume")]
    Store(#[from] StoreFault),
    /// The printer failed.
    #[error(transparent)]
    Print(#[from] PrintFault),
    /// Two sales with one number.
    #[error(
        "this till has another sale under {0}: the device was made anew or its memory was restored, so print nothing of \
         it, sell nothing more with it, and call a technician"
    )]
    NumberTaken(FiscalNumber),
    /// The seal that was kept is not the device's.
    #[error(
        "the seal that the till kept of {0} is not true ({1}): print nothing of it, and call a technician"
    )]
    Doubtful(PayloadHash, SealDoubt),
    /// Nobody prints so many.
    #[error("this receipt was printed as often as can be counted: print no more of it")]
    TooManyCopies,
    /// There is no such receipt here.
    #[error("this till has no receipt of {0}: read it from the device that sealed it")]
    NoReceipt(FiscalNumber),
    /// There is no such sale here.
    #[error("this till has no sale {0}: name one that it has")]
    Unknown(PayloadHash),
    /// A receipt was asked of a sale that has none.
    #[error("the sale {0} is not sealed: there is no receipt to print")]
    NotSealed(PayloadHash),
    /// Only a sale that is open can be settled.
    #[error("the sale {0} is not open: nothing is left to settle")]
    NotOpen(PayloadHash),
}
