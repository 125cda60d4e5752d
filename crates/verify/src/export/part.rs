use std::{fmt, num::NonZeroU32, str::FromStr};

use fiscal::{DeviceId, Epoch, Position, RecordHash};

use crate::journal::HeadAt;

/// A part of an export: records of one chain, one after the other, in a file of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportPart {
    /// Its file's name.
    pub file: PartFile,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How many records it has.
    pub records: u64,
    /// Who sealed them.
    pub signer: DeviceId,
    /// In which epoch.
    pub epoch: Epoch,
    /// The position of the first.
    pub first: Position,
    /// The position of the last.
    pub last: Position,
    /// What the first names as the hash of the record before.
    pub previous: RecordHash,
    /// The hash of the last.
    pub head: RecordHash,
}

/// The name of a part's file: `part-000001.jsonl`, by its number in the export, from 1. From a million on, the number has
/// more digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartFile(NonZeroU32);

impl ExportPart {
    /// So many records a part has at most.
    pub const MOST_RECORDS: u64 = 10_000;

    /// Whether it has what it says: as many records as positions, and not too many.
    pub(super) fn is_sound(&self) -> bool {
        let positions = self.last.value().checked_sub(self.first.value()).map(|more| more + 1);
        positions == Some(self.records) && self.records <= Self::MOST_RECORDS
    }

    /// Whether the head's place is in it.
    pub(crate) fn has(&self, head: &HeadAt) -> bool {
        (head.signer, head.epoch) == (self.signer, self.epoch)
            && (self.first..=self.last).contains(&head.position)
    }

    /// Whether this part can come after that one: the same chain goes on, or another begins. That its first record names
    /// the last one before, the list says too, but where its signer enters there, which the records show.
    pub(super) fn follows(&self, before: &Self) -> bool {
        let numbered = Some(self.file) == before.file.next();
        if (self.signer, self.epoch) == (before.signer, before.epoch) {
            let next = before.last.value().checked_add(1);
            numbered && next == Some(self.first.value())
        } else {
            numbered && self.epoch >= before.epoch
        }
    }
}

impl PartFile {
    /// Of the first part.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Of the part with this number.
    pub const fn of(number: NonZeroU32) -> Self {
        Self(number)
    }

    /// Of the part after this one.
    pub fn next(self) -> Option<Self> {
        self.0.checked_add(1).map(Self)
    }
}

impl fmt::Display for PartFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "part-{:06}.jsonl", self.0)
    }
}

impl FromStr for PartFile {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.strip_prefix("part-").and_then(|rest| rest.strip_suffix(".jsonl")).ok_or(())?;
        let file = Self(digits.parse().map_err(|_| ())?);
        // A sign, or zeros too many or too few.
        if file.to_string() == text { Ok(file) } else { Err(()) }
    }
}
