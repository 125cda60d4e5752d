use std::sync::Arc;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use fiscal::{Amount, FiscalNumber, InvoiceNumber, Sealed};
use ledger::{Cause, LedgerStore, StoreFault};
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
    devices::stretches,
    problem::{Language, Problem, Words, words},
    routes::invoices::{CreditState, credit_state, notes},
};

/// What a true receipt says, and what that proves. It says nothing of the client and of the articles (L9).
#[derive(Serialize, ToSchema)]
#[schema(as = Verified)]
pub(crate) struct Verified {
    /// Always true: the seal is, and stands in the ledger. Whatever is not so has another answer.
    valid: bool,
    /// Whether the invoice keeps the rules. One that breaks some is sealed and in the ledger all the same, and flagged (L6).
    compliant: bool,
    /// Which rules it breaks.
    #[schema(example = json!([]))]
    causes: Vec<String>,
    /// What that means for who holds the receipt, in the client's language; null when it breaks none.
    notice: Option<String>,
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
    let found = app.consult(move |ledger| {
        let Some(found) = ledger.ask(|store| search(&mut Stored(store), &claim))? else { return Ok(None) };
        // Who has come here has seen the seal: what follows may take its time.
        let number = FiscalNumber { prefix: found.outlet.prefix, epoch: claim.epoch, number: claim.number };
        let flag = ledger.non_compliant(&number)?.filter(|flag| flag.record.place == found.row.place);
        let causes = flag.map_or_else(Vec::new, |flag| flag.record.causes);
        ledger.ask(move |store| verified(store, &found, number, causes))
    });
    let Found { sealed, number, state, causes } = found.await?.ok_or_else(unproven)?;
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
        compliant: causes.is_empty(),
        notice: (!causes.is_empty()).then(|| flagged().in_language(language).into()),
        causes,
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

/// What is said of an invoice that breaks a rule.
fn flagged() -> Words {
    words(
        "Cette facture est scellée et enregistrée, mais elle enfreint une règle : elle est signalée à l'administration \
         fiscale. Demandez-en une autre au vendeur.",
        "This invoice is sealed and in the ledger, but it breaks a rule: it is flagged for the tax authority. Ask the \
         seller for another.",
    )
}

/// A true invoice.
struct Found {
    sealed: Sealed,
    number: FiscalNumber,
    state: CreditState,
    /// Which rules it breaks.
    causes: Vec<String>,
}

/// Whether a device sealed it beyond its end, or where it did not hold the line: a number, because whoever has its key may
/// date it back (S6).
fn beyond(
    store: &mut dyn LedgerStore,
    sealed: &Sealed,
    number: InvoiceNumber,
) -> Result<Option<Cause>, StoreFault> {
    let header = &sealed.header;
    let known = Registry::over(store).device_of(header.device).map_err(|fault| match fault {
        RegistryFault::Store(fault) => fault,
        other => StoreFault::Unavailable(other.to_string()),
    })?;
    let Some(device) = known else { return Ok(None) };
    let is_past_end = device.ended.is_some_and(|ended| match ended.last {
        Some(last) => (header.epoch, Some(number)) > last,
        None => true,
    });
    if is_past_end {
        return Ok(Some(Cause::KeyEnded));
    }
    let held = stretches(store, header.outlet, header.device)?;
    Ok((!held.iter().any(|stretch| stretch.has(header.epoch, number))).then_some(Cause::NotHolder))
}

/// The record of a match, if a key that is published here did seal it, for its own signer. Any other is not for this ledger to
/// vouch for. What a device sealed beyond its end is true, and breaks a rule whether it is flagged or not.
fn verified(
    store: &mut dyn LedgerStore,
    found: &Match,
    number: FiscalNumber,
    mut causes: Vec<String>,
) -> Result<Option<Found>, StoreFault> {
    let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", found.row.place));
    let record = found.row.read().map_err(|fault| corrupt(fault.to_string()))?;
    let keys = store.keys()?;
    let Some(key) = keys.iter().find(|known| known.key.id() == record.header.key) else { return Ok(None) };
    let is_false = causes.iter().any(|cause| cause == Cause::SignatureFalse.name());
    if key.signer != record.header.device || is_false {
        return Ok(None);
    }
    let sealed = record.verify(&key.key).map_err(|fault| corrupt(fault.to_string()))?;
    let (Some(facts), outlet) = (sealed.header.invoice(), &found.outlet) else { return Ok(None) };
    let beyond = beyond(store, &sealed, facts.number)?.map(Cause::name);
    if let Some(beyond) = beyond.filter(|beyond| !causes.iter().any(|cause| cause == beyond)) {
        causes.push(beyond.to_owned());
    }
    let notes = notes(store, outlet.id, number, sealed.signature.auth_code())?;
    let credited = notes.iter().fold(Amount::ZERO, |sum, (_, total)| sum.minus(*total).unwrap_or(sum));
    let state = credit_state(credited, facts.total);
    Ok(Some(Found { sealed, number, state, causes }))
}
