use fiscal::{Amount, DgiLetter, GroupAmounts, GroupCode, Invoice, Rate, TaxGroup, Validated};

use super::{Mapping, MappingFault};
use crate::PerLetter;

/// What an invoice comes to by our own arithmetic, as the authority groups it: in CDF, none of it negative.
///
/// Groups of one letter are summed: each was rounded on its own (P5), and the authority may round their sum once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTotals {
    /// The groups that the invoice has.
    pub groups: PerLetter<Option<GroupFigures>>,
    /// What the invoice comes to.
    pub total: Amount,
    /// Its VAT.
    pub vat: Amount,
}

/// What one group comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupFigures {
    /// Without tax.
    pub net: Amount,
    /// The tax.
    pub vat: Amount,
    /// Both.
    pub total: Amount,
}

impl Mapping<'_> {
    /// What the authority has to come to.
    pub fn expected(&self, sale: &Validated<'_>) -> Result<GroupTotals, MappingFault> {
        let invoice = sale.invoice();
        let mut totals = GroupTotals::default();
        let mut rates = PerLetter::<Option<Rate>>::default();
        for group in invoice.tax_groups.iter() {
            let letter = self.letter(group.code)?;
            let rate = *rates[letter].get_or_insert(group.rate);
            if !rate.same_value(group.rate) {
                return Err(MappingFault::TwoRates { letter });
            }
            let amounts = amounts_in_cdf(invoice, &group)?;
            let (net, vat) = (amounts.base.magnitude(), amounts.tax.magnitude());
            let figures = totals.groups[letter].get_or_insert_default();
            figures.net = figures.net.plus(net)?;
            figures.vat = figures.vat.plus(vat)?;
            figures.total = figures.net.plus(figures.vat)?;
            totals.vat = totals.vat.plus(vat)?;
            totals.total = totals.total.plus(net)?.plus(vat)?;
        }
        Ok(totals)
    }

    /// The authority's letter of a group.
    pub(super) fn letter(&self, group: GroupCode) -> Result<DgiLetter, MappingFault> {
        let entry = self.manifest.group_on(group, self.day);
        entry.map(|entry| entry.letter).ok_or(MappingFault::GroupUnknown { group })
    }
}

/// A group's own amounts, or those of its lines with each price converted and rounded (P6).
fn amounts_in_cdf(invoice: &Invoice<'_>, group: &TaxGroup<'_>) -> Result<GroupAmounts, MappingFault> {
    let Some(exchange) = &invoice.annex.exchange else {
        return Ok(GroupAmounts { base: group.base_amount, tax: group.tax_amount });
    };
    let mut lines = Amount::ZERO;
    for item in invoice.items.iter().filter(|item| item.tax_group == group.code) {
        lines = lines.plus(item.quantity.times(exchange.rate.convert(item.unit_price)?)?)?;
    }
    Ok(GroupAmounts::of_lines(lines, group.rate, invoice.price_mode())?)
}
