use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use sync::{Asked, HandOutId};
use utoipa::ToSchema;

use super::{
    Seen,
    export::{ExportAsked, sheet},
};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json, Query, member},
    problem::{Problem, ProblemBody},
};

/// Why nobody types them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GiveBack, example = json!({ "reason": "le service est revenu, rien n'a été saisi" }))]
pub(crate) struct GiveBackBody {
    /// Why. It is kept with the name of who said it.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// What was given back.
#[derive(Serialize, ToSchema)]
#[schema(as = GivenBack)]
pub(crate) struct GivenBackView {
    /// So many invoices are sent again.
    #[schema(example = 12)]
    given_back: usize,
}

/// Hand invoices out to be typed by hand
///
/// At most 2,000, the oldest first, of at most 10,000 that are looked at: those that are certainly not at the authority. From then on they are not sent, until
/// their results are imported or they are given back. The file has empty columns for the authority's answer.
#[utoipa::path(
    post,
    path = "/api/v1/submissions/hand-out",
    operation_id = "handOutSubmissions",
    tag = "Authority",
    params(ExportAsked),
    responses((status = 200, description = "The file.", content(
        (String = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ), headers(
        ("X-Hand-Out" = String, description = "Its name: by it the file is had again, and given back."),
        ("X-Invoices" = u64, description = "How many invoices are in it."),
        ("X-Left-Out" = u64, description = "How many are not."),
        ("X-Next" = String, description = "Where the next file begins, while there is more: its `cursor`."),
    ))),
)]
pub(crate) async fn hand_out(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<ExportAsked>,
) -> Result<Response, Problem> {
    asked.exported(&app, &caller, true).await
}

/// Have the file of a hand-out again
///
/// With what nobody has said anything of yet, at most 2,000. Nothing is changed by it.
#[utoipa::path(
    get,
    path = "/api/v1/submissions/hand-out/{hand_out}",
    operation_id = "readHandOut",
    tag = "Authority",
    params(("hand_out" = String, Path, description = "Its name.", example = "1773475200000"), ExportAsked),
    responses(
        (status = 200, description = "The file.", content(
            (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ), headers(
            ("X-Next" = String, description = "Where the next file begins, while there is more: its `cursor`."),
        )),
        (status = 404, description = "Nothing is left of it, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn hand_out_again(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<HandOutId>,
    Query(asked): Query<ExportAsked>,
) -> Result<Response, Problem> {
    let (seen, form, after) = (asked.seen(&app, &caller).await?, asked.form(), asked.after()?);
    sheet(&app, form, move |desk, zones| desk.hand_out_again(seen.sight(), (id, after), form, zones)).await
}

/// Give a hand-out back
///
/// What of it has no result: somebody says that nobody typed it, nor will. It is sent again. Not within an hour of the
/// hand-out.
#[utoipa::path(
    post,
    path = "/api/v1/submissions/hand-out/{hand_out}/return",
    operation_id = "giveBackHandOut",
    tag = "Authority",
    params(("hand_out" = String, Path, description = "Its name.", example = "1773475200000")),
    request_body = GiveBackBody,
    responses(
        (status = 200, description = "What was given back.", body = GivenBackView),
        (status = 404, description = "Nothing is left of it, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "It is too soon.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn give_back(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<HandOutId>,
    Json(body): Json<GiveBackBody>,
) -> Result<Response, Problem> {
    let reason = member("reason", &body.reason)?;
    let seen = Seen::of_reach(&app, &caller.reach).await?;
    let (by, now) = (caller.by(), app.at());
    let back =
        app.desk(move |desk| desk.give_back(seen.sight(), id, &reason, Asked { by: &by, now })).await?;
    app.wake_agent();
    Ok(json(StatusCode::OK, &GivenBackView { given_back: back.given_back }))
}
