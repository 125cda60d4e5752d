//! What a request is refused for. Where no public source tells the code, 99 is answered, with a sentence.

use serde_json::json;

use super::{
    World,
    machine::{Kind, Machine},
};
use crate::{
    Exact, Group, Reply,
    message::{Invoice, Item, is_date},
    totals::{Mode, Totals},
};

/// An error code of the service, and its sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refusal(pub(super) u16, pub(super) String);

impl Refusal {
    pub(super) fn reply(&self) -> Reply {
        refusal(self.0, &self.1)
    }
}

/// The service refuses with HTTP status 200.
pub(super) fn refusal(code: u16, text: &str) -> Reply {
    Reply::json(200, &json!({ "errorCode": code.to_string(), "errorDesc": text }))
}

/// A request that can be kept, as it was understood.
pub(super) struct Checked {
    pub(super) kind: Kind,
    pub(super) reference: Option<String>,
    pub(super) totals: Totals,
}

fn refuse<T>(code: u16, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(code, text.into()))
}

const PAYMENTS: [&str; 7] =
    ["ESPECES", "VIREMENT", "CARTEBANCAIRE", "MOBILEMONEY", "CHEQUES", "CREDIT", "AUTRE"];
const CLIENTS: [&str; 5] = ["PP", "PM", "PC", "PL", "AO"];
const NATURES: [&str; 4] = ["COR", "RAN", "RAM", "RRR"];
/// A code of the authority.
const CODE: usize = 24;

impl World {
    pub(super) fn checked(
        &self,
        machine: &Machine,
        invoice: &Invoice,
        rates: &[Exact; 16],
    ) -> Result<Checked, Refusal> {
        if machine.pending.len() >= self.settings.most_pending {
            return refuse(1, "too many requests are pending: confirm or cancel them");
        }
        if invoice.nif.as_deref() != Some(machine.nif.as_str()) {
            return refuse(99, "nif is not that of this e-MCF");
        }
        if machine.isf.is_some() && machine.isf != invoice.isf {
            return refuse(99, "isf is not that of the homologated system");
        }
        let Some(kind) = invoice.kind.as_deref().and_then(Kind::of) else {
            return refuse(3, "type is none of FV, FT, FA, EV, ET, EA");
        };
        let items = items(machine, invoice)?;
        payments(invoice)?;
        others(invoice)?;
        let mode = match invoice.mode.as_deref() {
            None | Some("ttc") => Mode::TaxInclusive,
            Some("ht") => Mode::TaxExclusive,
            Some(_) => return refuse(99, "mode is neither ht nor ttc"),
        };
        let totals =
            Totals::of(&items, rates, mode, machine.profile).and_then(|totals| with_more(totals, invoice));
        let Some(totals) = totals else { return refuse(99, "amounts are too large") };
        let reference =
            if kind.is_credit_note() { self.original(machine, invoice, kind, &totals)? } else { None };
        Ok(Checked { kind, reference, totals })
    }

    /// The code of a credit note's original. A rebate (RRR) may name none.
    fn original(
        &self,
        machine: &Machine,
        invoice: &Invoice,
        kind: Kind,
        totals: &Totals,
    ) -> Result<Option<String>, Refusal> {
        let nature = invoice.reference_type.as_deref().filter(|nature| !nature.is_empty());
        if nature.is_some_and(|nature| !NATURES.contains(&nature)) {
            return refuse(99, "referenceType is none of COR, RAN, RAM, RRR");
        }
        let Some(code) = invoice.reference.as_deref().filter(|code| !code.is_empty()) else {
            let is_rebate = nature == Some("RRR");
            return if is_rebate { Ok(None) } else { refuse(4, "reference of the original is missing") };
        };
        if code.chars().count() != CODE {
            return refuse(5, "reference has not 24 characters");
        }
        let original = self.finalised.get(code).filter(|original| {
            let same_nif = self.machines.get(&original.nim).is_some_and(|its| its.nif == machine.nif);
            same_nif && Kind::of(&original.kind).is_some_and(|original| kind.can_credit(original))
        });
        if original.is_none() {
            return refuse(11, "the original is not found");
        }
        self.within(code, totals.total)?;
        Ok(Some(code.to_owned()))
    }

