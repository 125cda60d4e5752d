//! What a journal is found to be.

use fiscal::{RecordHash, Timestamp};

use crate::finding::Finding;

/// What the referee found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalVerdict {
    /// What is false, with the line it stands in; nothing when all is well.
    pub findings: Vec<Finding>,
    /// How many more findings there are, beyond [`JournalVerdict::MOST_FINDINGS`].
    pub more_findings: u64,
    /// How many lines were read.
    pub lines: u64,
    /// How many of them are invoices.
    pub invoices: u64,
    /// How many payloads are not in the file, so that their arithmetic could not be checked.
    pub payloads_absent: u64,
    /// Whether records before the first of the file exist, so that the file is a part.
    pub is_part: bool,
    /// How many epochs begin without naming the end of the one before, so that this end may have been cut off.
    pub untied_epochs: u64,
    /// How often a signer took over of which position and counter could not be compared with those that it had come to:
    /// more than 64 seal in its epoch. The chain, the numbers and the seals were checked all the same.
    pub takeovers_unchecked: u64,
    /// How many hand-overs were held against the close that they name, in the chain of the signer that left.
    pub hand_overs: u64,
    /// How many hand-overs name a close of another chain, which is not here: the numbers go on from where they say.
    pub hand_overs_unchecked: u64,
    /// How many records keep not every rule, or seal a sale that another signer sealed too, as the ledger itself
    /// declares in its own chain: what is declared is no finding.
    pub declared: u64,
    /// How many records say that the tax authority has an invoice.
    pub authority: u64,
    /// How many of them name an invoice of a chain, or of a part of one, that is not here.
    pub authority_unchecked: u64,
    /// How many records of other signers the ledger's own chain does not name yet.
    pub unanchored: u64,
    /// How many closures there are.
    pub closures: u64,
    /// How many of them could not be compared with all that they state: some of their records or payloads are not in
    /// the file, or are false themselves.
    pub closures_unchecked: u64,
    /// How many were compared without the outlet's zone, which is not in the file, so that a day may be its neighbour.
    pub closures_without_zone: u64,
    /// How many of the heads that were kept elsewhere are in the file.
    pub heads_met: u64,
    /// How many of them are of before the first record of the file, so that nothing here says whether they are true.
    pub heads_before: u64,
    /// The hash of the newest record.
    pub head: Option<RecordHash>,
    /// The time of the newest record.
    pub until: Option<Timestamp>,
}

impl JournalVerdict {
    /// How many findings are kept; the rest are counted.
    pub const MOST_FINDINGS: usize = 100;

    /// Whether nothing is false.
    pub fn is_true(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A head that someone kept elsewhere: on a device, in an acknowledgement, in a file outside the database (L7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownHead(pub RecordHash);
