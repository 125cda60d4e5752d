//! What invoices come to, counted again.

use fiscal::{Amount, Currency, InvoiceFacts};

use super::{
    body::{Closure, GroupKey},
    figures::{Figures, GroupFigures},
    nature::Nature,
};

/// What the invoices of a span come to, in the order in which groups and currencies first occur.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) groups: Vec<GroupSum>,
    pub(super) currencies: Vec<CurrencySum>,
    /// Whether a payload is absent, so that groups are not known.
    pub(super) payload_absent: bool,
    /// Whether there are more groups or currencies than a closure has entries; those are not counted.
    pub(super) too_many: bool,
}

#[derive(Debug)]
pub(super) struct GroupSum {
    pub(super) key: GroupKey,
    pub(super) count: u64,
    pub(super) base: Centimes,
    pub(super) vat: Centimes,
}

#[derive(Debug)]
pub(super) struct CurrencySum {
    pub(super) currency: Currency,
    pub(super) count: u64,
    pub(super) sales: Centimes,
    pub(super) returns: Centimes,
    pub(super) voids: Centimes,
    pub(super) vat: Centimes,
    /// Whether a credit note's payload is absent, so that nobody knows whether it voids or takes back.
    pub(super) nature_unknown: bool,
}

/// A sum that may be longer than an amount may be written. A file has fewer records than would fill it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Centimes(i128);

impl Sums {
    /// Counts an invoice by its header and, where it is there, its payload.
    pub(super) fn add(&mut self, facts: &InvoiceFacts, figures: Option<&Figures>) {
        self.add_to_currency(facts, figures);
        match figures {
            Some(figures) => self.add_to_groups(figures),
            None => self.payload_absent = true,
        }
    }

    fn add_to_currency(&mut self, facts: &InvoiceFacts, figures: Option<&Figures>) {
        let known = self.currencies.iter().position(|sum| sum.currency == facts.currency);
        let place = known.unwrap_or(self.currencies.len());
        if place == Closure::MOST_ENTRIES {
            self.too_many = true;
            return;
        }
        if place == self.currencies.len() {
            self.currencies.push(CurrencySum::of(facts.currency));
        }
        let sum = &mut self.currencies[place];
        let nature = figures.and_then(|figures| figures.nature);
        let credits = facts.invoice_type.is_credit();
        sum.nature_unknown |= credits && figures.is_none();
        let part = if nature.is_some_and(Nature::is_void) {
            &mut sum.voids
        } else if credits {
            &mut sum.returns
        } else {
            &mut sum.sales
        };
        part.add(facts.total);
        sum.vat.add(facts.vat);
        sum.count += 1;
    }

    fn add_to_groups(&mut self, figures: &Figures) {
        for &GroupFigures { key, base, tax } in &figures.groups {
            let known = self.groups.iter().position(|sum| sum.key.is_same(&key));
            let place = known.unwrap_or(self.groups.len());
            if place == Closure::MOST_ENTRIES {
                self.too_many = true;
                continue;
            }
            if place == self.groups.len() {
                self.groups.push(GroupSum { key, count: 0, base: Centimes(0), vat: Centimes(0) });
            }
            let sum = &mut self.groups[place];
            sum.count += 1;
            sum.base.add(base);
            sum.vat.add(tax);
        }
    }
}

impl CurrencySum {
    fn of(currency: Currency) -> Self {
        let [sales, returns, voids, vat] = [Centimes(0); 4];
        Self { currency, count: 0, sales, returns, voids, vat, nature_unknown: false }
    }

    pub(super) const fn net(&self) -> Centimes {
        Centimes(self.sales.0 + self.returns.0 + self.voids.0)
    }
}

impl Centimes {
    fn add(&mut self, amount: Amount) {
        self.0 += i128::from(amount.centimes());
    }
}

impl From<Amount> for Centimes {
    fn from(amount: Amount) -> Self {
        Self(amount.centimes().into())
    }
}

impl std::fmt::Display for Centimes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (sign, all) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:02}", all / 100, all % 100)
    }
}
