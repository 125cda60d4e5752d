//! What stops the device from sealing until someone sees to it (D11).

use def_protocol::ErrorCode;

use super::self_test::Part;
use crate::{
    journal::{JournalFault, Place},
    refusal::{Detail, Refusal},
};

/// A secure element may count on by this many at a power cut.
pub(crate) const LARGEST_JUMP: u64 = 8;
/// What the secure element can count to, and from where it is said that it comes to an end.
pub(crate) const COUNTER_LIMIT: u64 = 2_097_151;
pub(crate) const COUNTER_WARNING: u64 = COUNTER_LIMIT / 10 * 9;

/// Why nothing is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A part of the journal cannot be read or was altered.
    Corrupt { place: Place, reason: &'static str },
    /// The flash does not answer or does not take what is written.
    Flash,
    /// The secure element does not answer. It is asked again at the next command.
    Element,
    /// The device computes wrongly.
    SelfTest(Part),
    /// The secure element has counted to something that the journal does not account for: the journal was restored
    /// from an older copy, or the secure element was changed.
    Counter { newest: u64, found: u64 },
}

impl Trouble {
    pub(crate) fn refusal(&self) -> Refusal {
        match *self {
            Self::Corrupt { place, reason } => Refusal::corrupt(place, reason),
            Self::Flash => Refusal::from(JournalFault::Flash),
            Self::Element => element_failed(),
            Self::SelfTest(_) => Refusal::new(
                ErrorCode::SelfTestFailed,
                "the device does not compute rightly: switch it off and on, and have it serviced if it stays so",
            ),
            Self::Counter { newest, found } => {
                Refusal::new(ErrorCode::StorageCorrupt, Detail::Counter { newest, found })
            }
        }
    }

    /// Whether the next command may find it gone.
    pub(crate) const fn may_pass(&self) -> bool {
        matches!(self, Self::Element)
    }
}

impl From<JournalFault> for Trouble {
    fn from(fault: JournalFault) -> Self {
        match fault {
            JournalFault::Corrupt { place, reason } => Self::Corrupt { place, reason },
            _ => Self::Flash,
        }
    }
}

pub(crate) fn element_failed() -> Refusal {
    Refusal::new(
        ErrorCode::SeFailure,
        "the secure element did not answer: try again, and have the device serviced if it stays so",
    )
}
