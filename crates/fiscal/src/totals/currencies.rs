use heapless::Vec;

use super::{KindRow, KindTotals};
use crate::{decimal::Amount, ids::Currency};

/// What was sold and taken back in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrencyTotals {
    /// Which.
    pub currency: Currency,
    /// Sold, tax included.
    pub sales: Amount,
    /// Taken back, tax included: zero or below.
    pub returns: Amount,
    /// Voided in full, tax included: zero or below.
    pub voids: Amount,
    /// All three.
    pub net: Amount,
    /// The tax in `net`.
    pub vat: Amount,
    /// How many invoices, notes included.
    pub count: u64,
}

impl<const N: usize> KindTotals<N> {
    /// Sales, returns and voids, currency by currency, in the order in which currencies first occurred.
    pub fn by_currency(&self) -> Vec<CurrencyTotals, N> {
        let mut totals: Vec<CurrencyTotals, N> = Vec::new();
        for row in self.rows() {
            let known = totals.iter().position(|totals| totals.currency == row.currency);
            let place = known.unwrap_or_else(|| {
                // There are no more currencies than rows.
                let _ = totals.push(CurrencyTotals::none(row.currency));
                totals.len().saturating_sub(1)
            });
            if let Some(totals) = totals.get_mut(place) {
                totals.add(row);
            }
        }
        totals
    }
}

impl CurrencyTotals {
    const fn none(currency: Currency) -> Self {
        let none = Amount::ZERO;
        Self { currency, sales: none, returns: none, voids: none, net: none, vat: none, count: 0 }
    }

    fn add(&mut self, row: &KindRow) {
        let part = if row.kind.is_void() {
            &mut self.voids
        } else if row.kind.invoice_type.is_credit() {
            &mut self.returns
        } else {
            &mut self.sales
        };
        // All sums of a currency are bounded when an invoice is let in.
        *part = part.plus(row.total).unwrap_or(*part);
        self.net = self.net.plus(row.total).unwrap_or(self.net);
        self.vat = self.vat.plus(row.vat).unwrap_or(self.vat);
        self.count += u64::from(row.count);
    }
}
