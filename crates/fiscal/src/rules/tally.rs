//! What the items of an invoice come to, group by group: for whoever checks sums (P5, P6) and whoever fills them in.

use heapless::Vec;

use super::{GroupAmounts, limits};
use crate::{
    canonical::List,
    decimal::{Amount, ExchangeRate, Overflow},
    fault::{Fault, Member, Reason},
    invoice::{Item, PriceMode, TaxGroup},
};

type GroupLines = Vec<Amount, { limits::GROUPS }>;

/// What the items of an invoice come to, in the order of the groups that it declares.
///
/// For whoever checks sums, and for whoever fills in those that a till left out.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Per group, the sum of `round2(quantity × unit_price)`.
    lines: GroupLines,
    /// The same with prices converted to CDF, where there is an exchange rate.
    converted: GroupLines,
    /// The groups in order of first use.
    used: Vec<usize, { limits::GROUPS }>,
}

impl Tally {
    /// One pass over the items: each is read once more from where it stands, and no more than once.
    ///
    /// Of the groups only the codes matter here, and of more than [`limits::GROUPS`] only the first so many. `rate` is
    /// that of `annex.exchange`, `credit` whether quantities have to be below zero (P4). An item of another group, of
    /// the wrong sign or of more than 13 digits is a fault.
    pub fn of(
        items: &List<'_, Item<'_>>,
        groups: &[TaxGroup<'_>],
        rate: Option<ExchangeRate>,
        credit: bool,
    ) -> Result<Self, Fault> {
        let groups = groups.get(..limits::GROUPS).unwrap_or(groups);
        let nothing: GroupLines = groups.iter().map(|_| Amount::ZERO).collect();
        let mut tally = Self { lines: nothing.clone(), converted: nothing, used: Vec::new() };
        for (index, item) in items.iter().enumerate() {
            check_item(&item, credit)
                .and_then(|()| tally.add(&item, groups, rate))
                .map_err(|fault| fault.within_element(index).within(Member::Items))?;
        }
        Ok(tally)
    }

    /// The groups in order of first use.
    pub(super) fn used(&self) -> &[usize] {
        &self.used
    }

    /// Base and tax of each group at its rate: the groups are those that were counted.
    pub fn amounts(
        &self,
        groups: &[TaxGroup<'_>],
        mode: PriceMode,
    ) -> impl Iterator<Item = Result<GroupAmounts, Overflow>> {
        of_groups(&self.lines, groups, mode)
    }

    /// Total and VAT in CDF: each unit price converted and rounded to two decimals, then the same arithmetic (P6).
    /// Both are 0.00 when there was no exchange rate to count with.
    pub fn converted_totals(
        &self,
        groups: &[TaxGroup<'_>],
        mode: PriceMode,
    ) -> (Result<Amount, Overflow>, Result<Amount, Overflow>) {
        let amounts = || of_groups(&self.converted, groups, mode);
        let tax = amounts().try_fold(Amount::ZERO, |sum, amounts| sum.plus(amounts?.tax));
        let total = amounts()
            .try_fold(Amount::ZERO, |sum, amounts| amounts.and_then(|a| sum.plus(a.base)?.plus(a.tax)));
        (total, tax)
    }

    fn add(
        &mut self,
        item: &Item<'_>,
        groups: &[TaxGroup<'_>],
        rate: Option<ExchangeRate>,
    ) -> Result<(), Fault> {
        let group = groups.iter().position(|group| group.code == item.tax_group);
        let group = group.ok_or(Fault::at(Member::TaxGroup, Reason::GroupUndeclared))?;
        if !self.used.contains(&group) {
            // There is room for each of the groups, and each comes once.
            let _ = self.used.push(group);
        }
        let overflow = |_| Fault::at(Member::UnitPrice, Reason::AmountOverflow);
        let line = item.quantity.times(item.unit_price).map_err(overflow)?;
        self.lines[group] = self.lines[group].plus(line).map_err(overflow)?;
        if let Some(rate) = rate {
            let price = rate.convert(item.unit_price).map_err(overflow)?;
            let line = item.quantity.times(price).map_err(overflow)?;
            self.converted[group] = self.converted[group].plus(line).map_err(overflow)?;
        }
        Ok(())
    }
}

/// The sums of the bases and of the taxes.
pub(crate) fn group_sums(groups: &[TaxGroup<'_>]) -> (Result<Amount, Overflow>, Result<Amount, Overflow>) {
    let subtotal = Amount::sum(groups.iter().map(|group| group.base_amount));
    let total_vat = Amount::sum(groups.iter().map(|group| group.tax_amount));
    (subtotal, total_vat)
}

fn of_groups(
    lines: &[Amount],
    groups: &[TaxGroup<'_>],
    mode: PriceMode,
) -> impl Iterator<Item = Result<GroupAmounts, Overflow>> {
    groups.iter().zip(lines).map(move |(group, lines)| GroupAmounts::of_lines(*lines, group.rate, mode))
}

/// The sign is the quantity's (P4).
fn check_item(item: &Item<'_>, credit: bool) -> Result<(), Fault> {
    if credit && !item.quantity.is_negative() {
        Err(Fault::at(Member::Quantity, Reason::QuantityNotNegative))
    } else if !credit && !item.quantity.is_positive() {
        Err(Fault::at(Member::Quantity, Reason::QuantityNotPositive))
    } else {
        Ok(())
    }
}
