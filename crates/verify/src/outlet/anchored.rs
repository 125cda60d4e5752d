//! How far the ledger's own chain says that it holds each other chain.

use std::collections::BTreeMap;

use fiscal::{DeviceId, Epoch, EventKind, Position, Record, RecordHash, Subject};

use super::{Chains, Ends, Together};
use crate::{
    finding::{Finding, Rule},
    line::Anchor,
};

#[derive(Debug, Default)]
pub(super) struct Anchored(BTreeMap<(DeviceId, Epoch), Stretches>);

/// Of one chain: positions go on without a gap, hashes begin anew where the chain's signer entered.
#[derive(Debug)]
struct Stretches {
    first: Position,
    last: Position,
    head: RecordHash,
    /// The record at which hashes begin anew, and what it names as the one before.
    begin: BTreeMap<Position, RecordHash>,
    /// The last record before each of these, and its hash.
    end: BTreeMap<Position, RecordHash>,
}

impl Anchored {
    /// The next anchor.
    pub(super) fn meet(&mut self, anchor: &Anchor) -> Option<Rule> {
        let Anchor { signer, epoch, first, last, previous, head } = *anchor;
        let Some(stretches) = self.0.get_mut(&(signer, epoch)) else {
            let begin = BTreeMap::from([(first, previous)]);
            self.0.insert((signer, epoch), Stretches { first, last, head, begin, end: BTreeMap::new() });
            return None;
        };
        let follows = stretches.last.next() == Some(first);
        if previous != stretches.head && stretches.begin.len() < Chains::MOST {
            stretches.begin.insert(first, previous);
            stretches.end.insert(stretches.last, stretches.head);
        }
        (stretches.last, stretches.head) = (last, head);
        (!follows).then_some(Rule::AnchorGap)
    }

    /// Whether a record of another chain is not the one that an anchor names.
    pub(super) fn differs(&self, record: &Record, hash: RecordHash) -> bool {
        let Some(stretches) = self.0.get(&(record.header.device, record.header.epoch)) else { return false };
        let position = record.link.position;
        let begins = stretches.begin.get(&position);
        // Hashes begin anew with a chain, and where its signer enters.
        let may_begin = position == stretches.first
            || record.header.subject == Subject::Event(EventKind::HandOver)
            || position == Position::FIRST;
        let begun_wrong = begins.is_some_and(|named| *named != record.link.previous || !may_begin);
        let named =
            if position == stretches.last { Some(&stretches.head) } else { stretches.end.get(&position) };
        begun_wrong || named.is_some_and(|named| *named != hash)
    }

    /// `whole` is whether the ledger's own chain is here from its beginning: then so is every other, as far as it is
    /// anchored.
    pub(super) fn conclude(
        self,
        whole: bool,
        ends: &BTreeMap<(DeviceId, Epoch), Ends>,
        together: &mut Together,
    ) {
        for ((signer, epoch), stretches) in &self.0 {
            let rule = match ends.get(&(*signer, *epoch)) {
                None if whole => Rule::ChainMissing,
                Some(ends) if ends.last < stretches.last => Rule::ChainShort,
                Some(ends) if whole && ends.first > stretches.first => Rule::ChainShort,
                _ => continue,
            };
            let place =
                format!("{signer} epoch {epoch}, positions {} to {}", stretches.first, stretches.last);
            together.findings.push(Finding { place, ..rule.into() });
        }
        for ((signer, epoch), ends) in ends.iter().filter(|(_, ends)| ends.chain > 0) {
            let held = self.0.get(&(*signer, *epoch)).map_or(0, |stretches| stretches.last.value());
            let held = held.max(ends.first.value().saturating_sub(1));
            together.unanchored += ends.last.value().saturating_sub(held);
        }
    }
}
