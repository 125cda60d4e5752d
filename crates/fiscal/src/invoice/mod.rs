//! An invoice as values: every member of the canonical payload (P1) with a type that cannot hold a wrong one.

mod annex;
mod names;
mod reference;

pub use annex::{Annex, AnnexItem, Exchange, Extension, Tendered};
pub use names::{Classification, InvoiceType, ItemType, PaymentMethod, PriceMode};
pub use reference::{CreditNature, OriginalReference, Reference};

use core::fmt;

use crate::{
    canonical::{self, List},
    decimal::{Amount, Quantity, Rate, UnitPrice},
    fault::{Fault, Reason},
    ids::{CashierId, Currency, GroupCode, ItemCode, Nif, OutletId, TerminalId},
    rules::limits,
    text::{Text, Unit},
    time::Timestamp,
};

/// A well-formed invoice. Whether it adds up is for [`crate::Validated`] to say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Invoice<'a> {
    /// The seller's taxpayer number.
    pub merchant_nif: Nif,
    /// The shop.
    pub outlet_id: OutletId,
    /// The till.
    pub pos_terminal_id: TerminalId,
    /// Who sells.
    pub cashier_id: CashierId,
    /// What kind of invoice.
    pub invoice_type: InvoiceType,
    /// When the till made it; the seal has a time of its own.
    pub timestamp: Timestamp,
    /// Who buys.
    pub client: Client<'a>,
    /// What is sold: 1 to 150.
    pub items: List<'a, Item<'a>>,
    /// What is taxed: those that items use, once each, in order of first use.
    pub tax_groups: List<'a, TaxGroup<'a>>,
    /// What it comes to.
    pub totals: Totals,
    /// How it is paid.
    pub payments: List<'a, Payment<'a>>,
    /// What a credit note corrects.
    pub reference: Option<Reference<'a>>,
    /// Optional facts.
    pub annex: Annex<'a>,
}

impl<'a> Invoice<'a> {
    /// Reads canonical bytes. What they say of sums and signs is not yet checked.
    pub fn read(payload: &'a [u8]) -> Result<Self, Fault> {
        if payload.len() > limits::PAYLOAD_BYTES {
            return Err(Fault::whole(Reason::TooLarge));
        }
        let payload = core::str::from_utf8(payload).map_err(|_| Fault::whole(Reason::NotUtf8))?;
        canonical::read_invoice(payload)
    }

    /// Writes the canonical bytes. Lists that are too long or empty are written as they are, and refused when they
    /// are read.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        self.write_canonical(out)
    }

    /// How prices are to be understood: without tax, unless the annex says otherwise.
    pub fn price_mode(&self) -> PriceMode {
        self.annex.price_mode.unwrap_or_default()
    }
}

/// Who buys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Client<'a> {
    /// Tax id or passport, empty in the payload where there is none; only an Individual may have none.
    pub registration: Option<Text<'a>>,
    /// One of five.
    pub classification: Classification,
}

/// A line of an invoice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Item<'a> {
    /// The article's code.
    pub code: ItemCode,
    /// The article's name.
    pub description: Text<'a>,
    /// How much of it; negative on credit notes.
    pub quantity: Quantity,
    /// The price of one, with or without tax as the price mode says.
    pub unit_price: UnitPrice,
    /// Which group taxes it.
    pub tax_group: GroupCode,
    /// What `quantity` counts: 1 to 16 bytes.
    pub taxable_unit: Unit<'a>,
}

/// What the items of one group come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TaxGroup<'a> {
    /// The group's code, as items name it.
    pub code: GroupCode,
    /// The group's name, for people.
    pub name: Text<'a>,
    /// Its rate.
    pub rate: Rate,
    /// What is taxed.
    pub base_amount: Amount,
    /// The tax.
    pub tax_amount: Amount,
}

/// What an invoice comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the bases.
    pub subtotal: Amount,
    /// The sum of the taxes.
    pub total_vat: Amount,
    /// Both.
    pub total: Amount,
    /// The currency of every amount of the invoice.
    pub currency: Currency,
}

/// One means of payment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Payment<'a> {
    /// One of seven.
    pub method: PaymentMethod,
    /// With the sign of the invoice.
    pub amount: Amount,
    /// A cheque number, a transaction id; empty in the payload where there is none.
    pub instrument_id: Option<Text<'a>>,
}
