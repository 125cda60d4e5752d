//! The rules between members: signs (P4), sums (P5), currency (P6), references and counts (P1, P8).

use heapless::Vec;

use super::{GroupAmounts, limits};
use crate::{
    decimal::{Amount, Overflow, UnitPrice},
    fault::{Fault, InMember, Member, Reason},
    ids::Currency,
    invoice::{Classification, Exchange, Invoice, Item, TaxGroup},
};

type Groups<'a> = Vec<TaxGroup<'a>, { limits::GROUPS }>;
type GroupLines = Vec<Amount, { limits::GROUPS }>;

pub(super) fn check(invoice: &Invoice<'_>) -> Result<(), Fault> {
    check_counts(invoice)?;
    check_client(invoice)?;
    check_reference(invoice)?;
    check_annex(invoice)?;
    check_items(invoice)?;
    let groups: Groups<'_> = invoice.tax_groups.iter().collect();
    check_group_use(invoice, &groups)?;
    check_sums(invoice, &groups)?;
    check_payments(invoice)?;
    match &invoice.annex.exchange {
        Some(exchange) => check_exchange(invoice, &groups, exchange),
        None => Ok(()),
    }
}

fn check_counts(invoice: &Invoice<'_>) -> Result<(), Fault> {
    if invoice.items.is_empty() {
        return Err(Fault::at(Member::Items, Reason::ItemsCount));
    }
    if invoice.tax_groups.is_empty() {
        return Err(Fault::at(Member::TaxGroups, Reason::GroupsCount));
    }
    let annex = &invoice.annex;
    for (empty, member, reason) in [
        (annex.tendered.is_some_and(|list| list.is_empty()), Member::Tendered, Reason::TenderedCount),
        (annex.comments.is_some_and(|list| list.is_empty()), Member::Comments, Reason::CommentsCount),
        (annex.ext.is_some_and(|list| list.is_empty()), Member::Ext, Reason::ExtCount),
    ] {
        if empty {
            return Err(Fault::at(member, reason).within(Member::Annex));
        }
    }
    Ok(())
}

fn check_client(invoice: &Invoice<'_>) -> Result<(), Fault> {
    let client = &invoice.client;
    if client.registration.is_empty() && client.classification != Classification::Individual {
        return Err(Fault::at(Member::Registration, Reason::RegistrationMissing).within(Member::Client));
    }
    Ok(())
}

fn check_reference(invoice: &Invoice<'_>) -> Result<(), Fault> {
    let reason = match (invoice.invoice_type.is_credit(), invoice.reference.is_some()) {
        (true, false) => Reason::ReferenceMissing,
        (false, true) => Reason::ReferenceForbidden,
        _ => return Ok(()),
    };
    Err(Fault::at(Member::Reference, reason))
}

fn check_annex(invoice: &Invoice<'_>) -> Result<(), Fault> {
    let annex = &invoice.annex;
    if annex.items.is_some_and(|items| items.len() != invoice.items.len()) {
        return Err(Fault::at(Member::Items, Reason::AnnexItemsCount).within(Member::Annex));
    }
    let foreign = invoice.totals.currency != Currency::CDF;
    let reason = match &annex.exchange {
        None if foreign => Reason::ExchangeMissing,
        Some(_) if !foreign => Reason::ExchangeForbidden,
        Some(exchange) if exchange.currency != invoice.totals.currency => {
            let fault = Fault::at(Member::Currency, Reason::ExchangeCurrency);
            return Err(fault.within(Member::Exchange).within(Member::Annex));
        }
        _ => return Ok(()),
    };
    Err(Fault::at(Member::Exchange, reason).within(Member::Annex))
}

/// The sign is the quantity's (P4); the unit is a short text (P2).
fn check_items(invoice: &Invoice<'_>) -> Result<(), Fault> {
    let credit = invoice.invoice_type.is_credit();
    for (index, item) in invoice.items.iter().enumerate() {
        let fault = if item.taxable_unit.length() > limits::UNIT_BYTES {
            Fault::at(Member::TaxableUnit, Reason::UnitForm)
        } else if credit && !item.quantity.is_negative() {
            Fault::at(Member::Quantity, Reason::QuantityNotNegative)
        } else if !credit && !item.quantity.is_positive() {
            Fault::at(Member::Quantity, Reason::QuantityNotPositive)
        } else {
            continue;
        };
        return Err(in_item(fault, index));
    }
    Ok(())
}

/// The groups declared are those that items use, once each, in order of first use, with rates written alike.
fn check_group_use(invoice: &Invoice<'_>, groups: &Groups<'_>) -> Result<(), Fault> {
    let mut in_order_of_use: Vec<usize, { limits::GROUPS }> = Vec::new();
    for (index, item) in invoice.items.iter().enumerate() {
        let group = index_of_group(groups, &item)
            .ok_or_else(|| in_item(Fault::at(Member::TaxGroup, Reason::GroupUndeclared), index))?;
        if !in_order_of_use.contains(&group) {
            // There is room for each of the groups, and each comes once.
            let _ = in_order_of_use.push(group);
        }
    }
    for (index, group) in groups.iter().enumerate() {
        let first = groups.iter().position(|other| other.code == group.code);
        let reason = if first != Some(index) {
            Reason::GroupTwice
        } else if !in_order_of_use.contains(&index) {
            Reason::GroupUnused
        } else if in_order_of_use.get(index) != Some(&index) {
            Reason::GroupOrder
        } else if group.rate.decimals() != groups[0].rate.decimals() {
            return Err(in_group(Fault::at(Member::Rate, Reason::RateDecimals), index));
        } else {
            continue;
        };
        return Err(in_group(Fault::at(Member::Code, reason), index));
    }
    Ok(())
}

