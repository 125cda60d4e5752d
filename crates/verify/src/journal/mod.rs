//! A journal, record by record: chain, numbering, epochs, time, arithmetic and keys.

mod place;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{
    DeviceId, Epoch, EventKind, Header, InvoiceNumber, Nif, OutletId, PayloadHash, Record, RecordHash,
    Subject, Timestamp,
};

pub use self::verdict::{JournalVerdict, KnownHead};
use crate::{
    closure::{Seen, Tallies},
    finding::{Finding, Rule},
    journal_line::JournalLine,
    payload::verify_payload_of,
    trust::{Serial, Trust},
};

/// Reads a journal of one outlet from its first line to its last, and says what is false where.
///
/// After a fault it goes on from the record as it stands, so that one fault is one finding and not one for every
/// record after it.
#[derive(Debug)]
pub struct Referee<'t> {
    trust: &'t Trust,
    /// Heads that the journal must hold and that were not yet met.
    missing_heads: BTreeSet<KnownHead>,
    last: Option<Last>,
    /// The newest record of the first signers in the epoch: one that takes over again goes on where it was.
    signers: BTreeMap<DeviceId, LastOfSigner>,
    outlet: Option<OutletId>,
    nif: Option<Nif>,
    /// Every payload that was sold: the one thing here that grows with the journal, by 32 bytes a sale, which the set
    /// keeps in about 51.
    sales: BTreeSet<PayloadHash>,
    tallies: Tallies,
    verdict: JournalVerdict,
    /// Where the line is that is read, and the record in it.
    place: String,
    /// Whether sums over this record, and those since the last closure, say nothing.
    doubtful: bool,
}

/// What the next record has to follow.
#[derive(Clone, Copy, Debug)]
struct Last {
    device: DeviceId,
    epoch: Epoch,
    number: Option<InvoiceNumber>,
    /// Whether `number` is known: a file may begin in the middle of a chain, before the first invoice in it.
    number_known: bool,
    time: Timestamp,
    hash: RecordHash,
    /// What the signer has come to, also of one that `signers` has no room for.
    signer: LastOfSigner,
}

impl<'t> Referee<'t> {
    /// So many signers of an epoch are remembered for when they take over again; how often others do is counted. A
    /// hostile file must not fill the memory, and an outlet has a few.
    const MOST_SIGNERS: usize = 64;

    /// Before the first line. Each known head must be the hash of one of the records, or an end was cut off.
    pub fn new(trust: &'t Trust, known: impl IntoIterator<Item = KnownHead>) -> Self {
        Self {
            trust,
            missing_heads: known.into_iter().collect(),
            last: None,
            signers: BTreeMap::new(),
            outlet: None,
            nif: None,
            sales: BTreeSet::new(),
            tallies: Tallies::default(),
            verdict: JournalVerdict::default(),
            place: String::new(),
            doubtful: false,
        }
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &[u8]) {
        self.verdict.lines += 1;
        self.place = place::of_line(self.verdict.lines);
        self.doubtful = false;
        let read = JournalLine::read(line).and_then(|line| Ok((line.record()?, line)));
        match read {
            Err(rule) => self.find(rule),
            Ok((record, line)) => {
                self.place = place::of_record(self.verdict.lines, &record);
                self.judge(&record, line.payload());
            }
        }
    }

    /// After the last line.
    pub fn conclude(mut self) -> JournalVerdict {
        if self.verdict.lines == 0 {
            self.keep(Rule::JournalEmpty.into());
        }
        for KnownHead(hash) in std::mem::take(&mut self.missing_heads) {
            self.keep(Finding { place: hash.to_string(), ..Rule::HeadMissing.into() });
        }
        self.verdict
    }

    fn judge(&mut self, record: &Record, payload: Option<&str>) {
        self.judge_owner(&record.header);
        let mut place = self.judge_place(record);
        self.judge_seal(record, place.number);
        let judged = payload.map(|payload| verify_payload_of(record, payload.as_bytes()));
        let sale = match judged {
            None => {
                self.verdict.payloads_absent += 1;
                None
            }
            Some(judged) => {
                judged.findings.into_iter().for_each(|finding| self.find_at(finding));
                judged.sale.filter(|_| !self.doubtful)
            }
        };
        let header = &record.header;
        if header.invoice().is_some() {
            self.verdict.invoices += 1;
            if !self.sales.insert(record.link.payload) {
                self.find(Rule::SaleTwice);
            }
        }
        let seen = Seen { record, hash: place.hash, payload, sale: sale.as_ref(), doubtful: self.doubtful };
        self.count(&seen, &mut place);
        self.verdict.heads_met += u64::from(self.missing_heads.remove(&KnownHead(place.hash)));
        self.verdict.head = Some(place.hash);
        self.verdict.until = Some(header.time);
        self.last = Some(place);
    }

