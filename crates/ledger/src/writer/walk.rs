//! Another signer's chain, followed record by record: what is wrong with each where it stands.

use fiscal::{EventKind, InvoiceNumber, RecordHash, Timestamp};

use crate::{
    delivery::{Cause, Item},
    line::is,
};

/// Whether a device is on the outlet's line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnLine {
    StandsBy,
    Entered,
    Left,
}

/// A chain as it is followed record by record.
pub(super) struct Walk {
    /// Whether its epoch is the outlet's.
    pub(super) is_current: bool,
    /// Whether its signer holds the outlet's line.
    pub(super) is_holder: bool,
    /// Hash and time of the record with which the ledger's own signer left its line, if that is the newest that it did.
    pub(super) given: Option<(RecordHash, Timestamp)>,
    pub(super) line: OnLine,
    /// The last number of the line.
    pub(super) last: Option<InvoiceNumber>,
    pub(super) time: Timestamp,
    pub(super) counter: u64,
}

impl Walk {
    pub(super) fn step(&mut self, item: &Item, causes: &mut Vec<Cause>) {
        let (header, link) = (&item.record.header, &item.record.link);
        if header.time < self.time {
            causes.push(Cause::TimeBack);
        }
        if link.counter < self.counter {
            causes.push(Cause::CounterBack);
        }
        (self.time, self.counter) = (self.time.max(header.time), self.counter.max(link.counter));
        if is(&item.record, EventKind::HandOver) {
            self.enter(item, causes);
        } else if is(&item.record, EventKind::Close) {
            self.line = OnLine::Left;
        } else if let Some(facts) = header.invoice() {
            self.sell(facts.number, causes);
        }
    }

    fn enter(&mut self, item: &Item, causes: &mut Vec<Cause>) {
        self.line = OnLine::Entered;
        match self.given {
            Some((close, floor)) if close == item.record.link.previous => {
                if item.record.header.time < floor {
                    causes.push(Cause::TimeBack);
                }
            }
            _ => causes.push(Cause::HandOverUnknown),
        }
    }

    fn sell(&mut self, number: InvoiceNumber, causes: &mut Vec<Cause>) {
        let place = match (self.is_current, self.is_holder, self.line) {
            (false, _, _) => Some(Cause::EpochOver),
            (true, _, OnLine::Left) => Some(Cause::AfterClose),
            (true, true, OnLine::Entered) => None,
            _ => Some(Cause::NotHolder),
        };
        causes.extend(place);
        if place.is_some() {
            return;
        }
        let next = self.last.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
        if next != Some(number) {
            causes.push(Cause::NumberNotNext);
        }
        self.last = Some(number).max(self.last);
    }
}
