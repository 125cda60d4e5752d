use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::DeviceId;

use super::view::{DeviceView, view_of};
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read a device
///
/// How it is now, or was when it said so last.
#[utoipa::path(
    get,
    path = "/api/v1/devices/{serial}",
    operation_id = "readDevice",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000123")),
    responses((status = 200, description = "The device.", body = DeviceView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let device = app.registry(move |registry| registry.device(&reach, serial)).await?;
    Ok(json(StatusCode::OK, &view_of(&app, device).await?))
}
