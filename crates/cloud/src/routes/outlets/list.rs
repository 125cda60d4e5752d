use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::OutletView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutletsPage {
    /// Those of one merchant.
    merchant_id: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

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
    params(OutletsPage),
    responses(
        (status = 200, description = "A page.", body = Outlets),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<OutletsPage>,
) -> Result<Response, Problem> {
    let page = Page::<OutletId>::read(asked.limit, asked.cursor.as_deref())?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after, page.most());
    let found = app.registry(move |registry| registry.places(&reach, after, most)).await?;
    let (shown, next) = page.cut(found, |place| place.outlet.id.to_string());
    Ok(json(StatusCode::OK, &Outlets { outlets: shown.iter().map(OutletView::from).collect(), next }))
}
