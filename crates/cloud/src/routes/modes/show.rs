use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::OutletId;

use super::view::ModeView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    devices::{Switched, line_of, mode_of},
    extract::{Id, not_found},
    problem::Problem,
};

/// Read who seals at an outlet
///
/// Who is wanted, and who holds the line of numbers now.
#[utoipa::path(
    get,
    path = "/api/v1/outlets/{outlet_id}/mode",
    operation_id = "readOutletMode",
    tag = "Devices",
    params(("outlet_id" = String, Path, description = "Its id.", example = "KIN-GOMBE-01")),
    responses((status = 200, description = "Who seals.", body = ModeView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(outlet): Id<OutletId>,
) -> Result<Response, Problem> {
    let place = app.place(outlet).await?;
    place.filter(|place| caller.reach.covers(&place.merchant, outlet)).ok_or_else(not_found)?;
    let now = Switched { mode: mode_of(&app, outlet).await?, line: line_of(&app, outlet).await? };
    Ok(json(StatusCode::OK, &ModeView::from(&now)))
}
