//! What a power cut leaves of an operation.

use std::fmt;

use crate::random::Seeded;

/// What a power cut leaves of the operation that it interrupts. The same outcome always leaves the same.
///
/// Written `scattered-weak/17`: with the number of the operation, that is all it takes to repeat a failing case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In which manner.
    pub style: Style,
    /// Which of the many in that manner; also what weak bits read from then on.
    pub seed: u64,
}

impl Outcome {
    /// An outcome.
    pub const fn new(style: Style, seed: u64) -> Self {
        Self { style, seed }
    }

    /// By how much something advances that can be as before, one further or up to `largest` further.
    pub(super) fn advance(self, largest: u8) -> u8 {
        match self.style {
            Style::NothingDone => 0,
            Style::AllDone => 1,
            Style::Jump(by) => by.min(largest),
            // Up to `largest`, which is a byte.
            _ => Seeded::new(self.seed).below(u64::from(largest) + 1) as u8,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.style, self.seed)
    }
}

/// The manner in which an operation is interrupted; which bits, the seed decides.
///
/// Every style fits every operation: one that says nothing of it leaves a random outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As if it had not begun.
    NothingDone,
    /// It was done, and power failed before anyone knew.
    AllDone,
    /// Every bit that it touches is weak. For an erase: every bit of the sector.
    AllWeak,
    /// It went byte after byte and stopped within one.
    Prefix,
    /// The same from the end.
    Suffix,
    /// It stopped within a byte, and the bits that it had not done are weak.
    PrefixRestWeak,
    /// Any of the bits are done.
    Scattered,
    /// Any of the bits are done, any are weak.
    ScatteredWeak,
    /// All is done, one bit of it is weak.
    DoneButOneWeak,
    /// Nothing is done, one bit is weak.
    OnlyOneWeak,
    /// An erase had taken every bit to 0, which parts do first.
    Preprogrammed,
    /// The counter is this much further, at most [`crate::SoftElement::LARGEST_JUMP`].
    Jump(u8),
}

impl Style {
    /// Those that differ for a program.
    pub const OF_PROGRAM: [Self; 10] = [
        Self::NothingDone,
        Self::AllDone,
        Self::AllWeak,
        Self::Prefix,
        Self::Suffix,
        Self::PrefixRestWeak,
        Self::Scattered,
        Self::ScatteredWeak,
        Self::DoneButOneWeak,
        Self::OnlyOneWeak,
    ];

    /// Those that differ for an erase.
    pub const OF_ERASE: [Self; 11] = [
        Self::NothingDone,
        Self::AllDone,
        Self::AllWeak,
        Self::Prefix,
        Self::Suffix,
        Self::PrefixRestWeak,
        Self::Scattered,
        Self::ScatteredWeak,
        Self::DoneButOneWeak,
        Self::OnlyOneWeak,
        Self::Preprogrammed,
    ];

    /// Those that differ for an increment.
    pub const OF_INCREMENT: [Self; 4] = [Self::NothingDone, Self::AllDone, Self::Jump(2), Self::Jump(8)];

    /// Those that differ for what is done or not.
    pub const OF_OTHERS: [Self; 2] = [Self::NothingDone, Self::AllDone];

    /// Whether the seed makes a difference to what is left.
    pub const fn depends_on_seed(self) -> bool {
        !matches!(
            self,
            Self::NothingDone | Self::AllDone | Self::AllWeak | Self::Preprogrammed | Self::Jump(_)
        )
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingDone => "nothing-done",
            Self::AllDone => "all-done",
            Self::AllWeak => "all-weak",
            Self::Prefix => "prefix",
            Self::Suffix => "suffix",
            Self::PrefixRestWeak => "prefix-rest-weak",
            Self::Scattered => "scattered",
            Self::ScatteredWeak => "scattered-weak",
            Self::DoneButOneWeak => "done-but-one-weak",
            Self::OnlyOneWeak => "only-one-weak",
            Self::Preprogrammed => "preprogrammed",
            Self::Jump(by) => return write!(f, "jump-{by}"),
        })
    }
}
