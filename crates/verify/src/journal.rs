//! A journal, record by record: chain, numbering, epochs, time, arithmetic and keys.

use std::collections::BTreeSet;

use fiscal::{
    DeviceId, Epoch, Header, InvoiceNumber, Nif, OutletId, PayloadHash, Record, RecordHash, Timestamp,
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
    /// A head that the journal must hold and that was not yet met.
    missing_head: Option<KnownHead>,
    last: Option<Last>,
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
    /// How many lines were read.
    pub lines: u64,
    /// How many of them are invoices.
    pub invoices: u64,
    /// How many payloads are not in the file, so that their arithmetic could not be checked.
    pub payloads_absent: u64,
    /// The position of the first record: above 1, what came before is not shown.
    pub first_position: Option<u64>,
    /// The hash of the newest record.
    pub head: Option<RecordHash>,
    /// The time of the newest record.
    pub until: Option<Timestamp>,
}

/// A head that someone kept elsewhere: on a device, in an acknowledgement, in a file outside the database (L7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHead(pub RecordHash);

/// What the next record has to follow.
#[derive(Clone, Copy, Debug)]
struct Last {
    device: DeviceId,
    epoch: Epoch,
    position: u64,
    number: Option<InvoiceNumber>,
    /// Whether `number` is known: a file may begin in the middle of a chain, before the first invoice in it.
    number_known: bool,
    time: Timestamp,
    hash: RecordHash,
}

impl<'t> Referee<'t> {
    /// Before the first line. A known head must be the hash of one of the records, or the end was cut off.
    pub fn new(trust: &'t Trust, known: Option<KnownHead>) -> Self {
        Self {
            trust,
            missing_head: known,
            last: None,
            outlet: None,
            nif: None,
            sales: BTreeSet::new(),
            verdict: JournalVerdict::default(),
        }
    }

    /// Reads the next line.
    pub fn read(&mut self, line: &str) {
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
            self.verdict.findings.push(Rule::JournalEmpty.into());
        }
        if self.missing_head.is_some() {
            self.verdict.findings.push(Rule::HeadMissing.into());
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
        if self.missing_head == Some(KnownHead(place.hash)) {
            self.missing_head = None;
        }
        self.verdict.first_position.get_or_insert(record.link.position.value());
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
        let header = &record.header;
        let position = record.link.position.value();
        let expected = match &self.last {
            None => Expected::first(record),
            Some(last) => Expected::after(last, header),
        };
        if self.last.is_some_and(|last| header.epoch < last.epoch) {
            self.find(Rule::EpochBack);
        }
        if self.last.is_some_and(|last| header.time < last.time) {
            self.find(Rule::TimeBack);
        }
        if position != expected.position {
            self.find(Rule::PositionGap);
        }
        if !expected.previous.contains(&Some(record.link.previous)) {
            self.find(Rule::ChainBroken);
        }
        let mut number = expected.number;
        let mut number_known = expected.number_known;
        if let Some(facts) = header.invoice() {
            let next = number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
            if number_known && next != Some(facts.number) {
                self.find(Rule::NumberGap);
            }
            (number, number_known) = (Some(facts.number), true);
        }
        let Header { device, epoch, time, .. } = *header;
        Last { device, epoch, position, number, number_known, time, hash: record.hash() }
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
        self.verdict.findings.push(Finding { place, ..finding });
    }
}

/// What a record must be, given the one before.
struct Expected {
    position: u64,
    previous: [Option<RecordHash>; 2],
    number: Option<InvoiceNumber>,
    number_known: bool,
}

impl Expected {
    /// The first of a file may stand anywhere; only the first of all has no one before it, and number 1 after it.
    fn first(record: &Record) -> Self {
        let from_the_start = record.link.previous == RecordHash::NONE && record.link.position.value() == 1;
        let position =
            if record.link.previous == RecordHash::NONE { 1 } else { record.link.position.value() };
        Self {
            position,
            previous: [Some(record.link.previous), None],
            number: None,
            number_known: from_the_start,
        }
    }

    fn after(last: &Last, header: &Header) -> Self {
        let same_epoch = header.epoch == last.epoch;
        if same_epoch && header.device == last.device {
            Self::next(last, last.position + 1, [Some(last.hash), None])
        } else if same_epoch {
            // A hand-over in good order: another signer goes on with the numbers (L2).
            Self::next(last, 1, [Some(last.hash), None])
        } else {
            // A new epoch begins at 1, tied to the old one if that could still be read.
            let previous = [Some(last.hash), Some(RecordHash::NONE)];
            Self { position: 1, previous, number: None, number_known: true }
        }
    }

    const fn next(last: &Last, position: u64, previous: [Option<RecordHash>; 2]) -> Self {
        Self { position, previous, number: last.number, number_known: last.number_known }
    }
}
