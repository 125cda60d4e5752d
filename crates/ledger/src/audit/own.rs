//! The ledger's own chain, as a journal that the referee reads; what stands beside each record is looked at on the way.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{EventKind, Header, Link, Nif, OutletId, Prefix, RecordHash, Subject, UtcOffset};
use serde::{Deserialize, Serialize};

use super::{
    anchors::Anchors,
    finding::{Findings, StoredRule},
    raw::{Checked, Raw, signed},
};
use crate::{
    Cell, Cells, StoreFault, Table, Tables,
    books::{self, Books},
};

/// So many rows are read at once.
pub(super) const PAGE: usize = 500;

/// The rows of one signer at one outlet, over all its epochs.
pub(super) struct OwnChain<'a> {
    pub(super) tables: &'a mut dyn Tables,
    pub(super) findings: &'a mut Findings,
    progress: &'a mut dyn FnMut(u64),
    signer: String,
    /// The key after which the next page begins.
    after: Cells,
    done: bool,
    /// What the database said when it failed.
    pub(super) fault: Option<StoreFault>,
    line: Vec<u8>,
    at: usize,
    outlet: OutletRow,
    books: Box<Books>,
    /// Whether what was sold since the last closure could be counted.
    countable: bool,
    last: Option<Last>,
    pub(super) anchors: Anchors,
    pub(super) records: u64,
}

/// An outlet as its row says it.
#[derive(Clone, Debug)]
pub(super) struct OutletRow {
    pub(super) id: OutletId,
    pub(super) nif: Option<Nif>,
    pub(super) prefix: Option<Prefix>,
    pub(super) zone: Option<UtcOffset>,
}

/// The newest record.
struct Last {
    header: Header,
    link: Link,
    hash: RecordHash,
    number: Option<i64>,
}

/// As a line of a journal is written; the record may be none.
#[derive(Serialize)]
struct Line<'l> {
    record: String,
    payload: Option<&'l str>,
}

/// What the first record of an epoch says of its outlet.
#[derive(Deserialize)]
struct Opening {
    merchant_nif: String,
    prefix: String,
    utc_offset_minutes: i16,
}

impl<'a> OwnChain<'a> {
    pub(super) fn new(
        tables: &'a mut dyn Tables,
        findings: &'a mut Findings,
        progress: &'a mut dyn FnMut(u64),
        outlet: OutletRow,
        signer: String,
    ) -> Self {
        let after =
            vec![text(outlet.id.as_str()), Cell::Integer(i64::MIN), text(""), Cell::Integer(i64::MIN)];
        Self {
            tables,
            findings,
            progress,
            signer,
            after,
            done: false,
            fault: None,
            line: Vec::new(),
            at: 0,
            outlet,
            books: Box::new(Books::new()),
            countable: true,
            last: None,
            anchors: Anchors(BTreeMap::new()),
            records: 0,
        }
    }

    /// Reads rows until some are this signer's; false after the last.
    fn page(&mut self) -> Result<bool, StoreFault> {
        while !self.done {
            let rows = self.tables.rows(Table::Records, Some(&self.after), PAGE)?;
            let mut own = Vec::new();
            self.done = rows.len() < PAGE;
            for row in rows {
                let raw = Raw(&row);
                if raw.outlet() != self.outlet.id.as_str() {
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
            if let Some(checked) = raw.check(true, self.findings) {
                self.meet(&raw, &checked);
                if checked.record.header.invoice().is_some() {
                    sales.push(row);
                }
            } else {
                self.countable = false;
            }
        }
        (self.progress)(rows.len() as u64);
        check_sales(self.tables, &sales, self.findings)
    }

    fn meet(&mut self, raw: &Raw<'_>, checked: &Checked) {
        let Checked { record, hash, totals } = checked;
        let (header, link) = (&record.header, &record.link);
        if self.last.is_none() && (link.previous != RecordHash::NONE || link.position.value() != 1) {
            self.findings.stored(StoredRule::BeginningMissing, raw.place());
        }
        let zone = self.outlet.zone.unwrap_or(UtcOffset::UTC);
        match (&header.subject, totals) {
            (Subject::Invoice(facts), Some(totals)) => {
                self.books.invoice(header, link, facts.number, totals, zone);
            }
            (Subject::Invoice(_), None) => self.countable = false,
            (Subject::Event(kind), _) => {
                self.countable |= *kind == EventKind::Epoch;
                self.books.event(header, link, *kind, 0, zone);
            }
        }
        let body = raw.body().unwrap_or_default();
        match header.subject {
            Subject::Event(EventKind::Provisioned | EventKind::Epoch) => self.check_outlet(raw, body),
            Subject::Event(EventKind::Anchor) => self.anchors.meet(raw, body, self.findings),
            _ => {}
        }
        // Numbers go on over records that have none, and begin again with an epoch.
        let before = self.last.as_ref().filter(|last| last.header.epoch == header.epoch);
        let number = header.invoice().map(|facts| signed(facts.number.value()));
        let number = number.or(before.and_then(|last| last.number));
        self.last = Some(Last { header: *header, link: *link, hash: *hash, number });
    }

    fn check_outlet(&mut self, raw: &Raw<'_>, body: &str) {
        let Ok(opening) = serde_json::from_str::<Opening>(body) else { return };
        let OutletRow { nif, prefix, zone, .. } = &self.outlet;
        let same = nif.is_some_and(|nif| nif.to_string() == opening.merchant_nif)
            && prefix.is_some_and(|prefix| prefix.to_string() == opening.prefix)
            && zone.is_some_and(|zone| zone.minutes() == opening.utc_offset_minutes);
        if !same {
            self.findings.stored(StoredRule::Outlet, raw.place());
        }
    }

    /// The head's row against the last record, once all were read.
    pub(super) fn check_head(&mut self, head: &Cells) {
        let place = format!("{} head", self.outlet.id);
        let says = |at: usize, cell: Cell| head.get(at) == Some(&cell);
        let bytes = |bytes: &[u8]| Cell::Bytes(bytes.to_vec());
        let Some(last) = &self.last else {
            let nothing = says(3, Cell::Null) && says(4, Cell::Null) && says(5, bytes(&RecordHash::NONE.0));
            if !nothing {
                self.findings.stored(StoredRule::HeadRow, place);
            }
            return;
        };
        let columns = [
            ("epoch", says(1, Cell::Integer(i64::from(last.header.epoch.0)))),
            ("signer", says(2, text(last.header.device.as_str()))),
            ("position", says(3, Cell::Integer(signed(last.link.position.value())))),
            ("number", says(4, last.number.map_or(Cell::Null, Cell::Integer))),
            ("hash", says(5, bytes(&last.hash.0))),
            ("time", says(6, Cell::Integer(signed(last.header.time.unix())))),
            ("key", says(7, bytes(&last.header.key.0))),
        ];
        for (column, _) in columns.iter().filter(|(_, same)| !same) {
            self.findings.stored(StoredRule::HeadRow, format!("{place} column {column}"));
        }
        if self.countable && !says(8, bytes(&books::to_bytes(&self.books))) {
            self.findings.stored(StoredRule::Totals, place);
        }
    }
}

impl Read for OwnChain<'_> {
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
pub(super) fn check_sales(
    tables: &mut dyn Tables,
    rows: &[&Cells],
    findings: &mut Findings,
) -> Result<(), StoreFault> {
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
