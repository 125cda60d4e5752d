use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::DeviceId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{DeviceView, view_of};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    devices,
    extract::{Id, Json, member},
    problem::{Problem, ProblemBody},
};

/// Renew a device's certificate
///
/// It is renewed by itself in its last 30 days, whenever the device connects. The one before holds on until its end, so
/// that no sale waits; the device's proxy gets the new one at once, or when it connects.
#[utoipa::path(
    post,
    path = "/api/v1/devices/{serial}/rotation",
    operation_id = "rotateDeviceCertificate",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000123")),
    responses(
        (status = 200, description = "With its new certificate.", body = DeviceView),
        (status = 409, description = "It is not activated, or no more in use, or this cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    app.registry(move |registry| registry.device(&reach, serial)).await?;
    let Some(served) = app.devices.clone() else { return Err(Problem::no_devices()) };
    let certificate = devices::rotate(&app, &served, serial, &Ok(caller.by())).await?;
    served.give(serial, &certificate).await;
    let reach = caller.reach.clone();
    let device = app.registry(move |registry| registry.device(&reach, serial)).await?;
    Ok(json(StatusCode::OK, &view_of(&app, device).await?))
}

/// The authority's leave.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Homologation, example = json!({ "reference": "DGI/DEF/2026/0142" }))]
pub(crate) struct HomologationBody {
    /// What the authority calls it.
    #[schema(required = false, min_length = 1, max_length = 128)]
    reference: Option<String>,
}

/// Confirm a device's homologation
///
/// The tax authority lets it seal: one that waited for it is active then. It may come before the device is activated.
#[utoipa::path(
    post,
    path = "/api/v1/devices/{serial}/homologation",
    operation_id = "homologateDevice",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000123")),
    request_body = HomologationBody,
    responses(
        (status = 200, description = "As it is now.", body = DeviceView),
        (status = 409, description = "The outlet has another active device, or it is no more in use.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn homologate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
    Json(body): Json<HomologationBody>,
) -> Result<Response, Problem> {
    let reference = body.reference.map(|reference| member("reference", &reference)).transpose()?;
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let device = app
        .registry(move |registry| registry.homologate(&reach, serial, reference.as_ref(), &by, now))
        .await?;
    Ok(json(StatusCode::OK, &view_of(&app, device).await?))
}
