//! A journal, record by record: chain, numbering, epochs, time, arithmetic and keys.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{
    DeviceId, Epoch, EventKind, Header, InvoiceNumber, Nif, OutletId, PayloadHash, Record, RecordHash,
    Subject, Timestamp,
};

use crate::{
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
    /// The newest record of each signer in the epoch: one that takes over again goes on where it was.
    signers: BTreeMap<DeviceId, LastOfSigner>,
    outlet: Option<OutletId>,
    nif: Option<Nif>,
    sales: BTreeSet<PayloadHash>,
    verdict: JournalVerdict,
}

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
    /// How many of the heads that were kept elsewhere are in the file.
    pub heads_met: u64,
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
}

impl<'t> Referee<'t> {
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
            verdict: JournalVerdict::default(),
        }
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &[u8]) {
        self.verdict.lines += 1;
        let read = JournalLine::read(line).and_then(|line| Ok((line.record()?, line)));
        match read {
            Err(rule) => self.find(rule),
            Ok((record, line)) => self.judge(&record, line.payload()),
        }
    }

    /// After the last line.
    pub fn conclude(mut self) -> JournalVerdict {
        if self.verdict.lines == 0 {
            self.keep(Rule::JournalEmpty.into());
        }
        for KnownHead(hash) in std::mem::take(&mut self.missing_heads) {
            self.keep(Finding { rule: Rule::HeadMissing, place: hash.to_string() });
        }
        self.verdict
    }

    fn judge(&mut self, record: &Record, payload: Option<&str>) {
        self.judge_owner(&record.header);
        let place = self.judge_place(record);
        self.judge_seal(record, place.number);
        match payload {
            None => self.verdict.payloads_absent += 1,
            Some(payload) => {
                let findings = verify_payload_of(record, payload.as_bytes()).findings;
                findings.into_iter().for_each(|finding| self.find_at(finding));
            }
        }
        let header = &record.header;
        if header.invoice().is_some() {
            self.verdict.invoices += 1;
            if !self.sales.insert(record.link.payload) {
                self.find(Rule::SaleTwice);
            }
        }
        self.verdict.heads_met += u64::from(self.missing_heads.remove(&KnownHead(place.hash)));
        self.verdict.head = Some(place.hash);
        self.verdict.until = Some(header.time);
        self.last = Some(place);
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
        let signer = LastOfSigner {
            position: link.position.value(),
            counter: link.counter,
            closed: header.subject == Subject::Event(EventKind::Close),
        };
        self.signers.insert(header.device, signer);
        Last {
            device: header.device,
            epoch: header.epoch,
            number,
            number_known,
            time: header.time,
            hash: record.hash(),
        }
    }

    /// What the record must be, given the one before.
    fn expected(&mut self, record: &Record) -> Expected {
        let (header, link) = (&record.header, &record.link);
        let Some(last) = self.last else {
            // The first of a file may stand anywhere; only the first of all has no one before it.
            let origin = link.previous == RecordHash::NONE;
            let position = if origin { 1 } else { link.position.value() };
            // An outlet's epochs begin at 0, so that a later one had others before it.
            self.verdict.is_part = !origin || header.epoch > Epoch(0);
            return Expected { position, previous: [link.previous; 2], number: None, number_known: origin };
        };
        if header.epoch == last.epoch {
            // The same signer, or one that takes over in good order and goes on with the numbers (L2).
            self.judge_succession(&last, record);
            let position = self.signers.get(&header.device).map_or(1, |signer| signer.position + 1);
            let Last { number, number_known, hash, .. } = last;
            return Expected { position, previous: [hash; 2], number, number_known };
        }
        // A new epoch begins at 1, tied to the old one if that could still be read.
        self.signers.clear();
        self.verdict.untied_epochs += u64::from(link.previous == RecordHash::NONE);
        Expected { position: 1, previous: [last.hash, RecordHash::NONE], number: None, number_known: true }
    }

    /// Whether this signer could seal now: it had not closed its line, or the one before it had (L2).
    fn judge_succession(&mut self, last: &Last, record: &Record) {
        let device = record.header.device;
        let before = self.signers.get(&last.device).copied();
        if device != last.device && !before.is_some_and(|signer| signer.closed) {
            self.find(Rule::NoHandOver);
        }
        if device == last.device && before.is_some_and(|signer| signer.closed) {
            self.find(Rule::SealedAfterClose);
        }
        if self.signers.get(&device).is_some_and(|signer| record.link.counter < signer.counter) {
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
        let line = format!("#{}", self.verdict.lines);
        let place = if finding.place.is_empty() { line } else { format!("{line} {}", finding.place) };
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
}
