use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::DeviceId;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{DeviceView, views};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// A page of devices.
#[derive(Serialize, ToSchema)]
pub(crate) struct Devices {
    /// In the order of their serial numbers.
    devices: Vec<DeviceView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List devices
///
/// How each is now, or was when it said so last. People read the same at `/devices`.
#[utoipa::path(
    get,
    path = "/api/v1/devices",
    operation_id = "listDevices",
    tag = "Devices",
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = Devices),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<DeviceId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after, page.most());
    let found = app.registry(move |registry| registry.devices(&reach, after, most)).await?;
    let (shown, next) = page.cut(found, |device| device.serial.to_string());
    Ok(json(StatusCode::OK, &Devices { devices: views(&app, shown).await?, next }))
}
