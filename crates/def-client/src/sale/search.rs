//! Looking a sale up in the journal, from the newest invoice back to those that are too old to be it.

use def_protocol::{
    Command, ErrorCode, LogKey,
    reply::{Logged, Seal, TaxLine},
};
use fiscal::{Epoch, InvoiceNumber, Timestamp, limits};
use serde::Deserialize;

use super::{Doing, Ending, Sale, Signer, Unclear};
use crate::{answer::Refusal, offer::Offer};

/// Where a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    epoch: Epoch,
    number: InvoiceNumber,
    /// How many more are looked at.
    left: u32,
}

/// More than the largest journal holds (64 MiB): what has more is no journal.
const MOST: u32 = 1_000_000;

/// What a search needs of the status.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Survey {
    #[serde(flatten)]
    signer: Signer,
    next_invoice_seq: u64,
    epoch: u32,
    #[serde(default, deserialize_with = "timestamp")]
    time: Option<Timestamp>,
}

pub(super) type Entry = Logged<String, Vec<TaxLine>>;

impl Search {
    pub(super) const fn key(self) -> LogKey {
        LogKey { epoch: Some(self.epoch), number: self.number }
    }
}

impl Sale<'_> {
    /// The journal ends here.
    pub(super) fn surveyed(&mut self, survey: Survey) {
        if !self.is_asked(&survey.signer) {
            return;
        }
        let forgotten = self.verdict.as_ref().and_then(Refusal::known) == Some(ErrorCode::StaleTimestamp);
        // What is stamped in the future can be sealed later; the past does not come back.
        self.is_past = forgotten && survey.time.is_some_and(|now| self.payload.invoice().timestamp <= now);
        let epoch = Epoch(survey.epoch);
        match survey.next_invoice_seq.checked_sub(1).and_then(InvoiceNumber::new) {
            Some(number) => self.doing = Doing::Search(Search { epoch, number, left: MOST }),
            None => self.began_at(epoch, InvoiceNumber::FIRST),
        }
    }

    /// One invoice of the journal.
    pub(super) fn found(&mut self, search: Search, entry: Entry) {
        let seal: Seal = entry.log_entry.sealed;
        if (seal.epoch, seal.invoice_seq) != (search.epoch, search.number.value()) {
            return self.end(Ending::Unclear(Unclear::Foreign(Command::Log)));
        }
        if seal.payload_hash == self.payload.hash() {
            self.before |= !self.committed;
            return self.sealed(seal);
        }
        if too_old_to_be(&seal, self.payload) {
            return self.conclude_unsealed();
        }
        match search.number.value().checked_sub(1).and_then(InvoiceNumber::new) {
            Some(number) if search.left > 0 => {
                self.doing = Doing::Search(Search { number, left: search.left - 1, ..search });
            }
            Some(_) => self.end(Ending::Unclear(Unclear::Foreign(Command::Log))),
            None => self.began_at(search.epoch, search.number),
        }
    }

    /// The epoch's first invoice was seen. Before the first of epoch 0 there is nothing; before another epoch's there is
    /// another.
    fn began_at(&mut self, epoch: Epoch, number: InvoiceNumber) {
        if epoch == Epoch(0) {
            self.conclude_unsealed();
        } else {
            self.end(Ending::Unclear(Unclear::Elsewhere { epoch, number }));
        }
    }

    /// A number that this journal does not have: another signer sealed it, in the same line of numbers (L2), and this
    /// device may have sealed others before that.
    pub(super) fn not_there(&mut self, Search { epoch, number, .. }: Search) {
        self.end(Ending::Unclear(Unclear::Elsewhere { epoch, number }));
    }
}

/// Time never goes back in a chain, so everything before this is too old as well.
fn too_old_to_be(seal: &Seal, payload: &Offer<'_>) -> bool {
    payload.invoice().timestamp.seconds_after(seal.timestamp) > limits::AHEAD_SECONDS
}

fn timestamp<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}
