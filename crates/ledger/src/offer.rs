use fiscal::{
    CivilDate, DEFAULT_MANIFEST, Fault, Manifest, OutletId, PayloadHash, Reference as PayloadReference, Sale,
    Timestamp, UtcOffset, Validated, totals::InvoiceTotals,
};

use crate::{IdempotencyKey, Reference};

/// A sale to be sealed: canonical bytes that keep every rule of the payload (P1–P8), and what the client calls this
/// attempt. What only the ledger knows, it asks when the offer has its turn.
#[derive(Clone, Debug)]
pub struct Offer {
    payload: String,
    key: Option<IdempotencyKey>,
    outlet: OutletId,
    sale: Sale,
    stamped: Timestamp,
    totals: InvoiceTotals,
    note: Option<Note>,
    checked: Checked,
}

/// Whether its tax groups are those of the default manifest on the day of its stamp in Kinshasa. That is nearly always the
/// day on which it is sealed, and then the payload need not be read a second time, by the one thread that seals.
#[derive(Clone, Copy, Debug)]
struct Checked {
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
    /// Reads and checks a payload.
    pub fn read(payload: Vec<u8>, key: Option<IdempotencyKey>) -> Result<Self, Fault> {
        let validated = Validated::read(&payload)?;
        let invoice = validated.invoice();
        let note = match &invoice.reference {
            Some(PayloadReference::Original(original)) => Some(Note {
                original: (original.outlet_id == invoice.outlet_id)
                    .then_some(Reference { epoch: original.epoch, number: original.invoice_seq }),
            }),
            Some(PayloadReference::Rebate) | None => None,
        };
        let (outlet, stamped) = (invoice.outlet_id, invoice.timestamp);
        let (sale, totals) = (validated.sale(), InvoiceTotals::of(invoice));
        let day = stamped.date_at(UtcOffset::KINSHASA);
        let checked = Checked { day, found: DEFAULT_MANIFEST.check(&validated, day) };
        // What was read as a payload is UTF-8.
        let payload = String::from_utf8(payload).unwrap_or_default();
        Ok(Self { payload, key, outlet, sale, stamped, totals, note, checked })
    }

    /// Whose sale it is.
    pub const fn outlet(&self) -> OutletId {
        self.outlet
    }

    /// The identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.sale.hash()
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
    pub(crate) fn check_groups(&self, manifest: &Manifest<'_>, day: CivilDate) -> Result<(), Fault> {
        if day == self.checked.day && std::ptr::eq(manifest, &DEFAULT_MANIFEST) {
            return self.checked.found;
        }
        manifest.check(&self.validated()?, day)
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

    pub(crate) fn payload(&self) -> &str {
        &self.payload
    }
}
