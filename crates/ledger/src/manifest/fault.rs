use fiscal::{CivilDate, GroupCode};

/// Why a list of tax groups is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// `MANIFEST_FORM`
    #[error("this is no list of tax groups: {0}")]
    Form(String),
    /// `MANIFEST_EMPTY`
    #[error("there is no tax group in this list: write those that hold")]
    Empty,
    /// `MANIFEST_TOO_LONG`
    #[error("this list has {0} entries: leave out those that are over for longer than documents are kept")]
    TooLong(usize),
    /// `MANIFEST_ENTRY`
    #[error("entry {entry}, {member}: {reason}")]
    Entry {
        /// Which one, from 1.
        entry: usize,
        /// Which of its members.
        member: &'static str,
        /// What is to be written there.
        reason: String,
    },
    /// `MANIFEST_NOT_NEXT`
    #[error("this is version {found}, and version {held} holds: import it as version {}", u64::from(*held) + 1)]
    NotNext {
        /// The version that holds.
        held: u32,
        /// The one that was to follow it.
        found: u32,
    },
    /// `MANIFEST_PAST`
    #[error(
        "the group {code} would have another {member} on {day}, which has begun or is over: leave its entries as they are, \
         and add one that is valid from a later day"
    )]
    Past {
        /// The group.
        code: GroupCode,
        /// The first day on which it would differ.
        day: CivilDate,
        /// What would differ.
        member: &'static str,
    },
}

impl ManifestFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "MANIFEST_FORM",
            Self::Empty => "MANIFEST_EMPTY",
            Self::TooLong(_) => "MANIFEST_TOO_LONG",
            Self::Entry { .. } => "MANIFEST_ENTRY",
            Self::NotNext { .. } => "MANIFEST_NOT_NEXT",
            Self::Past { .. } => "MANIFEST_PAST",
        }
    }
}
