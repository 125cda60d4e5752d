use heapless::Vec;

use super::{InvoiceGroup, InvoiceTotals, Kind};
use crate::{
    decimal::{Amount, Rate},
    ids::{Currency, GroupCode},
};

/// What one tax group comes to on invoices of one kind in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Of which kind the invoices are.
    pub kind: Kind,
    /// In which currency.
    pub currency: Currency,
    /// The group.
    pub group: GroupCode,
    /// Its rate, as the first of the invoices writes it; rates of one value are one rate.
    pub rate: Rate,
    /// On how many invoices it is.
    pub count: u32,
    /// What is taxed, below zero for credit notes.
    pub base: Amount,
    /// The tax.
    pub vat: Amount,
}

/// Totals per tax group, rate, kind and currency, at most `N` rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTotals<const N: usize>(pub(super) Vec<GroupRow, N>);

impl<const N: usize> GroupTotals<N> {
    /// Nothing.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// In the order in which they first occurred.
    pub fn rows(&self) -> &[GroupRow] {
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

    /// Whether every group of an invoice still finds its row. Its sums are parts of those of its kind, which
    /// [`super::KindTotals::has_room`] bounds.
    pub fn has_room(&self, invoice: &InvoiceTotals) -> bool {
        let new = invoice.groups().iter().filter(|group| self.place(invoice, group).is_none()).count();
        self.0.len() + new <= N
    }

    /// Counts an invoice for which there is room.
    pub fn add(&mut self, invoice: &InvoiceTotals) {
        for group in invoice.groups() {
            let place = self.place(invoice, group).unwrap_or_else(|| {
                let InvoiceTotals { kind, currency, .. } = *invoice;
                let InvoiceGroup { group, rate, .. } = *group;
                let (count, base, vat) = (0, Amount::ZERO, Amount::ZERO);
                let _ = self.0.push(GroupRow { kind, currency, group, rate, count, base, vat });
                self.0.len().saturating_sub(1)
            });
            if let Some(row) = self.0.get_mut(place) {
                row.count = row.count.saturating_add(1);
                // As for the kinds.
                row.base = row.base.plus(group.base).unwrap_or(row.base);
                row.vat = row.vat.plus(group.vat).unwrap_or(row.vat);
            }
        }
    }

    fn place(&self, invoice: &InvoiceTotals, group: &InvoiceGroup) -> Option<usize> {
        self.0.iter().position(|row| {
            row.kind == invoice.kind
                && row.currency == invoice.currency
                && row.group == group.group
                && row.rate.same_value(group.rate)
        })
    }
}
