use def_protocol::{Command, reply::Seal};
use fiscal::{Epoch, InvoiceNumber};

use super::{SealDoubt, Signer};
use crate::answer::Refusal;

/// What became of a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "nobody else knows what became of the sale"]
pub enum Ending {
    /// It is sealed: this is its receipt.
    Sealed {
        /// What the receipt shows.
        seal: Box<Seal>,
        /// Whether the device had sealed these bytes before this till ever committed them: someone may have their
        /// receipt.
        before: bool,
    },
    /// Nothing was sealed, and these bytes will never be: they have to be corrected, or rung up anew.
    Refused(Refusal),
    /// Nothing was sealed, and these bytes may be once a person or the operator's service did what the code asks for.
    Held(Refusal),
    /// It is not known whether it was sealed. Offer the same bytes again, and no others in their place.
    Unclear(Unclear),
    /// It was looked for, and nothing was sealed: the end of [`super::Sale::look`].
    Unsealed,
}

/// Why it is not known what became of a sale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// Nothing was heard of the device.
    #[error("the device does not answer: plug it in again, and resume the sale")]
    Silent,
    /// There is no line to the device.
    #[error("no line to the device ({0}): plug it in, or name the right port, and resume the sale")]
    NoLine(String),
    /// The device cannot tell.
    #[error("the device cannot say whether it sealed this sale ({0}): have it repaired, and resume the sale")]
    CannotTell(Refusal),
    /// An answer of another protocol.
    #[error(
        "the answer to {0} is not one of protocol version 1: update this program or the device, and resume the sale"
    )]
    Foreign(Command),
    /// The device gave a seal that is not true.
    #[error(
        "the device's answer is not a true seal of this sale ({0}): print nothing, and call a technician"
    )]
    Doubtful(SealDoubt),
    /// It was sealed, acknowledged and then erased by a reset: the ledger has it.
    #[error("this sale was sealed as {epoch}/{number} and has left the device: the ledger has its receipt")]
    Erased {
        /// In which line of numbers.
        epoch: Epoch,
        /// Under which number.
        number: InvoiceNumber,
    },
    /// The device refuses it, which does not say that it never sealed it, and was not searched: who keeps its journal looks
    /// there ([`super::Sale::without_search`]).
    #[error("the device refuses this sale ({0}) and may have sealed it before: look for it in its journal")]
    Unsearched(Refusal),
    /// The device's journal does not go back so far: before that, another signer or another epoch may have it.
    #[error(
        "this sale may have been sealed before {epoch}/{number}, which this device does not have: look for it in the ledger \
         before it is rung up again"
    )]
    Elsewhere {
        /// In which line of numbers the search ended.
        epoch: Epoch,
        /// Where.
        number: InvoiceNumber,
    },
    /// Another device than the one to which it was offered.
    #[error(
        "this sale was offered to {}, and {} answers: connect the device to which it was offered, and resume the sale",
        offered_to.device_id, here.device_id
    )]
    OtherDevice {
        /// The one that may have sealed it.
        offered_to: Signer,
        /// The one that answers.
        here: Signer,
    },
}

impl Unclear {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::NoLine(_) => "no_line",
            Self::CannotTell(_) => "cannot_tell",
            Self::Foreign(_) => "foreign",
            Self::Doubtful(_) => "doubtful_seal",
            Self::Erased { .. } => "erased",
            Self::Unsearched(_) => "unsearched",
            Self::Elsewhere { .. } => "elsewhere",
            Self::OtherDevice { .. } => "other_device",
        }
    }
}
