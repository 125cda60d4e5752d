//! What records say to the sync.

use fiscal::{Epoch, EventKind, FiscalNumber, InvoiceType, Position, Prefix, Record, Subject};
use ledger::{ChainId, LedgerStore, Place, Reference, Row, StoreFault};
use serde::Deserialize;

use crate::{Elements, JobId, Original, Source, Totals};

/// What a record says.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// An invoice was sealed.
    Invoice(Entry),
    /// An invoice does not keep the rules (L6).
    NonCompliant(Entry, String),
    /// The authority's elements of an invoice are in the ledger (A1).
    Authority(Entry, Box<Elements>),
    /// What was sealed in epochs before this one may have been confirmed in a time that nobody remembers.
    GivenUp(Epoch),
}

/// An invoice as the queue knows it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: JobId,
    pub(crate) place: Place,
    pub(crate) fiscal: FiscalNumber,
    pub(crate) kind: InvoiceType,
    pub(crate) sealed: fiscal::Timestamp,
    pub(crate) original: Option<Original>,
    /// Its payload was erased (L9): nothing can be sent.
    pub(crate) is_erased: bool,
}

/// What is read of a flag's body.
#[derive(Deserialize)]
struct Flagged {
    reason: String,
    signer: Option<String>,
    epoch: u32,
    position: Option<u64>,
    #[serde(default)]
    causes: Vec<String>,
}

/// What is read of the body of the record that opens an epoch.
#[derive(Deserialize)]
struct Opened {
    epoch: u32,
    reason: Option<String>,
}

/// What a record says; most records that are no invoices say nothing here.
/// Only the ledger's own signer says anything of what others sealed.
pub(super) fn fact(
    store: &mut dyn LedgerStore,
    prefix: Prefix,
    row: &Row,
    is_own: bool,
) -> Result<Option<Fact>, StoreFault> {
    let record = read(row)?;
    match record.header.subject {
        Subject::Invoice(_) => Ok(entry(prefix, row, &record).map(Fact::Invoice)),
        Subject::Event(_) if !is_own => Ok(None),
        Subject::Event(EventKind::Flag) => flag(store, prefix, row),
        Subject::Event(EventKind::Epoch) => {
            let opened: Option<Opened> = body(row);
            let is_restored = |opened: &Opened| opened.reason.as_deref() == Some("restored");
            Ok(opened.filter(is_restored).map(|opened| Fact::GivenUp(Epoch(opened.epoch))))
        }
        Subject::Event(EventKind::Authority) => authority(store, prefix, row),
        Subject::Event(_) => Ok(None),
    }
}

pub(crate) fn read(row: &Row) -> Result<Record, StoreFault> {
    row.read().map_err(|fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place)))
}

fn flag(store: &mut dyn LedgerStore, prefix: Prefix, row: &Row) -> Result<Option<Fact>, StoreFault> {
    let Some(flag) = body::<Flagged>(row) else { return Ok(None) };
    match (flag.reason.as_str(), flag.signer, flag.position) {
        ("non_compliant", Some(signer), Some(position)) => {
            let place = signer.parse().ok().zip(Position::new(position)).map(|(signer, position)| Place {
                chain: ChainId { outlet: row.place.chain.outlet, epoch: Epoch(flag.epoch), signer },
                position,
            });
            let found = entry_at(store, prefix, place)?;
            Ok(found.map(|entry| Fact::NonCompliant(entry, flag.causes.join(" "))))
        }
        // The ledger's own line was given up, and not for a lost device: what was answered behind it is forgotten.
        ("unreported", None, _) => Ok(flag.epoch.checked_add(1).map(|epoch| Fact::GivenUp(Epoch(epoch)))),
        _ => Ok(None),
    }
}

fn body<'r, T: Deserialize<'r>>(row: &'r Row) -> Option<T> {
    serde_json::from_str(row.body.as_deref()?).ok()
}

/// An invoice that another record is about, which may be read before it.
fn entry_at(
    store: &mut dyn LedgerStore,
    prefix: Prefix,
    place: Option<Place>,
) -> Result<Option<Entry>, StoreFault> {
    let Some(place) = place else { return Ok(None) };
    let Some(row) = store.at(place)? else { return Ok(None) };
    Ok(entry(prefix, &row, &read(&row)?))
}

fn entry(prefix: Prefix, row: &Row, record: &Record) -> Option<Entry> {
    let facts = record.header.invoice()?;
    Some(Entry {
        id: JobId(record.hash()),
        place: row.place,
        fiscal: FiscalNumber { prefix, epoch: record.header.epoch, number: facts.number },
        kind: facts.invoice_type,
        sealed: record.header.time,
        original: original(row),
        is_erased: row.body.is_none(),
    })
}

/// What a credit note takes back. A payload that cannot be read is flagged by the ledger.
fn original(row: &Row) -> Option<Original> {
    let invoice = fiscal::Invoice::read(row.body.as_deref()?.as_bytes()).ok()?;
    let Some(fiscal::Reference::Original(original)) = &invoice.reference else { return None };
    let reference = Reference { epoch: original.epoch, number: original.invoice_seq };
    Some(Original { outlet: original.outlet_id, reference })
}

/// The body of a record of the authority's elements, as `docs/formats.md` has it.
#[derive(Deserialize)]
struct AuthorityBody {
    signer: String,
    epoch: u32,
    position: u64,
    nim: String,
    uid: Option<String>,
    code: String,
    date_time: Option<String>,
    qr: Option<String>,
    counters: Option<String>,
    total: Option<String>,
    vtotal: Option<String>,
    source: String,
    host: String,
    test: bool,
}

fn authority(store: &mut dyn LedgerStore, prefix: Prefix, row: &Row) -> Result<Option<Fact>, StoreFault> {
    let corrupt = || StoreFault::Corrupt(format!("the authority's elements at {:?}", row.place));
    let body: AuthorityBody = body(row).ok_or_else(corrupt)?;
    let signer = body.signer.parse().map_err(|_| corrupt())?;
    let chain = ChainId { outlet: row.place.chain.outlet, epoch: Epoch(body.epoch), signer };
    let position = Position::new(body.position).ok_or_else(corrupt)?;
    let Some(entry) = entry_at(store, prefix, Some(Place { chain, position }))? else { return Ok(None) };
    let elements = elements(body).ok_or_else(corrupt)?;
    Ok(Some(Fact::Authority(entry, Box::new(elements))))
}

fn elements(body: AuthorityBody) -> Option<Elements> {
    let figure = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Some(Elements {
        nim: body.nim.parse().ok()?,
        uid: body.uid.and_then(|uid| uid.parse().ok()),
        code: body.code.parse().ok()?,
        date_time: body.date_time.unwrap_or_default(),
        qr: body.qr.unwrap_or_default(),
        counters: body.counters.and_then(|counters| counters.parse().ok()),
        totals: figure(body.total).zip(figure(body.vtotal)).map(|(total, vtotal)| Totals { total, vtotal }),
        source: Source::from_name(&body.source)?,
        host: body.host,
        test: body.test,
    })
}
