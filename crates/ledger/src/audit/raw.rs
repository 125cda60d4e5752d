//! A record as its columns say it, against what it says itself.

use fiscal::{PayloadHash, Record, RecordHash, Subject, Validated, totals::InvoiceTotals};

use super::finding::{Findings, StoredRule};
use crate::{
    Cell, Cells, Reference, Row,
    found_by::{reference_of_event, reference_of_invoice},
};

/// The columns of a row of the table of records.
pub(super) struct Raw<'c>(pub(super) &'c Cells);

/// What is found by of a record: what its payload says of its time, and which original it names.
struct FoundBy {
    stamped: i64,
    reference: Option<(i64, i64)>,
    totals: Option<InvoiceTotals>,
}

/// A record that could be read.
pub(super) struct Checked {
    pub(super) record: Record,
    pub(super) hash: RecordHash,
    /// What it comes to, if it is an invoice that keeps the rules and its payload is what was sealed.
    pub(super) totals: Option<InvoiceTotals>,
}

impl<'c> Raw<'c> {
    pub(super) fn outlet(&self) -> &'c str {
        self.text(0)
    }

    pub(super) fn epoch(&self) -> i64 {
        self.integer(1).unwrap_or(-1)
    }

    pub(super) fn signer(&self) -> &'c str {
        self.text(2)
    }

    pub(super) fn position(&self) -> i64 {
        self.integer(3).unwrap_or(-1)
    }

    pub(super) fn seq(&self) -> i64 {
        self.integer(4).unwrap_or(-1)
    }

    pub(super) fn number(&self) -> Option<i64> {
        self.integer(5)
    }

    pub(super) fn time(&self) -> Option<i64> {
        self.integer(7)
    }

    pub(super) fn record(&self) -> &'c [u8] {
        self.0.get(12).and_then(Cell::bytes).unwrap_or_default()
    }

    pub(super) fn body(&self) -> Option<&'c str> {
        self.0.get(13).and_then(Cell::text)
    }

    /// What finds its sale: outlet, time of the payload, hash.
    pub(super) fn sale(&self) -> Cells {
        vec![self.cell(0), self.cell(8), self.cell(9)]
    }

    /// Outlet, epoch, signer, position: the key of the table.
    pub(super) fn key(&self) -> Cells {
        self.0[..4].to_vec()
    }

    pub(super) fn place(&self) -> String {
        format!("{} {} epoch {} position {}", self.outlet(), self.signer(), self.epoch(), self.position())
    }

    fn cell(&self, at: usize) -> Cell {
        self.0.get(at).cloned().unwrap_or(Cell::Null)
    }

    fn text(&self, at: usize) -> &'c str {
        self.0.get(at).and_then(Cell::text).unwrap_or_default()
    }

    fn integer(&self, at: usize) -> Option<i64> {
        self.0.get(at).and_then(Cell::integer)
    }

    /// The record, and each column that says something else than it. None when it cannot be read. `own` is the ledger's
    /// own chain.
    pub(super) fn check(&self, own: bool, findings: &mut Findings) -> Option<Checked> {
        let Ok(record) = Record::from_bytes(self.record()) else {
            findings.stored(StoredRule::RecordForm, self.place());
            return None;
        };
        let (header, link) = (&record.header, &record.link);
        let number = header.invoice().map(|facts| signed(facts.number.value()));
        let says = |column, holds: bool, findings: &mut Findings| {
            if !holds {
                findings.stored(StoredRule::Column, format!("{} column {column}", self.place()));
            }
        };
        says("outlet", self.outlet() == header.outlet.as_str(), findings);
        says("epoch", self.epoch() == i64::from(header.epoch.0), findings);
        says("signer", self.signer() == header.device.as_str(), findings);
        says("position", self.position() == signed(link.position.value()), findings);
        says("number", self.number() == number, findings);
        let kind = i64::from(Row::kind_code(&header.subject));
        says("kind", self.integer(6) == Some(kind), findings);
        says("time", self.time() == Some(signed(header.time.unix())), findings);
        says("hash", self.cell(9).bytes() == Some(&link.payload.0), findings);
        let mut totals = None;
        match self.body() {
            // Of another signer's, the ledger may declare that it never came.
            None if own => findings.stored(StoredRule::BodyMissing, self.place()),
            None => {}
            // What was changed says nothing of the columns.
            Some(body) if PayloadHash::of(body.as_bytes()) != link.payload => {}
            Some(body) => {
                let found_by = FoundBy::of(&record, body);
                says("stamped", self.integer(8) == Some(found_by.stamped), findings);
                let reference = self.integer(10).zip(self.integer(11));
                let half = self.integer(10).is_some() != self.integer(11).is_some();
                says("reference", !half && reference == found_by.reference, findings);
                totals = found_by.totals;
            }
        }
        Some(Checked { hash: record.hash(), record, totals })
    }
}

impl FoundBy {
    fn of(record: &Record, body: &str) -> Self {
        let sealed = signed(record.header.time.unix());
        let in_columns =
            |reference: Reference| (i64::from(reference.epoch.0), signed(reference.number.value()));
        if let Subject::Event(kind) = record.header.subject {
            let reference = reference_of_event(kind, body).map(in_columns);
            return Self { stamped: sealed, reference, totals: None };
        }
        // What another signer sealed may keep not every rule.
        let Ok(sale) = Validated::read(body.as_bytes()) else {
            return Self { stamped: sealed, reference: None, totals: None };
        };
        Self {
            stamped: signed(sale.invoice().timestamp.unix()),
            reference: reference_of_invoice(sale.invoice()).map(in_columns),
            totals: Some(InvoiceTotals::of(sale.invoice())),
        }
    }
}

/// As databases keep numbers.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
