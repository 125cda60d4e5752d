use fiscal::{AuthCode, Epoch, PayloadHash, Record, RecordHash, Sealed, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Accepted, RecordKind};
use crate::with;

/// The answer to `ADM|DUMPLOG`: one chunk. `L` is a list of [`JournalLine`] or [`DigestLine`], as was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump<L> {
    /// OK.
    pub status: Accepted,
    /// The position of the chunk's last record, of an empty chunk what was asked for: the next request's `after`.
    pub chunk_index: u64,
    /// The records after the position that was asked for, in their order.
    pub records: L,
    /// Whether the journal ends here.
    pub last: bool,
}

/// A record whole: a line of a journal file (`docs/formats.md`). `T` is a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine<T> {
    /// Header, link and signature.
    #[serde(with = "with::form")]
    pub record: Record,
    /// What it seals, canonical payload or body; null when it was erased.
    pub payload: Option<T>,
}

/// What a record comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestLine {
    /// Its place in the chain.
    pub position: u64,
    /// What it is.
    #[serde(with = "with::text")]
    pub kind: RecordKind,
    /// The outlet's line of numbers.
    #[serde(with = "with::epoch")]
    pub epoch: Epoch,
    /// Its number, 0 when it is no invoice.
    pub invoice_seq: u64,
    /// When it was sealed.
    #[serde(with = "with::text")]
    pub timestamp: Timestamp,
    /// SHA-256 of what it seals.
    #[serde(with = "with::form")]
    pub payload_hash: PayloadHash,
    /// What its signature covers.
    #[serde(with = "with::form")]
    pub record_hash: RecordHash,
    /// The first 80 bits of SHA-256 of its signature (S4).
    #[serde(with = "with::text")]
    pub auth_code: AuthCode,
}

impl From<&Sealed> for DigestLine {
    fn from(sealed: &Sealed) -> Self {
        let Record { header, link, signature } = sealed.record();
        Self {
            position: link.position.value(),
            kind: RecordKind::from(&header.subject),
            epoch: header.epoch,
            invoice_seq: header.invoice().map_or(0, |facts| facts.number.value()),
            timestamp: header.time,
            payload_hash: link.payload,
            record_hash: sealed.hash(),
            auth_code: signature.auth_code(),
        }
    }
}
