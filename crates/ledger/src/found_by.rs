//! Which invoice a record is found by, beside its own number: what a credit note takes back, what a voucher lets another
//! take back, what a reissue repeats, what a flag is about, what the authority's elements are of. The column of the database follows from what is sealed.

use fiscal::{Epoch, EventKind, FiscalNumber, Invoice, InvoiceNumber};
use serde::Deserialize;

use crate::Reference;

/// The name of the pair in `annex.ext` by which an invoice says which one it repeats (L6).
const REISSUES: &str = "reissues";

/// What an invoice of this outlet is found by: its original, or the invoice that it repeats.
pub(crate) fn reference_of_invoice(invoice: &Invoice<'_>) -> Option<Reference> {
    if let Some(fiscal::Reference::Original(original)) = &invoice.reference
        && original.outlet_id == invoice.outlet_id
    {
        return Some(Reference { epoch: original.epoch, number: original.invoice_seq });
    }
    let repeated = reissued_by(invoice)?;
    Some(Reference { epoch: repeated.epoch, number: repeated.number })
}

/// The invoice that this one repeats (L6).
pub(crate) fn reissued_by(invoice: &Invoice<'_>) -> Option<FiscalNumber> {
    let pairs = invoice.annex.ext?;
    let named = pairs.iter().find(|pair| pair.name.to_string() == REISSUES)?;
    named.value?.to_string().parse().ok()
}

/// What is read of a voucher's body.
#[derive(Deserialize)]
struct Vouched {
    original: Original,
}

#[derive(Deserialize)]
struct Original {
    epoch: u32,
    invoice_seq: u64,
}

/// What is read of a flag's body.
#[derive(Deserialize)]
struct Flagged {
    reason: String,
    epoch: u32,
    number: Option<u64>,
}

/// What another record is found by: a voucher by its original, a flag over an invoice by that, as are the
/// authority's elements.
pub(crate) fn reference_of_event(kind: EventKind, body: &str) -> Option<Reference> {
    let (epoch, number) = match kind {
        EventKind::Voucher => {
            let Vouched { original } = serde_json::from_str(body).ok()?;
            (original.epoch, original.invoice_seq)
        }
        EventKind::Flag => {
            let flagged: Flagged = serde_json::from_str(body).ok()?;
            (flagged.epoch, flagged.number.filter(|_| flagged.reason == crate::body::NON_COMPLIANT)?)
        }
        EventKind::Authority => return crate::authority::invoice_of(body),
        _ => return None,
    };
    Some(Reference { epoch: Epoch(epoch), number: InvoiceNumber::new(number)? })
}
