//! What a payload has to obey beyond its form, and the one door to sealing.

mod arithmetic;
mod check;
pub mod limits;
mod tally;

pub use arithmetic::GroupAmounts;
pub use tally::Tally;
pub(crate) use tally::group_sums;

use crate::{
    decimal::Amount,
    fault::Fault,
    ids::{Currency, Nif, OutletId},
    invoice::{Invoice, InvoiceType},
    seal::PayloadHash,
};

/// Canonical bytes that are well-formed, keep every rule of the payload and add up (P1–P6, P8).
///
/// The first step of sealing. Whether an outlet, a manifest or an original agrees is for whoever seals to ask, with
/// [`crate::Manifest::check`], [`crate::CreditAccount::admit`] and [`crate::Head::link`].
#[derive(Clone, Copy, Debug)]
pub struct Validated<'a> {
    invoice: Invoice<'a>,
    hash: PayloadHash,
}

impl<'a> Validated<'a> {
    /// Reads and checks a payload.
    pub fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        let invoice = Invoice::read(payload)?;
        check::check(&invoice)?;
        Ok(Self { invoice, hash: PayloadHash::of(payload) })
    }

    /// What the payload says.
    pub const fn invoice(&self) -> &Invoice<'a> {
        &self.invoice
    }

    /// SHA-256 of the bytes: the identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.hash
    }

    /// What linking needs of it, without its bytes: small, and free to wait in a queue or cross a thread.
    pub fn sale(&self) -> Sale {
        let invoice = &self.invoice;
        Sale {
            outlet: invoice.outlet_id,
            nif: invoice.merchant_nif,
            invoice_type: invoice.invoice_type,
            total: invoice.totals.total,
            vat: invoice.totals.total_vat,
            currency: invoice.totals.currency,
            // At most 150 pass validation.
            items: u16::try_from(invoice.items.len()).unwrap_or(u16::MAX),
            hash: self.hash,
        }
    }
}

/// A validated payload without its bytes. Only [`Validated::sale`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    pub(crate) outlet: OutletId,
    pub(crate) nif: Nif,
    pub(crate) invoice_type: InvoiceType,
    pub(crate) total: Amount,
    pub(crate) vat: Amount,
    pub(crate) currency: Currency,
    pub(crate) items: u16,
    pub(crate) hash: PayloadHash,
}

impl Sale {
    /// Who sells.
    pub const fn nif(&self) -> Nif {
        self.nif
    }

    /// What kind of invoice it is.
    pub const fn invoice_type(&self) -> InvoiceType {
        self.invoice_type
    }

    /// SHA-256 of the bytes: the identity of the sale (L4).
    pub const fn hash(&self) -> PayloadHash {
        self.hash
    }
}
