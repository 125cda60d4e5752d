//! From a sealed invoice to the authority's request. Pure: the same invoice gives the same request.

mod expected;
mod ext;
mod fault;
mod parts;

pub use expected::{GroupFigures, GroupTotals};
pub use fault::MappingFault;

use fiscal::{CivilDate, DeviceId, FiscalNumber, Manifest, RecordHash, Validated};

use crate::{AuthorityCode, InvoiceRequest, Isf};

/// What the authority is told of our seal, so that both seals refer to each other (A1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OurSeal {
    /// Our number: the authority's `rn`.
    pub fiscal: FiscalNumber,
    /// The hash of our record: it stands in the last comment.
    pub record: RecordHash,
    /// Who sealed.
    pub device: DeviceId,
}

/// What turning an invoice into a request needs besides the invoice.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    /// Our seal of it.
    pub seal: OurSeal,
    /// The homologated system.
    pub isf: &'a Isf,
    /// The authority's letter of each tax group.
    pub manifest: &'a Manifest<'a>,
    /// The invoice's business day in the outlet's zone, for which the manifest is asked.
    pub day: CivilDate,
    /// The authority's code of the invoice that is credited, where it has one.
    pub original: Option<AuthorityCode>,
}

impl Mapping<'_> {
    /// The request.
    ///
    /// * Amounts are in CDF: those of an invoice in another currency are converted as P6 says, payments in proportion.
    /// * Nothing is negative: a credit note's signs are turned (P4).
    /// * An article without a type in the annex is goods.
    /// * The last comment is ours. Of eight comments the last two share a line.
    /// * Pairs of `annex.ext` named `dgi.client.typeDesc`, `dgi.referenceDesc` and `dgi.priceModification` fill these fields of
    ///   free text; no pair reaches another field.
    pub fn request(&self, sale: &Validated<'_>) -> Result<InvoiceRequest, MappingFault> {
        let invoice = sale.invoice();
        let expected = self.expected(sale)?;
        let words = ext::FreeText::of(invoice);
        Ok(InvoiceRequest {
            nif: invoice.merchant_nif,
            rn: self.seal.fiscal,
            mode: invoice.price_mode(),
            isf: self.isf.clone(),
            invoice_type: invoice.invoice_type,
            items: self.items(invoice, &words)?,
            client: parts::client(invoice, &words),
            operator: parts::operator(invoice),
            payments: parts::payments(invoice, expected.total)?,
            reference: parts::reference(invoice, self.original, words)?,
            comments: parts::comments(invoice, &self.seal),
            currency: parts::currency(invoice),
        })
    }
}
