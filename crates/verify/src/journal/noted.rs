//! What the ledger says that the authority has, against the invoices of all chains.

use std::collections::BTreeMap;

use fiscal::{DeviceId, Epoch, Position, Record, RecordHash};
use sha2::{Digest, Sha256};

use super::{
    place::Place,
    sold::{CodeOf, Note, OfInvoice, Target},
    verdict::JournalVerdict,
};
use crate::{
    finding::Rule,
    line::{AuthorityNote, Source},
};

/// The chains of which something was read or is named.
#[derive(Debug, Default)]
pub(super) struct Beside {
    chains: BTreeMap<(DeviceId, Epoch), u32>,
    /// Of each chain the first position that is here.
    first: BTreeMap<u32, Position>,
    /// Whether every chain of the outlet is here from its beginning.
    pub(super) is_whole: bool,
    /// What names a chain beyond those that are counted.
    pub(super) unchecked: u64,
}

impl Beside {
    /// A hostile file must not fill the memory, and an outlet has a few.
    const MOST: usize = 100_000;

    fn chain(&mut self, signer: DeviceId, epoch: Epoch) -> Option<u32> {
        let next = u32::try_from(self.chains.len()).ok()?;
        if self.chains.len() < Self::MOST {
            return Some(*self.chains.entry((signer, epoch)).or_insert(next));
        }
        self.chains.get(&(signer, epoch)).copied()
    }

    /// An invoice that stands here; none of a chain beyond those that are counted.
    pub(super) fn invoice(&mut self, record: &Record, hash: RecordHash) -> Option<OfInvoice> {
        let chain = self.chain(record.header.device, record.header.epoch)?;
        let number = record.header.invoice()?.number;
        let target = Target { chain, position: record.link.position, number };
        Some(OfInvoice { hash, note: None, target })
    }

    /// Any record that stands here.
    pub(super) fn meet(&mut self, record: &Record) {
        if let Some(chain) = self.chain(record.header.device, record.header.epoch) {
            self.first.entry(chain).or_insert(record.link.position);
        }
    }

    /// What is said of an invoice, in this line and record.
    pub(super) fn note(&mut self, said: &AuthorityNote, line: u64, position: Position) -> Option<OfInvoice> {
        let Some(chain) = self.chain(said.invoice.signer, said.invoice.epoch) else {
            self.unchecked += 1;
            return None;
        };
        let target = Target { chain, position: said.invoice.position, number: said.number };
        let mut code = [0; 16];
        code.copy_from_slice(&Sha256::digest(&said.code)[..16]);
        let note = Note { line, position, code, source: said.source, is_test: said.is_test };
        Some(OfInvoice { hash: said.hash, note: Some(note), target })
    }

    /// Under which code an invoice is said to be there, to be held against the codes of others. What someone typed is none:
    /// a slip may be corrected by a later record.
    pub(super) fn code(said: &AuthorityNote, of: &OfInvoice) -> Option<CodeOf> {
        let note = of.note.filter(|note| note.source > Source::Hand)?;
        let whose = format!("{}\n{}\n{}", said.nim, said.code, said.is_test);
        let hash = Sha256::digest(whose).into();
        Some(CodeOf { hash, line: note.line, position: note.position, target: of.target })
    }

    /// Whether an invoice would be here, if it were there.
    fn has(&self, target: &Target) -> bool {
        self.is_whole || self.first.get(&target.chain).is_some_and(|first| *first <= target.position)
    }
}

/// What is wrong with what the ledger says that the authority has.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// The first so many, in the order of their lines.
    pub(super) findings: BTreeMap<(u64, &'static str), (Place, Rule)>,
    pub(super) count: u64,
    pub(super) noted: u64,
    pub(super) unchecked: u64,
}

/// Meets each invoice, and behind it what is said of it.
#[derive(Default)]
pub(super) struct NotedFinder {
    /// The record that is met now, and where it stands if it is an invoice that is here.
    hash: Option<RecordHash>,
    invoice: Option<Target>,
    /// The codes that it has, and those of trials.
    codes: [Codes; 2],
    /// The code that is met now, and the first invoice of which it is.
    code: Option<CodeOf>,
    found: Noted,
}

/// Codes of one invoice: another one may follow if it came in a way that counts more.
#[derive(Clone, Copy, Default)]
struct Codes {
    /// By how they came.
    known: [Option<[u8; 16]>; 3],
    best: Option<Source>,
}

impl Codes {
    /// Whether a code may follow those that are known.
    fn take(&mut self, note: &Note) -> bool {
        let (code, source) = (Some(note.code), Some(note.source));
        let may = source > self.best || self.known.contains(&code);
        if source > self.best {
            (self.known[note.source as usize], self.best) = (code, source);
        }
        may
    }
}

impl NotedFinder {
    pub(super) fn meet(&mut self, of: &OfInvoice, beside: &Beside) {
        if self.hash.replace(of.hash) != Some(of.hash) {
            (self.invoice, self.codes) = (None, [Codes::default(); 2]);
        }
        let Some(note) = &of.note else {
            self.invoice = Some(of.target);
            return;
        };
        self.found.noted += 1;
        match self.invoice {
            Some(invoice) if invoice == of.target => {}
            None if !beside.has(&of.target) => self.found.unchecked += 1,
            _ => self.find(note, Rule::AuthorityInvoice),
        }
        if !self.codes[usize::from(note.is_test)].take(note) {
            self.find(note, Rule::AuthorityTwoCodes);
        }
    }

    /// Meets what is said of one code, the first line first.
    pub(super) fn meet_code(&mut self, code: CodeOf) {
        match self.code.filter(|first| first.hash == code.hash) {
            None => self.code = Some(code),
            Some(first) if first.target == code.target => {}
            Some(_) => self.find_at(code.place(), Rule::AuthorityCodeReused),
        }
    }

    pub(super) fn conclude(self) -> Noted {
        self.found
    }

    fn find(&mut self, note: &Note, rule: Rule) {
        self.find_at(note.place(), rule);
    }

    fn find_at(&mut self, place: Place, rule: Rule) {
        let found = &mut self.found;
        found.findings.insert((place.line, rule.code()), (place, rule));
        if found.findings.len() > JournalVerdict::MOST_FINDINGS {
            found.findings.pop_last();
        }
        found.count += 1;
    }
}
