use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use fiscal::{CreditNature, FiscalNumber, Invoice, Reference};
use serde::Deserialize;
use sync::{Asked, JobId};
use utoipa::ToSchema;

use super::{
    Seen,
    show::{answer, found},
    view::FileView,
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, Json, id as named, member, not_found},
    problem::{Kind, Language, Problem, ProblemBody, words},
    routes::invoices::{find, notes},
};

/// Why an invoice is not to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Withdrawal, example = json!({ "reason": "refusée par la DGI, refaite" }))]
pub(crate) struct WithdrawBody {
    /// The credit note (RAN) that cancels all of it; the one that there is, if it is left out.
    #[schema(required = false)]
    cancellation: Option<String>,
    /// Why. It is kept with the name of who said it.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// Withdraw an invoice and its cancellation
///
/// Of one that the authority refused, or that differs, and that a credit note takes back whole: neither is sent any more.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{fiscal_number}/submission/withdraw",
    operation_id = "withdrawSubmission",
    tag = "Authority",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    request_body = WithdrawBody,
    responses(
        (status = 200, description = "How it stands now.", body = FileView),
        (status = 409, description = "The authority may have it, or the note does not cancel it.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
    Json(body): Json<WithdrawBody>,
) -> Result<Response, Problem> {
    let reason = member("reason", &body.reason)?;
    let (seen, original) = found(&app, &caller, number).await?;
    // A note of the same merchant may be another outlet's.
    let note = match body.cancellation.as_deref() {
        Some(note) => named(note)?,
        None => cancellation_of(&app, &caller, number).await?,
    };
    let (_, cancellation): (_, JobId) = found(&app, &caller, note).await?;
    let both = Seen::of_reach(&app, &caller.reach).await?;
    let (by, now) = (caller.by(), app.at());
    let withdrawn = app.desk(move |desk| {
        let asked = Asked { by: &by, now };
        desk.withdraw(both.sight(), original, cancellation, &reason, asked)
    });
    withdrawn.await?;
    answer(&app, &caller, language, (seen, original)).await
}

/// The note of the same outlet that takes all of an invoice back.
async fn cancellation_of(
    app: &Arc<App>,
    caller: &Caller,
    number: FiscalNumber,
) -> Result<FiscalNumber, Problem> {
    let sealed =
        find(app, caller, number, |viewer, row, _| viewer.verified(&row)).await?.ok_or_else(not_found)?;
    let record = *sealed.record();
    let (outlet, auth_code) = (record.header.outlet, record.signature.auth_code());
    let notes = app.ask(move |store| notes(store, outlet, number, auth_code)).await?;
    let is_whole = |body: &str| {
        let note = Invoice::read(body.as_bytes()).ok();
        matches!(note.and_then(|note| note.reference), Some(Reference::Original(original)) if original.nature == CreditNature::Void)
    };
    let whole = notes.iter().find(|(row, _)| row.body.as_deref().is_some_and(is_whole));
    let found = whole.and_then(|(row, _)| Some((row.place.chain.epoch, row.number?)));
    let (epoch, note) = found.ok_or_else(|| {
        Problem::new(
            Kind::Conflict,
            words(
                "aucun avoir n'annule cette facture : faites d'abord l'avoir d'annulation (RAN)",
                "no credit note cancels this invoice: make the cancellation (RAN) first",
            ),
        )
    })?;
    Ok(FiscalNumber { prefix: number.prefix, epoch, number: note })
}
