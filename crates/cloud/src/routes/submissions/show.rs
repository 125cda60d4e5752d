use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use fiscal::FiscalNumber;
use sync::JobId;

use super::{Seen, view::FileView};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, not_found},
    problem::{Language, Problem},
};

/// How an invoice stands with the authority
///
/// With all that happened to it on its way. An invoice that was sealed a moment ago, or that nothing looks for on this cloud,
/// is not found here yet.
#[utoipa::path(
    get,
    path = "/api/v1/invoices/{fiscal_number}/submission",
    operation_id = "readSubmission",
    tag = "Authority",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    responses((status = 200, description = "How it stands.", body = FileView)),
)]
pub(crate) async fn submission(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
) -> Result<Response, Problem> {
    let seen = seen_by(&app, &caller, number).await?;
    let asked = seen.clone();
    let listed = app.desk(move |desk| desk.job_of(asked.sight(), &number)).await?.ok_or_else(not_found)?;
    let id = listed.job.id;
    answer(&app, &caller, language, (seen, id)).await
}

/// The one job of an invoice that the caller reaches, for what he says of it, and what he sees.
pub(super) async fn found(
    app: &Arc<App>,
    caller: &Caller,
    number: FiscalNumber,
) -> Result<(Seen, JobId), Problem> {
    let seen = seen_by(app, caller, number).await?;
    let asked = seen.clone();
    let listed = app.desk(move |desk| desk.only_job_of(asked.sight(), &number)).await?;
    Ok((seen, listed.job.id))
}

/// What a caller sees of an outlet that he reaches.
async fn seen_by(app: &Arc<App>, caller: &Caller, number: FiscalNumber) -> Result<Seen, Problem> {
    let place = app.registry(move |registry| registry.place_by_prefix(number.prefix)).await?;
    let place = place.filter(|place| caller.reach.covers(&place.merchant, place.outlet.id));
    Ok(Seen::Outlets(vec![place.ok_or_else(not_found)?.outlet.id]))
}

/// How an invoice stands now.
pub(super) async fn answer(
    app: &Arc<App>,
    caller: &Caller,
    language: Language,
    (seen, id): (Seen, JobId),
) -> Result<Response, Problem> {
    let file = app.desk(move |desk| desk.job(seen.sight(), id)).await?;
    Ok(json(StatusCode::OK, &FileView::of(&file, caller, language)))
}
