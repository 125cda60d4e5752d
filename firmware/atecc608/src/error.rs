//! Why the secure element did not do as told.

use embedded_hal::i2c::ErrorKind;

/// Why the secure element did not answer, or not truly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody at its address, however often it was woken.
    #[error("the secure element does not wake ({0:?}): check its supply and the two lines")]
    Absent(ErrorKind),
    /// It took a command and said nothing in the time that its data sheet gives.
    #[error(
        "the secure element did not answer command {opcode:#04x} in time: ask again, then take its power away"
    )]
    Silent {
        /// The command's first byte.
        opcode: u8,
    },
    /// Its answers, or the commands on their way to it, were damaged each time.
    #[error("what the secure element says about command {opcode:#04x} is damaged: check the bus for noise")]
    Damaged {
        /// The command's first byte.
        opcode: u8,
    },
    /// It will not, for its state or its configuration.
    #[error(
        "the secure element refuses command {opcode:#04x} ({status:#04x}): check how it was personalised"
    )]
    Refused {
        /// The command's first byte.
        opcode: u8,
        /// What it said instead of an answer.
        status: u8,
    },
    /// It found itself broken.
    #[error("the secure element failed its own test: replace it")]
    SelfTest,
    /// Another part, or an older one.
    #[error("the part on the bus is no ATECC608 (it says {0:02x?}): fit the one of the parts list")]
    OtherPart([u8; 4]),
    /// It was never personalised, or not to the end.
    #[error("the secure element is not personalised: do the factory's step for it")]
    NotPersonalised,
    /// It is personalised for something else.
    #[error("byte {0} of the secure element's configuration is not the product's: replace it")]
    OtherConfiguration(u8),
    /// The slot of the sealing key is empty.
    #[error("the secure element has no key: make one first")]
    NoKey,
    /// The sealing key is for good.
    #[error("the secure element has a key, and it is for good: replace the secure element for another")]
    KeyExists,
    /// What was written is not what is read.
    #[error("the secure element did not keep what was written: ask again, then replace it")]
    NotKept,
    /// No point of the curve.
    #[error("the secure element's public key is none: ask again, then replace it")]
    NotAKey,
    /// The counter went back, or jumped while nothing was interrupted.
    #[error("the secure element's counter went from {before} to {after}: replace it")]
    CounterWrong {
        /// Before the increment.
        before: u32,
        /// After it.
        after: u32,
    },
    /// The counter is at its end for good.
    #[error("the counter is at its end: replace the secure element")]
    CounterSpent,
    /// The chip's source of random bytes repeats itself.
    #[error("the secure element's random bytes are not random: replace it")]
    NotRandom,
}

impl Error {
    /// Whether the same may succeed when the chip is woken anew.
    pub(crate) const fn may_pass(self) -> bool {
        matches!(
            self,
            Self::Silent { .. } | Self::Damaged { .. } | Self::Refused { .. } | Self::NotKept | Self::NotAKey
        )
    }

    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent(_) => "ELEMENT_ABSENT",
            Self::Silent { .. } => "ELEMENT_SILENT",
            Self::Damaged { .. } => "ELEMENT_DAMAGED",
            Self::Refused { .. } => "ELEMENT_REFUSED",
            Self::SelfTest => "ELEMENT_SELF_TEST",
            Self::OtherPart(_) => "ELEMENT_OTHER_PART",
            Self::NotPersonalised => "ELEMENT_NOT_PERSONALISED",
            Self::OtherConfiguration(_) => "ELEMENT_OTHER_CONFIGURATION",
            Self::NoKey => "ELEMENT_NO_KEY",
            Self::KeyExists => "ELEMENT_KEY_EXISTS",
            Self::NotKept => "ELEMENT_NOT_KEPT",
            Self::NotAKey => "ELEMENT_NOT_A_KEY",
            Self::CounterWrong { .. } => "ELEMENT_COUNTER_WRONG",
            Self::CounterSpent => "ELEMENT_COUNTER_SPENT",
            Self::NotRandom => "ELEMENT_NOT_RANDOM",
        }
    }
}
