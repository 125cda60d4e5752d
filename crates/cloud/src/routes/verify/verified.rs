use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use fiscal::{Amount, FiscalNumber, InvoiceNumber, Sealed};
use ledger::{LedgerStore, StoreFault};
use registry::{Registry, RegistryFault};
use serde::Serialize;
use utoipa::ToSchema;
use verify::Report;

use super::{
    claim::{Claim, unproven},
    search::{Match, Stored, search},
};
use crate::{
    answer::json,
    app::App,
    problem::{Language, Problem, words},
    routes::invoices::{CreditState, credit_state, notes},
};

/// What a true receipt says, and what that proves. It says nothing of the client and of the articles (L9).
#[derive(Serialize, ToSchema)]
#[schema(as = Verified)]
pub(crate) struct Verified {
    /// Always true: whatever is not has another answer.
    valid: bool,
    /// The invoice's number.
    #[schema(example = "KINGOMBE01-0-00000001")]
    fiscal_number: String,
    /// Who sealed.
    #[schema(example = "CLOUD-01")]
    device_id: String,
    /// When, in UTC.
    #[schema(example = "2026-03-14T07:32:11Z")]
    timestamp: String,
    /// Of which type.
    #[schema(example = "sale")]
    invoice_type: &'static str,
    /// What it comes to, tax included; below zero on credit notes.
    #[schema(example = "3480.00")]
    total: String,
    /// The VAT in it.
    #[schema(example = "480.00")]
    total_vat: String,
    /// In which currency.
    #[schema(example = "CDF")]
    currency: String,
    /// How many lines it has.
    #[schema(minimum = 1)]
    item_count: u16,
    /// Who sold.
    #[schema(example = "A2301457K")]
    merchant_nif: String,
    /// Where.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// Whether something of it was taken back since.
    credit_state: CreditState,
    /// What this proves, in the client's language.
    proves: String,
    /// What it does not.
    does_not_prove: String,
}

/// The answer to a claim.
pub(super) async fn answer(app: &Arc<App>, claim: Claim, language: Language) -> Result<Response, Problem> {
    let found = app.ask(move |store| {
        let Some(found) = search(&mut Stored(store), &claim)? else { return Ok(None) };
        verified(store, &found)
    });
    let (sealed, number, state) = found.await?.ok_or_else(unproven)?;
    let facts = sealed.header.invoice().copied().ok_or_else(unproven)?;
    let spoken = match language {
        Language::French => verify::Language::French,
        Language::English => verify::Language::English,
    };
    let held = words(
        "Cette facture est dans le registre, sous ce numéro.",
        "This invoice is in the ledger, under this number.",
    );
    let verified = Verified {
        valid: true,
        fiscal_number: number.to_string(),
        device_id: sealed.header.device.to_string(),
        timestamp: format!("{}Z", sealed.header.time),
        invoice_type: facts.invoice_type.name(),
        total: facts.total.to_string(),
        total_vat: facts.vat.to_string(),
        currency: facts.currency.to_string(),
        item_count: facts.items,
        merchant_nif: facts.nif.to_string(),
        outlet_id: sealed.header.outlet.to_string(),
        credit_state: state,
        proves: format!("{} {}", Report::proof_of_any_seal(spoken), held.in_language(language)),
        does_not_prove: Report::gaps_of_any_seal(spoken).join(" "),
    };
    let mut response = json(StatusCode::OK, &verified);
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    Ok(response)
}

type Found = (Sealed, FiscalNumber, CreditState);

/// Whether a device sealed it beyond its end: a number, because whoever has it may date it back (S6).
fn is_beyond(
    store: &mut dyn LedgerStore,
    sealed: &Sealed,
    number: InvoiceNumber,
) -> Result<bool, StoreFault> {
    let known = Registry::over(store).device_of(sealed.header.device).map_err(|fault| match fault {
        RegistryFault::Store(fault) => fault,
        other => StoreFault::Unavailable(other.to_string()),
    })?;
    let ended = known.and_then(|device| device.ended);
    Ok(ended.is_some_and(|ended| match ended.last {
        Some(last) => (sealed.header.epoch, Some(number)) > last,
        None => true,
    }))
}

/// The record of a match, if a key that is published here did seal it, for its own signer and before its end. Any other is
/// not for this ledger to vouch for.
fn verified(store: &mut dyn LedgerStore, found: &Match) -> Result<Option<Found>, StoreFault> {
    let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", found.row.place));
    let record = found.row.read().map_err(|fault| corrupt(fault.to_string()))?;
    let keys = store.keys()?;
    let Some(key) = keys.iter().find(|known| known.key.id() == record.header.key) else { return Ok(None) };
    let sealed = record.verify(&key.key).map_err(|fault| corrupt(fault.to_string()))?;
    let (Some(facts), outlet) = (sealed.header.invoice(), &found.outlet) else { return Ok(None) };
    if key.signer != sealed.header.device || is_beyond(store, &sealed, facts.number)? {
        return Ok(None);
    }
    let number = FiscalNumber { prefix: outlet.prefix, epoch: sealed.header.epoch, number: facts.number };
    let notes = notes(store, outlet.id, number, sealed.signature.auth_code())?;
    let credited = notes.iter().fold(Amount::ZERO, |sum, (_, total)| sum.minus(*total).unwrap_or(sum));
    let state = credit_state(credited, facts.total);
    Ok(Some((sealed, number, state)))
}
