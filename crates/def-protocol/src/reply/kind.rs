use core::{fmt, str::FromStr};

use fiscal::EventKind;

/// What a record of the journal is, as a digest names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKind {
    /// `invoice`
    Invoice,
    /// `closure`, `epoch`, `close`, `hand_over` and so on.
    Event(EventKind),
}

impl RecordKind {
    /// As a digest writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Event(kind) => kind.name(),
        }
    }
}

impl From<&fiscal::Subject> for RecordKind {
    fn from(subject: &fiscal::Subject) -> Self {
        match subject {
            fiscal::Subject::Invoice(_) => Self::Invoice,
            fiscal::Subject::Event(kind) => Self::Event(*kind),
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RecordKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        let mut kinds = EventKind::ALL.iter().map(|kind| Self::Event(*kind)).chain([Self::Invoice]);
        kinds.find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// A word that is no kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no kind of record of protocol version 1: update the host")]
pub struct UnknownKind;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in EventKind::ALL.iter().map(|kind| RecordKind::Event(*kind)).chain([RecordKind::Invoice]) {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("01".parse::<RecordKind>(), Err(UnknownKind));
    }
}