    /// Whether so much more can be credited against an original.
    pub(super) fn within(&self, code: &str, more: Exact) -> Result<(), Refusal> {
        let credited = self.credited.get(code).copied().unwrap_or_default();
        let limit = self.finalised.get(code).map(|original| original.total).unwrap_or_default();
        match credited.plus(more) {
            Some(sum) if sum <= limit => Ok(()),
            _ => refuse(12, "credit notes exceed the original"),
        }
    }
}

fn items<'a>(machine: &Machine, invoice: &'a Invoice) -> Result<Vec<(Group, &'a Item)>, Refusal> {
    let items = invoice.items.as_deref().unwrap_or_default();
    if items.is_empty() {
        return refuse(8, "there are no items");
    }
    items.iter().map(|item| Ok((group(machine, item)?, item))).collect()
}

fn group(machine: &Machine, item: &Item) -> Result<Group, Refusal> {
    let letter = item.tax_group.as_deref().and_then(|text| {
        let mut letters = text.chars();
        letters.next().filter(|_| letters.next().is_none())
    });
    let group = letter.and_then(Group::new).filter(|group| *group <= machine.profile.last_group());
    let Some(group) = group else { return refuse(9, "taxGroup is none of this taxpayer's") };
    match item.kind.as_deref() {
        None | Some("BIE" | "SER") => {}
        Some("TAX") if ['L', 'N'].contains(&char::from(group)) => {}
        Some("TAX") => return refuse(9, "an item of type TAX is in group L or N"),
        Some(_) => return refuse(99, "an item's type is none of BIE, SER, TAX"),
    }
    if item.name.as_deref().unwrap_or_default().is_empty() {
        return refuse(99, "an item has no name");
    }
    let specific = item.tax_specific_amount.unwrap_or_default();
    if item.price.is_negative() || specific.is_negative() || item.quantity <= Exact::ZERO {
        return refuse(99, "prices and quantities are positive, on credit notes too");
    }
    Ok(group)
}

fn payments(invoice: &Invoice) -> Result<(), Refusal> {
    for payment in invoice.payment.iter().flatten() {
        if !payment.name.as_deref().is_some_and(|name| PAYMENTS.contains(&name)) {
            return refuse(7, "a payment's name is none of the known ones");
        }
        if payment.amount.is_some_and(Exact::is_negative) {
            return refuse(99, "a payment's amount is positive");
        }
        let code = payment.currency_code.as_ref().or(payment.cur_code.as_ref());
        let rate = payment.currency_rate.or(payment.cur_rate);
        if code.is_some_and(|code| !is_currency(code)) || rate.is_some_and(|rate| rate <= Exact::ZERO) {
            return refuse(99, "a payment's currency or its rate is unusable");
        }
    }
    Ok(())
}

fn others(invoice: &Invoice) -> Result<(), Refusal> {
    if invoice.aib.as_deref().is_some_and(|aib| !matches!(aib, "" | "A" | "B")) {
        return refuse(6, "aib is neither A nor B");
    }
    let client = invoice.client.as_ref().and_then(|client| client.kind.as_deref());
    if client.is_some_and(|kind| !CLIENTS.contains(&kind)) {
        return refuse(99, "the client's type is none of PP, PM, PC, PL, AO");
    }
    let has_usable_currency = invoice.cur_code.as_deref().is_none_or(is_currency)
        && invoice.cur_rate.is_none_or(|rate| rate > Exact::ZERO)
        && invoice.cur_date.as_deref().is_none_or(is_date);
    if has_usable_currency { Ok(()) } else { refuse(99, "curCode, curRate or curDate is unusable") }
}

fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The withholding (A 1 %, B 5 % of the net), and the total in the invoice's currency.
fn with_more(mut totals: Totals, invoice: &Invoice) -> Option<Totals> {
    let per_cent = match invoice.aib.as_deref() {
        Some("A") => Some(1),
        Some("B") => Some(5),
        _ => None,
    };
    if let Some(per_cent) = per_cent {
        totals.aib = Some(totals.net()?.times(Exact::whole(per_cent), 6)?.over(Exact::whole(100), 0)?);
    }
    if let (Some(_), Some(rate)) = (&invoice.cur_code, invoice.cur_rate) {
        totals.cur_total = Some(totals.total.over(rate, 2)?);
    }
    Some(totals)
}
