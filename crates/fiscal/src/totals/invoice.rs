use heapless::Vec;

use super::Kind;
use crate::{
    decimal::{Amount, Rate},
    ids::{Currency, GroupCode},
    invoice::{Invoice, TaxGroup},
    rules::limits,
};

/// What one invoice comes to, without its bytes: about 1 KiB that may wait in a queue or cross a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceTotals {
    /// What kind of business it is.
    pub kind: Kind,
    /// The currency of every amount of it.
    pub currency: Currency,
    /// Its total, tax included; below zero on credit notes.
    pub total: Amount,
    /// The tax in it.
    pub vat: Amount,
    groups: Vec<InvoiceGroup, { limits::GROUPS }>,
}

/// What one tax group comes to on an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceGroup {
    /// Its code.
    pub group: GroupCode,
    /// Its rate.
    pub rate: Rate,
    /// What is taxed.
    pub base: Amount,
    /// The tax.
    pub vat: Amount,
}

impl InvoiceTotals {
    /// Of an invoice that keeps the rules: no more than 16 groups, each of which it names once.
    pub fn of(invoice: &Invoice<'_>) -> Self {
        let mut groups = Vec::new();
        for group in &invoice.tax_groups {
            // The rules let in no more than there are places.
            let _ = groups.push(InvoiceGroup::from(group));
        }
        Self {
            kind: Kind::of(invoice),
            currency: invoice.totals.currency,
            total: invoice.totals.total,
            vat: invoice.totals.total_vat,
            groups,
        }
    }

    /// Its tax groups, in their order.
    pub fn groups(&self) -> &[InvoiceGroup] {
        &self.groups
    }
}

impl From<TaxGroup<'_>> for InvoiceGroup {
    fn from(group: TaxGroup<'_>) -> Self {
        Self { group: group.code, rate: group.rate, base: group.base_amount, vat: group.tax_amount }
    }
}

/// What an invoice counts against an offline bound, in centimes of CDF: its total there, whatever its sign (D10).
pub fn cdf_of(invoice: &Invoice<'_>) -> u128 {
    let total = match &invoice.annex.exchange {
        Some(exchange) => exchange.total,
        None if invoice.totals.currency == Currency::CDF => invoice.totals.total,
        // The rules of the payload ask for the exchange.
        None => Amount::ZERO,
    };
    u128::from(total.centimes().unsigned_abs())
}
