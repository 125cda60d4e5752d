//! The rows of one signer at one outlet, over all its epochs, as a journal that the referee reads; what stands beside
//! each record is looked at on the way.

use std::io::{self, Read};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::OutletId;
use serde::Serialize;

use super::{
    finding::{Findings, StoredRule},
    raw::{Checked, Raw},
};
use crate::{Cell, Cells, StoreFault, Table, Tables};

/// So many rows are read at once.
pub(super) const PAGE: usize = 500;

/// What is looked at beside the records of a chain.
pub(super) trait Beside {
    /// Whether it is the ledger's own chain.
    const OWN: bool;

    /// Looks at a row. Its record is none when it cannot be read.
    fn look(&mut self, raw: &Raw<'_>, checked: Option<&Checked>, findings: &mut Findings);
}

/// The rows of one signer.
pub(super) struct Chain<'a, B> {
    tables: &'a mut dyn Tables,
    findings: &'a mut Findings,
    progress: &'a mut dyn FnMut(u64),
    outlet: OutletId,
    signer: String,
    /// The key after which the next page begins.
    after: Cells,
    done: bool,
    /// What the database said when it failed.
    pub(super) fault: Option<StoreFault>,
    line: Vec<u8>,
    at: usize,
    pub(super) records: u64,
    pub(super) beside: B,
}

/// As a line of a journal is written; the record may be none.
#[derive(Serialize)]
struct Line<'l> {
    record: String,
    payload: Option<&'l str>,
}

impl<'a, B: Beside> Chain<'a, B> {
    pub(super) fn new(
        tables: &'a mut dyn Tables,
        findings: &'a mut Findings,
        progress: &'a mut dyn FnMut(u64),
        outlet: OutletId,
        signer: String,
        beside: B,
    ) -> Self {
        let after = vec![text(outlet.as_str()), Cell::Integer(i64::MIN), text(""), Cell::Integer(i64::MIN)];
        let (fault, line) = (None, Vec::new());
        Self {
            tables,
            findings,
            progress,
            outlet,
            signer,
            after,
            done: false,
            fault,
            line,
            at: 0,
            records: 0,
            beside,
        }
    }

    /// What was looked at, and how many records there were.
    pub(super) fn finish(self) -> (B, u64) {
        (self.beside, self.records)
    }

    /// Reads rows until some are this signer's; false after the last.
    fn page(&mut self) -> Result<bool, StoreFault> {
        while !self.done {
            let rows = self.tables.rows(Table::Records, Some(&self.after), PAGE)?;
            let mut own = Vec::new();
            self.done = rows.len() < PAGE;
            for row in rows {
                let raw = Raw(&row);
                if raw.outlet() != self.outlet.as_str() {
                    self.done = true;
                    break;
                }
                let key = raw.key();
                if key <= self.after {
                    self.findings.stored(StoredRule::Unreadable, raw.place());
                    self.done = true;
                    break;
                }
                if raw.signer() != self.signer {
                    // The rows of other signers are passed over, however many they are.
                    let later = raw.signer() > self.signer.as_str();
                    let epoch = Cell::Integer(raw.epoch().saturating_add(i64::from(later)));
                    let signer = if later { "" } else { self.signer.as_str() };
                    self.after = vec![text(raw.outlet()), epoch, text(signer), Cell::Integer(i64::MIN)];
                    self.done = false;
                    break;
                }
                self.after = key;
                own.push(row);
            }
            if !own.is_empty() {
                self.take(&own)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn take(&mut self, rows: &[Cells]) -> Result<(), StoreFault> {
        self.line.clear();
        self.at = 0;
        let mut sales = Vec::new();
        for row in rows {
            let raw = Raw(row);
            self.records += 1;
            let line = Line { record: Base64UrlUnpadded::encode_string(raw.record()), payload: raw.body() };
            // Two strings always serialise, and a vector takes everything.
            let _ = serde_json::to_writer(&mut self.line, &line);
            self.line.push(b'\n');
            let checked = raw.check(B::OWN, self.findings);
            self.beside.look(&raw, checked.as_ref(), self.findings);
            if checked.is_some_and(|checked| checked.record.header.invoice().is_some()) {
                sales.push(row);
            }
        }
        (self.progress)(rows.len() as u64);
        check_sales(self.tables, &sales, self.findings)
    }
}

impl<B: Beside> Read for Chain<'_, B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.line.len() {
            match self.page() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(fault) => {
                    let said = io::Error::other(fault.to_string());
                    self.fault = Some(fault);
                    return Err(said);
                }
            }
        }
        let length = buffer.len().min(self.line.len() - self.at);
        buffer[..length].copy_from_slice(&self.line[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Whether each sale is in the table of sales, under its first seal.
fn check_sales(tables: &mut dyn Tables, rows: &[&Cells], findings: &mut Findings) -> Result<(), StoreFault> {
    let keys: Vec<Cells> = rows.iter().map(|row| Raw(row).sale()).collect();
    let found = tables.find(Table::Sales, &keys)?;
    for (row, sale) in rows.iter().zip(found) {
        let raw = Raw(row);
        let Some(sale) = sale else {
            findings.stored(StoredRule::SaleMissing, raw.place());
            continue;
        };
        let first = place_of(&sale, 3);
        if first != raw.key() {
            // Another seal of it, which has to be an earlier one.
            let first = tables.find(Table::Records, &[first])?.pop().flatten();
            if first.is_none_or(|first| Raw(&first).seq() >= raw.seq()) {
                findings.stored(StoredRule::SaleNotFirst, raw.place());
            }
        }
    }
    Ok(())
}

/// The key of the record that a row names: its outlet, and epoch, signer, position from a column on.
pub(super) fn place_of(row: &Cells, epoch: usize) -> Cells {
    [0, epoch, epoch + 1, epoch + 2].iter().map(|at| row.get(*at).cloned().unwrap_or(Cell::Null)).collect()
}

pub(super) fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}
