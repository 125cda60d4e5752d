use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;

use super::view::OutletView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read an outlet
#[utoipa::path(
    get,
    path = "/api/v1/outlets/{outlet_id}",
    operation_id = "readOutlet",
    tag = "Merchants",
    params(("outlet_id" = String, Path, description = "Its id.", example = "KIN-GOMBE-01")),
    responses((status = 200, description = "The outlet.", body = OutletView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<OutletId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let place = app.registry(move |registry| registry.place(&reach, id)).await?;
    Ok(json(StatusCode::OK, &OutletView::from(&place)))
}