fn check_sums(invoice: &Invoice<'_>, groups: &Groups<'_>) -> Result<(), Fault> {
    let lines = lines_of_groups(invoice, groups, Ok)?;
    let mode = invoice.price_mode();
    for (index, (group, lines)) in groups.iter().zip(lines).enumerate() {
        let overflow = |_| in_group(Fault::at(Member::BaseAmount, Reason::AmountOverflow), index);
        let amounts = GroupAmounts::of_lines(lines, group.rate, mode).map_err(overflow)?;
        if group.base_amount != amounts.base {
            return Err(in_group(Fault::at(Member::BaseAmount, Reason::BaseMismatch), index));
        }
        if group.tax_amount != amounts.tax {
            return Err(in_group(Fault::at(Member::TaxAmount, Reason::TaxMismatch), index));
        }
    }
    let totals = &invoice.totals;
    let subtotal = Amount::sum(groups.iter().map(|group| group.base_amount));
    let total_vat = Amount::sum(groups.iter().map(|group| group.tax_amount));
    let total = totals.subtotal.plus(totals.total_vat);
    for (member, stated, computed, mismatch) in [
        (Member::Subtotal, totals.subtotal, subtotal, Reason::SubtotalMismatch),
        (Member::TotalVat, totals.total_vat, total_vat, Reason::TotalVatMismatch),
        (Member::Total, totals.total, total, Reason::TotalMismatch),
    ] {
        equal(stated, computed, mismatch).at(member).map_err(|fault| fault.within(Member::Totals))?;
    }
    Ok(())
}

/// Each payment has the invoice's sign, so that no pair of them can hide how much changed hands.
fn check_payments(invoice: &Invoice<'_>) -> Result<(), Fault> {
    let credit = invoice.invoice_type.is_credit();
    let mut sum = Ok(Amount::ZERO);
    for (index, payment) in invoice.payments.iter().enumerate() {
        if if credit { payment.amount > Amount::ZERO } else { payment.amount < Amount::ZERO } {
            let fault = Fault::at(Member::Amount, Reason::PaymentSign);
            return Err(fault.within_element(index).within(Member::Payments));
        }
        sum = sum.and_then(|sum| payment.amount.plus(sum));
    }
    equal(invoice.totals.total, sum, Reason::PaymentsMismatch).at(Member::Payments)
}

/// Each unit price converted and rounded to two decimals, then the same arithmetic (P6).
fn check_exchange(invoice: &Invoice<'_>, groups: &Groups<'_>, exchange: &Exchange) -> Result<(), Fault> {
    let lines = lines_of_groups(invoice, groups, |price| exchange.rate.convert(price))?;
    let mode = invoice.price_mode();
    let amounts =
        || groups.iter().zip(&lines).map(|(group, lines)| GroupAmounts::of_lines(*lines, group.rate, mode));
    let tax = amounts().try_fold(Amount::ZERO, |sum, amounts| sum.plus(amounts?.tax));
    let total =
        amounts().try_fold(Amount::ZERO, |sum, amounts| amounts.and_then(|a| sum.plus(a.base)?.plus(a.tax)));
    equal(exchange.total, total, Reason::ExchangeTotalMismatch)
        .at(Member::Total)
        .and_then(|()| equal(exchange.total_vat, tax, Reason::ExchangeVatMismatch).at(Member::TotalVat))
        .map_err(|fault| fault.within(Member::Exchange).within(Member::Annex))
}

/// Per group, the sum of `round2(quantity × price)`. Every item's group is declared.
fn lines_of_groups(
    invoice: &Invoice<'_>,
    groups: &Groups<'_>,
    price: impl Fn(UnitPrice) -> Result<UnitPrice, Overflow>,
) -> Result<GroupLines, Fault> {
    let mut sums: GroupLines = groups.iter().map(|_| Amount::ZERO).collect();
    for (index, item) in invoice.items.iter().enumerate() {
        let Some(sum) = index_of_group(groups, &item).and_then(|group| sums.get_mut(group)) else { continue };
        *sum = price(item.unit_price)
            .and_then(|price| item.quantity.times(price))
            .and_then(|line| sum.plus(line))
            .map_err(|_| in_item(Fault::at(Member::UnitPrice, Reason::AmountOverflow), index))?;
    }
    Ok(sums)
}

fn index_of_group(groups: &Groups<'_>, item: &Item<'_>) -> Option<usize> {
    groups.iter().position(|group| group.code == item.tax_group)
}

fn equal(stated: Amount, computed: Result<Amount, Overflow>, mismatch: Reason) -> Result<(), Reason> {
    match computed {
        Err(Overflow) => Err(Reason::AmountOverflow),
        Ok(computed) if computed != stated => Err(mismatch),
        Ok(_) => Ok(()),
    }
}

fn in_item(fault: Fault, index: usize) -> Fault {
    fault.within_element(index).within(Member::Items)
}

fn in_group(fault: Fault, index: usize) -> Fault {
    fault.within_element(index).within(Member::TaxGroups)
}
