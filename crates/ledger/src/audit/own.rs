//! What stands beside the ledger's own chain: the outlet's row, its head, its totals.

use std::collections::{BTreeMap, BTreeSet};

use fiscal::{EventKind, Header, Link, Nif, OutletId, Prefix, RecordHash, Subject, UtcOffset};
use serde::Deserialize;

use super::{
    chain::{Beside, text},
    finding::{Findings, StoredRule},
    raw::{Checked, Raw, signed},
};
use crate::{
    Cell, Cells,
    books::{self, Books},
};

/// What is looked at beside the ledger's own records.
pub(super) struct Own {
    outlet: OutletRow,
    books: Box<Books>,
    /// Whether what was sold since the last closure could be counted.
    countable: bool,
    last: Option<Last>,
    /// To which device the line was left, as the newest record says that leaves or takes it.
    holder: Option<String>,
    pub(super) invoices: u64,
    pub(super) says: OfOthers,
}

/// What the ledger's own chain says of others.
#[derive(Default)]
pub(super) struct OfOthers {
    /// How far each chain is anchored, by epoch and signer.
    pub(super) anchored: BTreeMap<(i64, String), i64>,
    /// The records that were never delivered with what they seal, by epoch, signer and position.
    pub(super) without_body: BTreeSet<(i64, String, i64)>,
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

/// What the first record of an epoch says of its outlet.
#[derive(Deserialize)]
struct Opening {
    merchant_nif: String,
    prefix: String,
    utc_offset_minutes: i16,
}

/// What is read again of the bodies by which the line is left and taken.
#[derive(Deserialize)]
struct Left {
    to: String,
}

#[derive(Deserialize)]
struct Taken {
    next_number: u64,
}

/// What is read again of an anchor.
#[derive(Deserialize)]
struct Anchor {
    signer: String,
    epoch: u32,
    last_position: u64,
}

/// What is read again of a flag over a record of another signer.
#[derive(Deserialize)]
struct Flag {
    reason: String,
    signer: String,
    epoch: u32,
    position: u64,
    causes: Vec<String>,
}

impl Beside for Own {
    const OWN: bool = true;

    fn look(&mut self, raw: &Raw<'_>, checked: Option<&Checked>, findings: &mut Findings) {
        match checked {
            Some(checked) => self.meet(raw, checked, findings),
            None => self.countable = false,
        }
    }
}

impl Own {
    pub(super) fn new(outlet: OutletRow) -> Self {
        Self {
            outlet,
            books: Box::new(Books::new()),
            countable: true,
            last: None,
            holder: None,
            invoices: 0,
            says: OfOthers::default(),
        }
    }

    fn meet(&mut self, raw: &Raw<'_>, checked: &Checked, findings: &mut Findings) {
        let Checked { record, hash, totals } = checked;
        let (header, link) = (&record.header, &record.link);
        if self.last.is_none() && (link.previous != RecordHash::NONE || link.position.value() != 1) {
            findings.stored(StoredRule::BeginningMissing, raw.place());
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
        self.invoices += u64::from(header.invoice().is_some());
        // Numbers go on over records that have none, and begin again with an epoch.
        let before = self.last.as_ref().filter(|last| last.header.epoch == header.epoch);
        let number = header.invoice().map(|facts| signed(facts.number.value()));
        let number = number.or(before.and_then(|last| last.number));
        let number = self.read_body(raw, header.subject, findings).unwrap_or(number);
        self.last = Some(Last { header: *header, link: *link, hash: *hash, number });
    }

    /// What a record says of the outlet, of its line and of others. A hand-over says the last number that was given.
    fn read_body(&mut self, raw: &Raw<'_>, subject: Subject, findings: &mut Findings) -> Option<Option<i64>> {
        let Subject::Event(kind) = subject else { return None };
        let body = raw.body().unwrap_or_default();
        match kind {
            EventKind::Provisioned | EventKind::Epoch => {
                self.holder = None;
                self.check_outlet(raw, body, findings);
            }
            EventKind::Close => {
                self.holder = serde_json::from_str(body).ok().map(|Left { to }| to);
            }
            EventKind::HandOver => {
                self.holder = None;
                let Taken { next_number } = serde_json::from_str(body).ok()?;
                let last = next_number.checked_sub(1)?;
                return Some((last > 0).then(|| signed(last)));
            }
            EventKind::Anchor => self.says.anchor(body),
            EventKind::Flag => self.says.flag(body),
            _ => {}
        }
        None
    }

    fn check_outlet(&self, raw: &Raw<'_>, body: &str, findings: &mut Findings) {
        let Ok(opening) = serde_json::from_str::<Opening>(body) else { return };
        let OutletRow { nif, prefix, zone, .. } = &self.outlet;
        let same = nif.is_some_and(|nif| nif.to_string() == opening.merchant_nif)
            && prefix.is_some_and(|prefix| prefix.to_string() == opening.prefix)
            && zone.is_some_and(|zone| zone.minutes() == opening.utc_offset_minutes);
        if !same {
            findings.stored(StoredRule::Outlet, raw.place());
        }
    }

    /// The head's row against the last record, once all were read.
    pub(super) fn check_head(&self, head: &Cells, findings: &mut Findings) {
        let place = format!("{} head", self.outlet.id);
        let says = |at: usize, cell: Cell| head.get(at) == Some(&cell);
        let bytes = |bytes: &[u8]| Cell::Bytes(bytes.to_vec());
        let Some(last) = &self.last else {
            let nothing = says(3, Cell::Null) && says(4, Cell::Null) && says(5, bytes(&RecordHash::NONE.0));
            if !nothing {
                findings.stored(StoredRule::HeadRow, place);
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
            ("holder", says(10, self.holder.as_deref().map_or(Cell::Null, text))),
        ];
        for (column, _) in columns.iter().filter(|(_, same)| !same) {
            findings.stored(StoredRule::HeadRow, format!("{place} column {column}"));
        }
        if self.countable && !says(8, bytes(&books::to_bytes(&self.books))) {
            findings.stored(StoredRule::Totals, place);
        }
    }
}

impl OfOthers {
    /// A hostile database must not fill the memory; what is not held is found to be missing.
    const MOST: usize = 100_000;

    /// Its form and its hashes are the referee's.
    fn anchor(&mut self, body: &str) {
        let Ok(Anchor { signer, epoch, last_position }) = serde_json::from_str(body) else { return };
        let chain = (i64::from(epoch), signer);
        if self.anchored.len() < Self::MOST || self.anchored.contains_key(&chain) {
            self.anchored.insert(chain, signed(last_position));
        }
    }

    fn flag(&mut self, body: &str) {
        let Ok(Flag { reason, signer, epoch, position, causes }) = serde_json::from_str(body) else { return };
        let of_a_body = causes.iter().any(|cause| cause == "body_differs");
        if reason == "non_compliant" && of_a_body && self.without_body.len() < Self::MOST {
            self.without_body.insert((i64::from(epoch), signer, signed(position)));
        }
    }
}
