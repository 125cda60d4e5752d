//! Who holds an outlet's line of numbers: the ledger's own signer, or one device (L2).

use fiscal::{
    DeviceId, Epoch, EventKind, InvoiceNumber, KeyId, OutletId, Record, RecordHash, Subject, Timestamp,
};

use crate::{ChainId, HeadRow, Ledger, Refusal, Row, StoreFault, store::LedgerStore};

/// An outlet's line of numbers as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who may seal on it now.
    pub holder: Holder,
    /// Which line of numbers.
    pub epoch: Epoch,
    /// The last number of it that the ledger knows of; none before the first.
    pub last_number: Option<InvoiceNumber>,
    /// While a device holds it, with what the ledger's own signer left.
    pub close: Option<CloseTerms>,
    /// Whether the device's own hand-over behind that close is held: it has entered.
    pub entered: bool,
}

/// Who may seal on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The ledger's own signer.
    Own,
    /// A device, whether it has entered already or not.
    Device(DeviceId),
}

/// How the ledger's own signer left: what the order to enter says to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseTerms {
    /// Which line of numbers.
    pub epoch: Epoch,
    /// The first number that the device gives.
    pub next_number: InvoiceNumber,
    /// The hash of the `close` record, which the device's `hand_over` names as the one before.
    pub previous: RecordHash,
    /// No seal of the device is earlier.
    pub floor: Timestamp,
}

/// A device that will not close its line any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Which.
    pub device: DeviceId,
    /// Its key, which ends with this.
    pub key: KeyId,
    /// Why: `lost` or `broken`.
    pub reason: &'static str,
}

impl Ledger {
    /// Who holds an outlet's line, and how far it has come.
    pub fn line(&self, outlet: OutletId) -> Result<Line, Refusal> {
        self.ask(|store| {
            // The head and the records are read one after the other, and the line may have moved between.
            for _ in 0..4 {
                let Some(head) = store.head(outlet)? else { return Ok(None) };
                if let Some(line) = of(store, &head)? {
                    return Ok(Some(line));
                }
            }
            Err(StoreFault::Corrupt(format!(
                "the head of {outlet} names a holder, and no close stands behind it"
            )))
        })?
        .ok_or(Refusal::WrongOutlet)
    }
}

/// None when the head is of before a hand-over.
pub(crate) fn of(store: &mut dyn LedgerStore, head: &HeadRow) -> Result<Option<Line>, StoreFault> {
    let epoch = head.chain.epoch;
    let Some(device) = head.holder else {
        let last_number = head.state.number;
        return Ok(Some(Line { holder: Holder::Own, epoch, last_number, close: None, entered: false }));
    };
    let Some(close) = newest_close(store, head.chain)? else { return Ok(None) };
    let chain = ChainId { signer: device, ..head.chain };
    let sold = store.newest_invoice(chain)?.and_then(|row| row.number);
    let next_number = head.state.number.map_or(Some(InvoiceNumber::FIRST), InvoiceNumber::next);
    let next_number = next_number.ok_or_else(|| StoreFault::Corrupt("the number at a head".to_owned()))?;
    let terms = CloseTerms { epoch, next_number, previous: close.hash(), floor: close.header.time };
    let entered = has_entered(store, chain, close.hash())?;
    let last_number = head.state.number.max(sold);
    Ok(Some(Line { holder: Holder::Device(device), epoch, last_number, close: Some(terms), entered }))
}

/// The record with which a chain's signer left, if that is the newest thing that it did to the line.
pub(crate) fn newest_close(
    store: &mut dyn LedgerStore,
    chain: ChainId,
) -> Result<Option<Record>, StoreFault> {
    let Some(row) = store.line_ends(chain, 1)?.pop() else { return Ok(None) };
    let record = record(&row)?;
    Ok(is(&record, EventKind::Close).then_some(record))
}

/// Whether a device has taken over behind a close, and may have left again.
fn has_entered(store: &mut dyn LedgerStore, chain: ChainId, close: RecordHash) -> Result<bool, StoreFault> {
    for row in store.line_ends(chain, 2)? {
        let record = record(&row)?;
        if is(&record, EventKind::HandOver) {
            return Ok(record.link.previous == close);
        }
    }
    Ok(false)
}

pub(crate) fn is(record: &Record, kind: EventKind) -> bool {
    record.header.subject == Subject::Event(kind)
}

pub(crate) fn record(row: &Row) -> Result<Record, StoreFault> {
    row.read().map_err(|fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place)))
}
