//! Heads that were kept elsewhere, at their places (L7).

use std::{collections::BTreeSet, io::Read};

use fiscal::{DeviceId, Epoch, OutletId, Position, Record, RecordHash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::lines::{LineFault, Lines};

/// A head as a file outside the database keeps it: how far a chain had come at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeadAt {
    /// The outlet.
    pub outlet: OutletId,
    /// Who sealed.
    pub signer: DeviceId,
    /// In which epoch.
    pub epoch: Epoch,
    /// The position of the newest record.
    pub position: Position,
    /// Its hash.
    pub hash: RecordHash,
    /// Its time.
    pub time: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    outlet_id: String,
    signer: String,
    epoch: u32,
    position: u64,
    record_hash: String,
    time: String,
}

impl HeadAt {
    /// So many are compared in one audit at most: what is held of them stays below 128 MiB.
    pub const MOST: usize = 1_000_000;

    /// Reads a line of a file of heads; none that is written otherwise.
    pub fn read(line: &[u8]) -> Option<Self> {
        let raw: Raw = serde_json::from_slice(line).ok()?;
        let head = Self {
            outlet: raw.outlet_id.parse().ok()?,
            signer: raw.signer.parse().ok()?,
            epoch: Epoch(raw.epoch),
            position: Position::new(raw.position)?,
            hash: RecordHash::from_hex(&raw.record_hash)?,
            time: raw.time.parse().ok()?,
        };
        (head.to_json().as_bytes() == line).then_some(head)
    }

    /// Writes the line, without its end.
    pub fn to_json(&self) -> String {
        let raw = Raw {
            outlet_id: self.outlet.to_string(),
            signer: self.signer.to_string(),
            epoch: self.epoch.0,
            position: self.position.value(),
            record_hash: self.hash.to_string(),
            time: self.time.to_string(),
        };
        // Strings and numbers always serialise.
        serde_json::to_string(&raw).unwrap_or_default()
    }

    /// Reads a file of heads, and keeps those of one outlet if one is named. A last line without its end was cut short
    /// by a crash when it was written, and counts only if it is whole.
    pub fn read_all(file: impl Read, outlet: Option<OutletId>) -> Result<Vec<Self>, HeadsFault> {
        let (mut lines, mut line, mut number, mut heads) = (Lines::new(file), Vec::new(), 0, Vec::new());
        loop {
            line.clear();
            if !lines.next(&mut line)? {
                return Ok(heads);
            }
            number += 1;
            let head = Self::read(line.trim_ascii_end());
            if head.is_none() && !line.ends_with(b"\n") {
                return Ok(heads);
            }
            let head = head.ok_or(HeadsFault::Form { line: number })?;
            if outlet.is_none_or(|outlet| outlet == head.outlet) {
                heads.push(head);
            }
            if heads.len() > Self::MOST {
                return Err(HeadsFault::TooMany);
            }
        }
    }
}

/// Why a file of heads cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeadsFault {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] LineFault),
    /// A line is no head.
    #[error("line {line} is no head: choose the file of heads, as it was written")]
    Form {
        /// Which, from 1.
        line: u64,
    },
    /// More than an audit compares.
    #[error("more than 1,000,000 heads of one outlet: give a part of them at a time")]
    TooMany,
}

/// Heads that were not met yet.
#[derive(Debug, Default)]
pub(super) struct Heads {
    stated: Vec<HeadAt>,
    /// Of the outlet of the journal.
    left: BTreeSet<(DeviceId, Epoch, Position, RecordHash, Timestamp)>,
    first: Option<Record>,
}

/// How a record compares with the heads at its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Met {
    pub(super) met: u64,
    pub(super) differ: u64,
}

impl Heads {
    pub(super) fn new(stated: Vec<HeadAt>) -> Self {
        Self { stated, ..Self::default() }
    }

    /// The next record.
    pub(super) fn meet(&mut self, record: &Record, hash: RecordHash) -> Met {
        if self.first.is_none() {
            self.begin(record);
        }
        let mut met = Met::default();
        if self.left.is_empty() {
            return met;
        }
        let (device, epoch, position) = (record.header.device, record.header.epoch, record.link.position);
        let here = (device, epoch, position, RecordHash::NONE, Timestamp::EARLIEST);
        loop {
            let Some(&head) = self.left.range(here..).next() else { return met };
            if (head.0, head.1, head.2) != (device, epoch, position) {
                return met;
            }
            self.left.remove(&head);
            if head.3 == hash { met.met += 1 } else { met.differ += 1 }
        }
    }

    fn begin(&mut self, record: &Record) {
        let of_outlet =
            std::mem::take(&mut self.stated).into_iter().filter(|head| head.outlet == record.header.outlet);
        self.left =
            of_outlet.map(|head| (head.signer, head.epoch, head.position, head.hash, head.time)).collect();
        self.first = Some(*record);
    }

    /// Those that no record met, each in words; and how many are of before the first record, which says nothing of them.
    pub(super) fn conclude(self) -> (Vec<String>, u64) {
        let all = self.left.len();
        let missing: Vec<_> = self
            .left
            .into_iter()
            .filter(|head| !self.first.is_some_and(|first| is_before(head, &first)))
            .map(|(device, epoch, position, hash, _)| {
                format!("{hash} ({device}, epoch {epoch}, position {position})")
            })
            .chain(self.stated.iter().map(|head| head.hash.to_string()))
            .collect();
        let before = all.saturating_sub(missing.len()) as u64;
        (missing, before)
    }
}

fn is_before(
    &(device, epoch, position, _, time): &(DeviceId, Epoch, Position, RecordHash, Timestamp),
    first: &Record,
) -> bool {
    let header = &first.header;
    if (device, epoch) == (header.device, header.epoch) {
        position < first.link.position
    } else {
        epoch < header.epoch || time < header.time
    }
}
