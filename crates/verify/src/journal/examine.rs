//! What a line is by itself, before anyone asks what stands before it: what threads do side by side.

use fiscal::{Record, RecordHash};

use crate::{
    check::{self, SignatureCheck},
    closure::Figures,
    finding::{Finding, Rule},
    journal_line::JournalLine,
    payload::verify_payload_of,
    trust::Trust,
};

/// A line, as far as it can be judged alone.
#[derive(Debug)]
pub(crate) struct Examined(pub(super) Result<Box<Line>, Rule>);

#[derive(Debug)]
pub(super) struct Line {
    pub(super) record: Record,
    pub(super) hash: RecordHash,
    /// Whether the key that the record names is known and signed it.
    pub(super) sealed: Result<(), Rule>,
    pub(super) content: Option<Content>,
}

/// What a record seals.
#[derive(Debug)]
pub(super) struct Content {
    /// The body of a record that is no invoice; an invoice's text is not needed any more.
    pub(super) body: Option<String>,
    pub(super) figures: Option<Figures>,
    pub(super) findings: Vec<Finding>,
}

impl Examined {
    pub(crate) fn of(line: &[u8], trust: &Trust, check: &dyn SignatureCheck) -> Self {
        let read = JournalLine::read(line).and_then(|line| Ok((line.record()?, line)));
        Self(read.map(|(record, line)| Box::new(examine(record, line, trust, check))))
    }

    /// The record that the line holds, and its hash.
    pub(crate) fn record(&self) -> Option<(&Record, RecordHash)> {
        self.0.as_ref().ok().map(|line| (&line.record, line.hash))
    }
}

fn examine(record: Record, line: JournalLine, trust: &Trust, check: &dyn SignatureCheck) -> Line {
    let signed = |key: &_, hash: &_, signature: &_| check::ask(check, key, hash, signature);
    let sealed = trust
        .named_key(&record.header)
        .and_then(|key| record.verify_with(&key, signed).map(|_| ()).map_err(Rule::from));
    let content = line.into_payload().map(|text| {
        let judged = verify_payload_of(&record, text.as_bytes());
        let figures = judged.sale.as_ref().map(|sale| Figures::of(sale.invoice()));
        let findings = judged.findings;
        let body = record.header.invoice().is_none().then_some(text);
        Content { body, figures, findings }
    });
    Line { hash: record.hash(), record, sealed, content }
}
