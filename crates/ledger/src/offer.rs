use std::sync::Arc;

use fiscal::{
    CivilDate, Fault, InvoiceType, OutletId, PayloadHash, Reference as PayloadReference, Sale, Timestamp,
    UtcOffset, Validated, totals::InvoiceTotals,
};

use crate::{By, IdempotencyKey, ManifestBook, Reference, found_by};

/// A sale to be sealed: canonical bytes that keep every rule of the payload (P1–P8), and what the client calls this
/// attempt. What only the ledger knows, it asks when the offer has its turn.
#[derive(Clone, Debug)]
pub struct Offer {
    payload: String,
    key: Option<IdempotencyKey>,
    by: Option<By>,
    outlet: OutletId,
    sale: Sale,
    stamped: Timestamp,
    totals: InvoiceTotals,
    note: Option<Note>,
    reference: Option<Reference>,
    checked: Checked,
}

/// Whether its tax groups are those of a manifest on the day of its stamp in Kinshasa. That is nearly always the manifest
/// and the day of its seal, and then the payload need not be read a second time, by the one thread that seals.
#[derive(Clone, Debug)]
struct Checked {
    book: Arc<ManifestBook>,
    day: CivilDate,
    found: Result<(), Fault>,
}

/// What a credit note asks of its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    /// The original; none when it is of another outlet, where no original of this one is.
    pub(crate) original: Option<Reference>,
}

impl Offer {
    /// Reads and checks a payload, for a ledger that has no other manifest than the default one. Any ledger takes it, and
    /// checks its tax groups itself.
    pub fn read(payload: Vec<u8>, key: Option<IdempotencyKey>) -> Result<Self, Fault> {
        Self::read_with(payload, key, &ManifestBook::default_book())
    }

    /// Reads and checks a payload. `book` is what [`Ledger::manifest`](crate::Ledger::manifest) says: which tax groups are
    /// right is decided when it is sealed, and quickly when that is still the same book.
    pub fn read_with(
        payload: Vec<u8>,
        key: Option<IdempotencyKey>,
        book: &Arc<ManifestBook>,
    ) -> Result<Self, Fault> {
        let validated = Validated::read(&payload)?;
        let invoice = validated.invoice();
        let note = match &invoice.reference {
            Some(PayloadReference::Original(original)) => Some(Note {
                original: (original.outlet_id == invoice.outlet_id)
                    .then_some(Reference { epoch: original.epoch, number: original.invoice_seq }),
            }),
            Some(PayloadReference::Rebate) | None => None,
        };
        let reference = found_by::reference_of_invoice(invoice);
        let (outlet, stamped) = (invoice.outlet_id, invoice.timestamp);
        let (sale, totals) = (validated.sale(), InvoiceTotals::of(invoice));
        let day = stamped.date_at(UtcOffset::KINSHASA);
        let checked =
            Checked { book: Arc::clone(book), day, found: book.as_manifest().check(&validated, day) };
        // What was read as a payload is UTF-8.
        let payload = String::from_utf8(payload).unwrap_or_default();
        Ok(Self { payload, key, by: None, outlet, sale, stamped, totals, note, reference, checked })
    }

    /// The same, asked for by someone: when it is sealed, that is an act.
    #[must_use]
    pub fn by(self, by: By) -> Self {
        Self { by: Some(by), ..self }
    }

    pub(crate) const fn asked_by(&self) -> Option<&By> {
        self.by.as_ref()
    }

    /// Whose sale it is.
    pub const fn outlet(&self) -> OutletId {
        self.outlet
    }

    /// The identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.sale.hash()
    }

    /// What kind of invoice it is.
    pub const fn invoice_type(&self) -> InvoiceType {
        self.sale.invoice_type()
    }

    /// What the payload says of its time.
    pub const fn stamped(&self) -> Timestamp {
        self.stamped
    }

    /// What the client calls this attempt.
    pub const fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// Whether its tax groups are those of a business day.
    pub(crate) fn check_groups(&self, book: &Arc<ManifestBook>, day: CivilDate) -> Result<(), Fault> {
        if day == self.checked.day && Arc::ptr_eq(book, &self.checked.book) {
            return self.checked.found;
        }
        book.as_manifest().check(&self.validated()?, day)
    }

    /// The payload as it was validated.
    pub(crate) fn validated(&self) -> Result<Validated<'_>, Fault> {
        Validated::read(self.payload.as_bytes())
    }

    pub(crate) const fn sale(&self) -> &Sale {
        &self.sale
    }

    pub(crate) const fn totals(&self) -> &InvoiceTotals {
        &self.totals
    }

    pub(crate) const fn note(&self) -> Option<Note> {
        self.note
    }

    /// Which invoice of its outlet a credit note takes back; none for other invoices, and for a note on another outlet's.
    pub fn original(&self) -> Option<Reference> {
        self.note.and_then(|note| note.original)
    }

    /// What it is found by beside its own number: its original, or the invoice that it repeats (L6).
    pub(crate) const fn reference(&self) -> Option<Reference> {
        self.reference
    }

    /// The canonical payload.
    pub fn payload(&self) -> &str {
        &self.payload
    }
}
