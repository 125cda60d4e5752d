//! Whether a record follows the one before.

use fiscal::{DeviceId, Epoch, EventKind, InvoiceNumber, KeyId, Record, RecordHash, Subject, Timestamp};

use super::Referee;
use crate::finding::Rule;

/// What the next record has to follow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) device: DeviceId,
    pub(super) epoch: Epoch,
    pub(super) number: Option<InvoiceNumber>,
    /// Whether `number` is known: a file may begin in the middle of a chain, before the first invoice in it.
    pub(super) number_known: bool,
    pub(super) time: Timestamp,
    pub(super) hash: RecordHash,
    /// What the signer has come to, also of one that `signers` has no room for.
    pub(super) signer: LastOfSigner,
}

/// The newest record of one signer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastOfSigner {
    position: u64,
    counter: u64,
    closed: bool,
    /// The key that it seals with now, of one that says so in its records.
    key: Option<KeyId>,
}

struct Expected {
    position: u64,
    previous: [RecordHash; 2],
    number: Option<InvoiceNumber>,
    number_known: bool,
    /// Whether the signer had closed its line.
    closed: bool,
    /// Whether the signer says in its records which key it seals with.
    binds: bool,
}

impl Referee<'_> {
    /// So many signers of an epoch are remembered for when they take over again; how often others do is counted. A
    /// hostile file must not fill the memory, and an outlet has a few.
    const MOST_SIGNERS: usize = 64;

    /// Whether the record follows the one before; what the next one has to follow.
    pub(super) fn judge_place(&mut self, record: &Record, hash: RecordHash, announced: bool) -> Last {
        let (header, link) = (&record.header, &record.link);
        let expected = self.expected(record, announced);
        if self.last.is_some_and(|last| header.epoch < last.epoch) {
            self.find(Rule::EpochBack);
        }
        // A new epoch is a new chain, opened by the authority's word with a time of its own.
        if self.last.is_some_and(|last| header.epoch <= last.epoch && header.time < last.time) {
            self.find(Rule::TimeBack);
        }
        if link.position.value() != expected.position {
            self.find(Rule::PositionGap);
        }
        if !expected.previous.contains(&link.previous) {
            self.find(Rule::ChainBroken);
        }
        let (mut number, mut number_known) = (expected.number, expected.number_known);
        if let Some(facts) = header.invoice() {
            let next = number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
            if number_known && next != Some(facts.number) {
                self.find(Rule::NumberGap);
            }
            (number, number_known) = (Some(facts.number), true);
        }
        let closed = match header.subject {
            Subject::Event(EventKind::Close) => true,
            Subject::Event(EventKind::HandOver) => false,
            _ => expected.closed,
        };
        let key = (announced || expected.binds).then_some(header.key);
        let signer = LastOfSigner { position: link.position.value(), counter: link.counter, closed, key };
        if self.signers.len() < Self::MOST_SIGNERS || self.signers.contains_key(&header.device) {
            self.signers.insert(header.device, signer);
        }
        Last {
            device: header.device,
            epoch: header.epoch,
            number,
            number_known,
            time: header.time,
            hash,
            signer,
        }
    }

    /// What the record must be, given the one before.
    fn expected(&mut self, record: &Record, announced: bool) -> Expected {
        let (header, link) = (&record.header, &record.link);
        let Some(last) = self.last else {
            // The first of a file may stand anywhere; only the first of all has no one before it.
            let origin = link.previous == RecordHash::NONE;
            // An outlet's epochs begin at 0, so that a later one had others before it.
            self.verdict.is_part = !origin || header.epoch > Epoch(0);
            // Positions and numbers begin with the first of all, and again with an epoch.
            let begins = origin || header.subject == Subject::Event(EventKind::Epoch);
            let position = if begins { 1 } else { link.position.value() };
            let previous = [link.previous; 2];
            return Expected {
                position,
                previous,
                number: None,
                number_known: begins,
                closed: false,
                binds: false,
            };
        };
        if header.epoch == last.epoch {
            // The same signer, or one that takes over in good order and goes on with the numbers (L2).
            let signer = if header.device == last.device {
                Some(last.signer)
            } else {
                self.signers.get(&header.device).copied()
            };
            self.judge_succession(&last, record, signer, announced);
            let position = match signer {
                Some(signer) => signer.position.saturating_add(1),
                None if self.signers.len() < Self::MOST_SIGNERS => 1,
                // It may have sealed in this epoch before, or not.
                None => {
                    self.verdict.takeovers_unchecked += 1;
                    link.position.value()
                }
            };
            let closed = signer.is_some_and(|signer| signer.closed);
            let binds = signer.is_some_and(|signer| signer.key.is_some());
            let Last { number, number_known, hash, .. } = last;
            return Expected { position, previous: [hash; 2], number, number_known, closed, binds };
        }
        // A new epoch begins at 1, tied to the old one if that could still be read.
        self.signers.clear();
        self.verdict.untied_epochs += u64::from(link.previous == RecordHash::NONE);
        let previous = [last.hash, RecordHash::NONE];
        Expected { position: 1, previous, number: None, number_known: true, closed: false, binds: false }
    }

    /// Whether this signer could seal now: it had not closed its line, or the one before it had (L2). What a signer that
    /// left records of itself, a start or a closure of what it had sold, is no part of the line. `signer` is what this one
    /// had come to.
    fn judge_succession(
        &mut self,
        last: &Last,
        record: &Record,
        signer: Option<LastOfSigner>,
        announced: bool,
    ) {
        let takes_over = record.header.device != last.device;
        if takes_over && !last.signer.closed {
            self.find(Rule::NoHandOver);
        }
        if !takes_over && record.header.invoice().is_some() && last.signer.closed {
            self.find(Rule::SealedAfterClose);
        }
        if signer.is_some_and(|signer| record.link.counter < signer.counter) {
            self.find(Rule::CounterBack);
        }
        // A signer that enters again says so under the key that it has then.
        let announced = announced || record.header.subject == Subject::Event(EventKind::HandOver);
        let key = signer.and_then(|signer| signer.key);
        if key.is_some_and(|key| key != record.header.key) && !announced {
            self.find(Rule::KeyUnannounced);
        }
    }
}
