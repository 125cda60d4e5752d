//! Who gave the line and who took it.

use std::collections::BTreeMap;

use fiscal::{DeviceId, Epoch, EventKind, InvoiceNumber, Position, RecordHash, Subject, Timestamp};

use super::{Chains, Ends, Met, Together};
use crate::{
    closure::Opening,
    finding::{Finding, Rule},
    line::{Causes, Enter, Said},
};

#[derive(Debug, Default)]
pub(super) struct Handed {
    closes: BTreeMap<RecordHash, Given>,
    taken: Vec<Taken>,
    /// How many there are beyond what is held.
    more: u64,
}

/// A close.
#[derive(Debug)]
struct Given {
    by: DeviceId,
    epoch: Epoch,
    to: Option<DeviceId>,
    last: Option<InvoiceNumber>,
    time: Timestamp,
    chain: usize,
    taken: bool,
}

/// A hand-over, or an activation that goes on with numbers.
#[derive(Debug)]
struct Taken {
    by: DeviceId,
    epoch: Epoch,
    next: InvoiceNumber,
    time: Timestamp,
    chain: usize,
    how: How,
    /// What the ledger declares to be wrong with it.
    declared: Causes,
    place: String,
}

#[derive(Debug)]
enum How {
    /// It names a close, and perhaps whose.
    Close(RecordHash, Option<DeviceId>),
    /// An activation code named the number: nobody says whose close it is.
    Number,
}

impl Handed {
    /// Says at which of those that took the line the record is.
    pub(super) fn meet(&mut self, met: &Met<'_>, declared: Causes, chain: usize) -> Option<usize> {
        let (header, link) = (&met.record.header, &met.record.link);
        let how = match (header.subject, met.said, met.opening) {
            (Subject::Event(EventKind::Close), said, _) => {
                let to = if let Some(Said::Close(close)) = said { close.to } else { None };
                let (by, epoch, last, time) = (header.device, header.epoch, met.number, header.time);
                if self.closes.len() < Chains::MOST {
                    self.closes.insert(met.hash, Given { by, epoch, to, last, time, chain, taken: false });
                }
                return None;
            }
            (Subject::Event(EventKind::HandOver), ..) if met.merged => {
                // What it takes over from stands right before it, and was looked at there.
                if let Some(given) = self.closes.get_mut(&link.previous) {
                    given.taken = true;
                }
                return None;
            }
            (_, Some(Said::Enter(Enter { next_number, close, from, .. })), _) => {
                (*next_number, How::Close(*close, *from))
            }
            (_, _, Opening::Holds(Some(first))) if chain > 0 && first > InvoiceNumber::FIRST => {
                (first, How::Number)
            }
            _ => return None,
        };
        if self.taken.len() >= Chains::MOST {
            self.more += 1;
            return None;
        }
        let ((next, how), place) = (how, (met.place)());
        let (by, epoch, time) = (header.device, header.epoch, header.time);
        self.taken.push(Taken { by, epoch, next, time, chain, how, declared, place });
        Some(self.taken.len() - 1)
    }

    /// Holds each against the close that it names. `whole` is whether all of them are here. Says of each whether its
    /// number is right, or cannot be known to be wrong.
    pub(super) fn conclude(
        mut self,
        whole: bool,
        ends: &BTreeMap<(DeviceId, Epoch), Ends>,
        together: &mut Together,
    ) -> Vec<bool> {
        together.unchecked += self.more;
        let mut sound = Vec::with_capacity(self.taken.len());
        for taken in std::mem::take(&mut self.taken) {
            let rule = self.compare(&taken);
            // The chain that would have the close may begin after it.
            let may_be_before = match &taken.how {
                How::Close(_, Some(from)) => {
                    ends.get(&(*from, taken.epoch)).is_none_or(|ends| ends.first > Position::FIRST)
                }
                _ => true,
            };
            let of_unknown = matches!(rule, Some(Rule::CloseUnknown | Rule::NoHandOver));
            if of_unknown && !whole && may_be_before {
                together.unchecked += 1;
                sound.push(true);
                continue;
            }
            together.hand_overs += 1;
            sound.push(rule.is_none());
            let rule = rule.filter(|rule| !taken.declared.excuse(*rule));
            together.findings.extend(rule.map(|rule| Finding { place: taken.place, ..rule.into() }));
        }
        sound
    }

    fn compare(&mut self, taken: &Taken) -> Option<Rule> {
        let given = match &taken.how {
            How::Close(close, _) => self.closes.get_mut(close),
            How::Number => self.closes.values_mut().find(|given| {
                given.epoch == taken.epoch
                    && given.chain != taken.chain
                    && given.last.and_then(InvoiceNumber::next) == Some(taken.next)
            }),
        };
        let is_named = matches!(taken.how, How::Close(..));
        let Some(given) = given.filter(|given| given.epoch == taken.epoch && given.by != taken.by) else {
            return Some(if is_named { Rule::CloseUnknown } else { Rule::NoHandOver });
        };
        if std::mem::replace(&mut given.taken, true) {
            return Some(Rule::CloseTwice);
        }
        let from = if let How::Close(_, from) = taken.how { from } else { None };
        let next = given.last.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
        if from.is_some_and(|from| from != given.by) || given.to.is_some_and(|to| to != taken.by) {
            Some(Rule::HandOverSigner)
        } else if next != Some(taken.next) {
            Some(Rule::HandOverNumber)
        } else if taken.time < given.time {
            Some(Rule::TimeBack)
        } else {
            None
        }
    }
}
