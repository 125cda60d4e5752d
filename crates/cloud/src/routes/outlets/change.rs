use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;
use registry::PlaceChange;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::OutletView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json, given, member},
    problem::Problem,
};

/// What is to be different of an outlet; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OutletChange, example = json!({ "name": "Gombe, boulevard du 30 Juin" }))]
pub(crate) struct OutletChangeBody {
    /// What people call it.
    #[schema(required = false, min_length = 1, max_length = 128)]
    name: Option<String>,
    /// Where it is; null for nowhere in particular.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, required = false, min_length = 1, max_length = 128)]
    address: Option<Option<String>>,
    /// Whether its keys and people are refused.
    #[schema(required = false)]
    stopped: Option<bool>,
}

/// Change an outlet
///
/// Its id, prefix and zone stay: they are in what was sealed.
#[utoipa::path(
    patch,
    path = "/api/v1/outlets/{outlet_id}",
    operation_id = "changeOutlet",
    tag = "Merchants",
    params(("outlet_id" = String, Path, description = "Its id.", example = "KIN-GOMBE-01")),
    request_body = OutletChangeBody,
    responses((status = 200, description = "As it is now.", body = OutletView)),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<OutletId>,
    Json(body): Json<OutletChangeBody>,
) -> Result<Response, Problem> {
    let address = body.address.map(|address| address.map(|address| member("address", &address)).transpose());
    let change = PlaceChange {
        name: body.name.map(|name| member("name", &name)).transpose()?,
        address: address.transpose()?,
        stopped: body.stopped,
    };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let place = app.registry(move |registry| registry.change_place(&reach, id, &change, &by, now)).await?;
    app.forget_who_may();
    Ok(json(StatusCode::OK, &OutletView::from(&place)))
}
