//! For how long an alert lasts, and what of it is kept.

use super::AlertKind;

impl AlertKind {
    /// Whether such an alert ends when its reason does, and only then; another one lasts until somebody closes it.
    pub const fn ends_by_itself(self) -> bool {
        match self {
            Self::TokenExpires
            | Self::TokenExpired
            | Self::NoMachine
            | Self::MachinePaused
            | Self::MachineSilent
            | Self::MachineBlocked
            | Self::Backlog
            | Self::Ambiguous
            | Self::Differs
            | Self::Failed => true,
            // An outlet's ledger that refuses, and a machine that cannot be read, are told each minute: closed too early,
            // they come again. Of an invoice or a chain it is told once.
            Self::NotRecorded | Self::CorruptRow => false,
            Self::RatesDiffer
            | Self::TwoCodes
            | Self::Contradicted
            | Self::NonCompliant
            | Self::SettledByPerson
            | Self::HandedOut
            | Self::TestMachine => false,
        }
    }

    /// Whether each telling is of something that happened, so that none takes the place of another that nobody has read yet;
    /// others tell how it stands now.
    pub(crate) const fn adds_up(self) -> bool {
        match self {
            Self::TwoCodes
            | Self::Contradicted
            | Self::CorruptRow
            | Self::NonCompliant
            | Self::NotRecorded
            | Self::SettledByPerson
            | Self::TestMachine => true,
            Self::TokenExpires
            | Self::TokenExpired
            | Self::NoMachine
            | Self::MachinePaused
            | Self::MachineSilent
            | Self::MachineBlocked
            | Self::Backlog
            | Self::Ambiguous
            | Self::Differs
            | Self::Failed
            | Self::RatesDiffer
            | Self::HandedOut => false,
        }
    }
}
