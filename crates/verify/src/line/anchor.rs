use fiscal::{DeviceId, Epoch, Position, RecordHash};
use serde::{Deserialize, Serialize};

use super::hash;
use crate::one_form::read_one_form;

/// A stretch of another signer's chain that the ledger holds from this record on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Anchor {
    pub(crate) signer: DeviceId,
    pub(crate) epoch: Epoch,
    pub(crate) first: Position,
    pub(crate) last: Position,
    /// What the first of them names as the one before.
    pub(crate) previous: RecordHash,
    /// The hash of the last.
    pub(crate) head: RecordHash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    signer: String,
    epoch: u32,
    first_position: u64,
    last_position: u64,
    previous_hash: String,
    last_hash: String,
}

impl Anchor {
    pub(super) fn read(body: &str) -> Option<Self> {
        let raw: Raw = read_one_form(body)?;
        let anchor = Self {
            signer: raw.signer.parse().ok()?,
            epoch: Epoch(raw.epoch),
            first: Position::new(raw.first_position)?,
            last: Position::new(raw.last_position)?,
            previous: hash(&raw.previous_hash)?,
            head: hash(&raw.last_hash)?,
        };
        (anchor.first <= anchor.last).then_some(anchor)
    }
}
