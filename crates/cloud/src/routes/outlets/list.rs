use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::OutletView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// A page of outlets.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outlets {
    /// In the order of their ids.
    outlets: Vec<OutletView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List outlets
///
/// A key or a person of one outlet sees that one.
#[utoipa::path(
    get,
    path = "/api/v1/outlets",
    operation_id = "listOutlets",
    tag = "Merchants",
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Outlets),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<OutletId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after, page.most());
    let found = app.registry(move |registry| registry.places(&reach, after, most)).await?;
    let (shown, next) = page.cut(found, |place| place.outlet.id.to_string());
    Ok(json(StatusCode::OK, &Outlets { outlets: shown.iter().map(OutletView::from).collect(), next }))
}
