use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use fiscal::{Amount, AuthCode, FiscalNumber, Invoice, Reference as PayloadReference};
use ledger::{LedgerStore, Reference, Row, StoreFault};
use serde::Serialize;
use utoipa::ToSchema;

use super::{show::find, view::json};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, not_found},
    problem::{Language, Problem},
    routes::submissions::Standing,
};

/// How an invoice stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceStatus {
    /// Its number.
    #[schema(value_type = String, example = "KINGOMBE01-0-00000001")]
    fiscal_number: String,
    /// Whether something of it was taken back.
    state: CreditState,
    /// What it came to.
    #[schema(value_type = String, example = "3480.00")]
    total: String,
    /// What notes took back so far, a positive amount.
    #[schema(value_type = String, example = "0.00")]
    credited: String,
    /// In which currency.
    #[schema(value_type = String, example = "CDF")]
    currency: String,
    /// The notes on it, in their order.
    credit_notes: Vec<CreditNote>,
    /// Which rules it breaks, and what repeats it; null when it breaks none (L6).
    non_compliant: Option<BrokenRules>,
    /// How it stands with the tax authority.
    dgi: Standing,
}

/// Whether something was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CreditState)]
pub(crate) enum CreditState {
    /// Sealed, and nothing was.
    Sealed,
    /// Some of it.
    PartlyCredited,
    /// All of it.
    Credited,
}

/// A note that takes something back.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditNote {
    /// Its number.
    fiscal_number: String,
    /// When it was sealed.
    timestamp: String,
    /// What it comes to, a negative amount.
    total: String,
}

/// What is wrong with an invoice that is in the ledger all the same.
#[derive(Serialize, ToSchema)]
pub(crate) struct BrokenRules {
    /// Which rules.
    #[schema(example = json!(["certificate_expired"]))]
    causes: Vec<String>,
    /// The invoice that repeats it, if one does.
    reissued_by: Option<String>,
}

/// How an invoice stands
///
/// Whether it was taken back, by which notes, whether it breaks a rule, and how it stands with the tax authority.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{fiscal_number}/status",
    operation_id = "readInvoiceStatus",
    tag = "Invoices",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    responses((status = 200, description = "Its state.", body = InvoiceStatus)),
)]
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
) -> Result<Response, Problem> {
    let found = find(&app, &caller, number, move |viewer, row, place| {
        Ok((viewer.verified(&row)?, place.outlet.prefix))
    });
    let (sealed, prefix) = found.await?.ok_or_else(not_found)?;
    let record = *sealed.record();
    let facts = record.header.invoice().copied().ok_or_else(not_found)?;
    let outlet = record.header.outlet;
    let auth_code = record.signature.auth_code();
    let notes = app.ask(move |store| notes(store, outlet, number, auth_code)).await?;
    let bad = app.consult(move |ledger| ledger.non_compliant(&number)).await?;
    let credited = notes.iter().fold(Amount::ZERO, |sum, (_, total)| sum.minus(*total).unwrap_or(sum));
    let state = credit_state(credited, facts.total);
    let shown = |(row, total): &(Row, Amount)| CreditNote {
        fiscal_number: row.number.map_or_else(String::new, |number| {
            FiscalNumber { prefix, epoch: row.place.chain.epoch, number }.to_string()
        }),
        timestamp: format!("{}Z", row.time),
        total: total.to_string(),
    };
    Ok(json(
        StatusCode::OK,
        &InvoiceStatus {
            fiscal_number: number.to_string(),
            state,
            total: facts.total.to_string(),
            credited: credited.to_string(),
            currency: facts.currency.to_string(),
            credit_notes: notes.iter().map(shown).collect(),
            non_compliant: bad.map(|bad| BrokenRules {
                causes: bad.record.causes,
                reissued_by: bad.reissued_by.map(|number| number.to_string()),
            }),
            dgi: Standing::of(&app, number, language).await?,
        },
    ))
}

/// How an invoice of a total stands when so much of it was taken back.
pub(crate) fn credit_state(credited: Amount, total: Amount) -> CreditState {
    match credited {
        Amount::ZERO => CreditState::Sealed,
        credited if credited == total => CreditState::Credited,
        _ => CreditState::PartlyCredited,
    }
}

/// The notes that name an invoice by its number and its code, with what they come to.
pub(crate) fn notes(
    store: &mut dyn LedgerStore,
    outlet: fiscal::OutletId,
    number: FiscalNumber,
    auth_code: AuthCode,
) -> Result<Vec<(Row, Amount)>, StoreFault> {
    let original = Reference { epoch: number.epoch, number: number.number };
    let mut notes = Vec::new();
    for row in store.notes_on(outlet, original)? {
        // Of an erased payload only the record is left, which does not say the original's code.
        let Some(body) = row.body.as_deref().filter(|_| row.is_invoice()) else { continue };
        let corrupt = |fault: fiscal::Fault| StoreFault::Corrupt(format!("{:?}: {fault}", row.place));
        let note = Invoice::read(body.as_bytes()).map_err(corrupt)?;
        let names = matches!(&note.reference, Some(PayloadReference::Original(named)) if named.auth_code == auth_code);
        if names {
            let total = note.totals.total;
            notes.push((row.clone(), total));
        }
    }
    Ok(notes)
}