    /// Counts the record for the next closure or, when it is one, says how it compares.
    fn count(&mut self, seen: &Seen<'_>, place: &mut Last) {
        if let Some(closure) = self.tallies.count(seen) {
            self.verdict.closures += 1;
            self.verdict.closures_unchecked += u64::from(closure.unchecked);
            self.verdict.closures_without_zone += u64::from(closure.zone_unknown);
            closure.findings.into_iter().for_each(|finding| self.find_at(finding));
        }
        // A device that enters an outlet's line of numbers goes on from where that was, which its journal does not have.
        let entered = if self.last.is_none() { Tallies::number_before(seen) } else { None };
        if entered.is_some() {
            place.number = entered;
            self.verdict.is_part = true;
        }
    }

    /// One file is of one outlet and one merchant.
    fn judge_owner(&mut self, header: &Header) {
        if *self.outlet.get_or_insert(header.outlet) != header.outlet {
            self.find(Rule::OtherOutlet);
        }
        if let Some(facts) = header.invoice()
            && *self.nif.get_or_insert(facts.nif) != facts.nif
        {
            self.find(Rule::NifChanged);
        }
    }

    /// Whether the record follows the one before; what the next one has to follow.
    fn judge_place(&mut self, record: &Record) -> Last {
        let (header, link) = (&record.header, &record.link);
        let expected = self.expected(record);
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
        let signer = LastOfSigner { position: link.position.value(), counter: link.counter, closed };
        if self.signers.len() < Self::MOST_SIGNERS || self.signers.contains_key(&header.device) {
            self.signers.insert(header.device, signer);
        }
        Last {
            device: header.device,
            epoch: header.epoch,
            number,
            number_known,
            time: header.time,
            hash: record.hash(),
            signer,
        }
    }

    /// What the record must be, given the one before.
    fn expected(&mut self, record: &Record) -> Expected {
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
            return Expected { position, previous, number: None, number_known: begins, closed: false };
        };
        if header.epoch == last.epoch {
            // The same signer, or one that takes over in good order and goes on with the numbers (L2).
            let signer = if header.device == last.device {
                Some(last.signer)
            } else {
                self.signers.get(&header.device).copied()
            };
            self.judge_succession(&last, record, signer);
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
            let Last { number, number_known, hash, .. } = last;
            return Expected { position, previous: [hash; 2], number, number_known, closed };
        }
        // A new epoch begins at 1, tied to the old one if that could still be read.
        self.signers.clear();
        self.verdict.untied_epochs += u64::from(link.previous == RecordHash::NONE);
        let previous = [last.hash, RecordHash::NONE];
        Expected { position: 1, previous, number: None, number_known: true, closed: false }
    }

    /// Whether this signer could seal now: it had not closed its line, or the one before it had (L2). What a signer that
    /// left records of itself, a start or a closure of what it had sold, is no part of the line. `signer` is what this one
    /// had come to.
    fn judge_succession(&mut self, last: &Last, record: &Record, signer: Option<LastOfSigner>) {
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
    }

    fn judge_seal(&mut self, record: &Record, number: Option<InvoiceNumber>) {
        let serial = Serial { epoch: record.header.epoch, number };
        let sealed = self.trust.sealing_key(&record.header, serial);
        let verified = sealed.and_then(|key| record.verify(&key).map_err(Rule::from));
        if let Err(rule) = verified {
            self.find(rule);
        }
    }

    fn find(&mut self, rule: Rule) {
        self.find_at(rule.into());
    }

    fn find_at(&mut self, finding: Finding) {
        self.doubtful |= finding.rule.shakes_sums();
        let line = &self.place;
        let place = if finding.place.is_empty() { line.clone() } else { format!("{line} {}", finding.place) };
        self.keep(Finding { place, ..finding });
    }

    /// A file of nothing but faults must not fill the memory.
    fn keep(&mut self, finding: Finding) {
        if self.verdict.findings.len() < JournalVerdict::MOST_FINDINGS {
            self.verdict.findings.push(finding);
        } else {
            self.verdict.more_findings += 1;
        }
    }
}

/// The newest record of one signer.
#[derive(Clone, Copy, Debug)]
struct LastOfSigner {
    position: u64,
    counter: u64,
    closed: bool,
}

struct Expected {
    position: u64,
    previous: [RecordHash; 2],
    number: Option<InvoiceNumber>,
    number_known: bool,
    /// Whether the signer had closed its line.
    closed: bool,
}
