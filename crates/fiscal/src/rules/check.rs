//! The rules between members: signs (P4), sums (P5), currency (P6), references and counts (P1, P8).

use heapless::Vec;

use super::{
    limits,
    tally::{Tally, group_sums},
};
use crate::{
    decimal::{Amount, Overflow},
    fault::{Fault, InMember, Member, Reason},
    ids::Currency,
    invoice::{Classification, Exchange, Invoice, TaxGroup},
};

type Groups<'a> = Vec<TaxGroup<'a>, { limits::GROUPS }>;

pub(super) fn check(invoice: &Invoice<'_>) -> Result<(), Fault> {
    check_counts(invoice)?;
    check_client(invoice)?;
    check_reference(invoice)?;
    check_annex(invoice)?;
    let groups: Groups<'_> = invoice.tax_groups.iter().collect();
    let rate = invoice.annex.exchange.map(|exchange| exchange.rate);
    let tally = Tally::of(&invoice.items, &groups, rate, invoice.invoice_type.is_credit())?;
    check_group_use(&groups, &tally)?;
    check_sums(invoice, &groups, &tally)?;
    check_payments(invoice)?;
    match &invoice.annex.exchange {
        Some(exchange) => check_exchange(invoice, &groups, &tally, exchange),
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
    if client.registration.is_none() && client.classification != Classification::Individual {
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

/// The groups declared are those that items use, once each, in order of first use, with rates written alike.
fn check_group_use(groups: &Groups<'_>, tally: &Tally) -> Result<(), Fault> {
    for (index, group) in groups.iter().enumerate() {
        let first = groups.iter().position(|other| other.code == group.code);
        let reason = if first != Some(index) {
            Reason::GroupTwice
        } else if !tally.used().contains(&index) {
            Reason::GroupUnused
        } else if tally.used().get(index) != Some(&index) {
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

fn check_sums(invoice: &Invoice<'_>, groups: &Groups<'_>, tally: &Tally) -> Result<(), Fault> {
    let computed = tally.amounts(groups, invoice.price_mode());
    for (index, (group, amounts)) in groups.iter().zip(computed).enumerate() {
        let overflow = |_| in_group(Fault::at(Member::BaseAmount, Reason::AmountOverflow), index);
        let amounts = amounts.map_err(overflow)?;
        if group.base_amount != amounts.base {
            return Err(in_group(Fault::at(Member::BaseAmount, Reason::BaseMismatch), index));
        }
        if group.tax_amount != amounts.tax {
            return Err(in_group(Fault::at(Member::TaxAmount, Reason::TaxMismatch), index));
        }
    }
    let totals = &invoice.totals;
    let (subtotal, total_vat) = group_sums(groups);
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
fn check_exchange(
    invoice: &Invoice<'_>,
    groups: &Groups<'_>,
    tally: &Tally,
    exchange: &Exchange,
) -> Result<(), Fault> {
    let (total, tax) = tally.converted_totals(groups, invoice.price_mode());
    equal(exchange.total, total, Reason::ExchangeTotalMismatch)
        .at(Member::Total)
        .and_then(|()| equal(exchange.total_vat, tax, Reason::ExchangeVatMismatch).at(Member::TotalVat))
        .map_err(|fault| fault.within(Member::Exchange).within(Member::Annex))
}

fn equal(stated: Amount, computed: Result<Amount, Overflow>, mismatch: Reason) -> Result<(), Reason> {
    match computed {
        Err(Overflow) => Err(Reason::AmountOverflow),
        Ok(computed) if computed != stated => Err(mismatch),
        Ok(_) => Ok(()),
    }
}

fn in_group(fault: Fault, index: usize) -> Fault {
    fault.within_element(index).within(Member::TaxGroups)
}
