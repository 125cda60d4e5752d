use heapless::Vec;

use super::{InvoiceTotals, Kind};
use crate::{decimal::Amount, ids::Currency};

/// What invoices of one kind in one currency come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindRow {
    /// Of which kind they are.
    pub kind: Kind,
    /// In which currency.
    pub currency: Currency,
    /// How many.
    pub count: u32,
    /// Their totals, below zero for credit notes.
    pub total: Amount,
    /// The tax in them.
    pub vat: Amount,
}

/// Totals per kind and currency, at most `N` rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindTotals<const N: usize>(pub(super) Vec<KindRow, N>);

impl<const N: usize> KindTotals<N> {
    /// Nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// In the order in which kinds and currencies first occurred.
    pub fn rows(&self) -> &[KindRow] {
        &self.0
    }

    /// Whether nine of ten rows are taken.
    pub fn is_nearly_full(&self) -> bool {
        self.0.len() * 10 >= N * 9
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether an invoice still finds its row, and no sum of its currency gets longer than an amount may be.
    ///
    /// All invoices of a row have one sign, so what they come to without their signs bounds every sum of them.
    pub fn has_room(&self, invoice: &InvoiceTotals) -> bool {
        let same = self.0.iter().filter(|row| row.currency == invoice.currency);
        let same = same.map(|row| row.total.magnitude());
        let fits = Amount::sum(same.chain([invoice.total.magnitude()])).is_ok();
        fits && (!self.0.is_full() || self.place(invoice).is_some())
    }

    /// Counts an invoice for which there is room.
    pub fn add(&mut self, invoice: &InvoiceTotals) {
        let place = self.place(invoice).unwrap_or_else(|| {
            let InvoiceTotals { kind, currency, .. } = *invoice;
            let _ = self.0.push(KindRow { kind, currency, count: 0, total: Amount::ZERO, vat: Amount::ZERO });
            self.0.len().saturating_sub(1)
        });
        if let Some(row) = self.0.get_mut(place) {
            row.count = row.count.saturating_add(1);
            // `has_room` said that the sums fit.
            row.total = row.total.plus(invoice.total).unwrap_or(row.total);
            row.vat = row.vat.plus(invoice.vat).unwrap_or(row.vat);
        }
    }

    fn place(&self, invoice: &InvoiceTotals) -> Option<usize> {
        self.0.iter().position(|row| row.kind == invoice.kind && row.currency == invoice.currency)
    }
}
