use std::sync::Arc;

use axum::{extract::State, response::Response};
use fiscal::{Extension, FiscalNumber, Invoice, List, Text};
use ledger::{IdempotencyKey, Offer};
use tokio::time::Instant;

use super::{
    create::answer,
    document::SealDocument,
    offered::{is_of, permitted},
    sealing::seal,
    show::find,
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, not_found},
    problem::{Kind, Problem, ProblemBody, words},
};

/// Repeat an invoice that breaks a rule
///
/// The same sale is sealed anew, by whoever holds the line, with `["reissues", number]` in its `annex.ext`; the first one
/// stays, and is not what counts. The same again answers with the same seal.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{fiscal_number}/reissue",
    operation_id = "reissueInvoice",
    tag = "Invoices",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    responses(
        (status = 201, description = "It is sealed anew.", body = SealDocument,
            headers(("Location" = String, description = "The new invoice's address."))),
        (status = 200, description = "It was before.", body = SealDocument),
        (status = 409, description = "It breaks no rule, or what it sold cannot be read.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 422, description = "What it sold breaks a rule that no seal heals: sell it anew.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 507, description = "The epoch has no numbers left, or the fiscal memory is full.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn reissue(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
) -> Result<Response, Problem> {
    let found =
        find(&app, &caller, number, |_, row, place| Ok(row.body.filter(|body| is_of(body, &place.outlet))));
    let found = found.await?.ok_or_else(not_found)?;
    let bad = app.consult(move |ledger| ledger.non_compliant(&number)).await?;
    if bad.is_none() {
        return Err(Problem::new(
            Kind::Conflict,
            words(
                "cette facture n'enfreint aucune règle : il n'y a rien à refaire",
                "this invoice breaks no rule: there is nothing to repeat",
            ),
        ));
    }
    let payload = found.as_deref().and_then(|body| naming(body, number)).ok_or_else(unreadable)?;
    let key: IdempotencyKey = format!("reissue:{number}").parse().map_err(|_| unreadable())?;
    let offer = Offer::read_with(payload.into_bytes(), Some(key), &app.ledger.manifest())
        .map_err(|fault| Problem::of_payload(&fault))?;
    let offer = permitted(&app, &caller, offer).await?;
    answer(seal(&app, offer, Instant::now()).await?, None)
}

/// The same sale, naming the invoice that it repeats.
fn naming(body: &str, number: FiscalNumber) -> Option<String> {
    let mut invoice = Invoice::read(body.as_bytes()).ok()?;
    let number = number.to_string();
    let mut pairs: Vec<Extension<'_>> = Vec::new();
    for pair in invoice.annex.ext.iter().flat_map(|pairs| pairs.iter()) {
        pairs.push(pair);
    }
    pairs.push(Extension { name: Text::new("reissues").ok()?, value: Some(Text::new(&number).ok()?) });
    invoice.annex.ext = Some(List::from(&pairs[..]));
    let mut payload = String::new();
    invoice.write(&mut payload).ok()?;
    Some(payload)
}

fn unreadable() -> Problem {
    Problem::new(
        Kind::Conflict,
        words(
            "ce que cette facture vendait ne peut être lu, a été effacé, ou est d'un autre point de vente : vendez-le à nouveau",
            "what this invoice sold cannot be read, was erased, or is of another outlet: sell it anew",
        ),
    )
}
