use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use fiscal::FiscalNumber;
use serde::{Deserialize, Serialize};
use sync::{Asked, JobFilter};
use utoipa::ToSchema;

use super::{
    Seen,
    show::{answer, found},
    view::{FileView, StateName},
};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json},
    problem::{Language, Problem, ProblemBody},
};

/// Send an invoice again
///
/// Now, as if it were new: for one that waits, was refused or differs. One of which it is not known whether the authority has
/// it is never sent again by this. A second time changes nothing.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{fiscal_number}/submission/retry",
    operation_id = "retrySubmission",
    tag = "Authority",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    responses(
        (status = 200, description = "How it stands now.", body = FileView),
        (status = 409, description = "It is at the authority, on its way, or nobody knows.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
) -> Result<Response, Problem> {
    let (seen, id) = found(&app, &caller, number).await?;
    let (asked, by, now) = (seen.clone(), caller.by(), app.at());
    app.desk(move |desk| desk.retry(asked.sight(), id, Asked { by: &by, now })).await?;
    app.wake_agent();
    answer(&app, &caller, language, (seen, id)).await
}

/// Which invoices are to be sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubmissionsRetry, example = json!({ "outlet_id": "KIN-GOMBE-01", "states": ["RETRY", "FAILED"] }))]
pub(crate) struct RetryBody {
    /// Of which outlet; of all that the caller reaches, if it is left out.
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// Of which merchant; only the platform may say it.
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// In which of the states `RETRY`, `FAILED` and `DIFFERS`; in all three if it is left out.
    #[serde(default)]
    #[schema(required = false)]
    states: Vec<StateName>,
    /// With this word as their cause or error.
    #[schema(required = false)]
    error: Option<String>,
}

/// What was put back into the queue.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionsRetried)]
pub(crate) struct RetriedView {
    /// So many invoices.
    #[schema(example = 12)]
    retried: usize,
    /// There are more of them: ask again.
    has_more: bool,
}

/// Send many invoices again
///
/// Those that wait, were refused or differ: at most 200 in one call.
#[utoipa::path(
    post,
    path = "/api/v1/submissions/retry",
    operation_id = "retrySubmissions",
    tag = "Authority",
    request_body = RetryBody,
    responses(
        (status = 200, description = "How many.", body = RetriedView),
        (status = 404, description = "There is no such outlet or merchant, or it is another's: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn retry_all(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<RetryBody>,
) -> Result<Response, Problem> {
    let seen = Seen::of(&app, &caller, body.merchant_id.as_deref(), body.outlet_id.as_deref()).await?;
    let states = body.states.into_iter().map(Into::into).collect();
    let filter = JobFilter { states, error: body.error, ..JobFilter::default() };
    let (by, now) = (caller.by(), app.at());
    let asked = move |desk: &mut sync::Desk<'_>| {
        desk.retry_all(seen.sight(), &filter, AT_ONCE, Asked { by: &by, now })
    };
    let retried = app.desk(asked).await?;
    app.wake_agent();
    let view = RetriedView { retried: retried.retried, has_more: retried.has_more };
    Ok(json(StatusCode::OK, &view))
}

/// So many are put back in one call.
const AT_ONCE: usize = 200;
