//! Looking a sale up in the journal, from the newest invoice back to those that are too old to be it.

use def_protocol::{
    ErrorCode, LogKey,
    reply::{Logged, Seal, TaxLine},
};
use fiscal::{Epoch, InvoiceNumber, Timestamp};
use serde::Deserialize;

use super::{Doing, Ending, Sale, Unclear};
use crate::{answer::Refusal, offer::Offer};

/// How far a payload may be ahead of its seal, in seconds (D4).
const AHEAD: u64 = 600;

/// Where a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    epoch: Epoch,
    number: InvoiceNumber,
}

/// What a search needs of the status.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Survey {
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
        let epoch = Epoch(survey.epoch);
        let forgotten = self.verdict.as_ref().and_then(Refusal::known) == Some(ErrorCode::StaleTimestamp);
        // What is stamped in the future can be sealed later; the past does not come back.
        self.is_past = forgotten && survey.time.is_some_and(|now| self.payload.invoice().timestamp <= now);
        match survey.next_invoice_seq.checked_sub(1).and_then(InvoiceNumber::new) {
            Some(number) => self.doing = Doing::Search(Search { epoch, number }),
            None => self.searched(epoch),
        }
    }

    /// One invoice of the journal.
    pub(super) fn found(&mut self, search: Search, entry: Entry) {
        let seal: Seal = entry.log_entry.sealed;
        if seal.payload_hash == self.payload.hash() {
            return self.sealed(seal);
        }
        if too_old_to_be(&seal, self.payload) {
            return self.conclude_unsealed();
        }
        match search.number.value().checked_sub(1).and_then(InvoiceNumber::new) {
            Some(number) => self.doing = Doing::Search(Search { number, ..search }),
            None => self.searched(search.epoch),
        }
    }

    /// The epoch's first invoice was seen. Before epoch 0 there is nothing.
    pub(super) fn searched(&mut self, epoch: Epoch) {
        match epoch {
            Epoch(0) => self.conclude_unsealed(),
            epoch => self.end(Ending::Unclear(Unclear::EarlierEpoch(epoch))),
        }
    }

    /// Where the search ends in a journal that begins later: after a hand-over, say.
    pub(super) fn not_there(&mut self, search: Search) {
        self.searched(search.epoch);
    }
}

/// Time never goes back in a chain, so everything before this is too old as well.
fn too_old_to_be(seal: &Seal, payload: &Offer<'_>) -> bool {
    payload.invoice().timestamp.seconds_after(seal.timestamp) > AHEAD
}

fn timestamp<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.and_then(|text| text.parse().ok()))
}
