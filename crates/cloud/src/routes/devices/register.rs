use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::DeviceId;
use pki::ActivationCode;
use registry::{Device, NewDevice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::view::{DeviceView, view_of};
use crate::{
    answer::{created, json},
    app::App,
    auth::Caller,
    extract::{Id, Json, id, member},
    problem::{Problem, ProblemBody},
};

/// A device that an outlet is to have.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDevice, example = json!({ "serial": "DEF-000999", "outlet_id": "KIN-GOMBE-01" }))]
pub(crate) struct NewDeviceBody {
    /// What stands on it. It never changes, and no other device has it.
    #[schema(pattern = "^[A-Za-z0-9._-]{1,20}$")]
    serial: String,
    /// Where it will be, for its life.
    outlet_id: String,
}

/// A device with the code that activates it.
#[derive(Serialize, ToSchema)]
#[schema(as = ExpectedDevice)]
pub(crate) struct ExpectedDevice {
    #[serde(flatten)]
    device: DeviceView,
    /// What a technician types at the device's proxy. It is shown now and never again.
    #[schema(example = "7K3Q-9VXM-0D4T-RW5H")]
    activation_code: String,
    /// Until when it is good.
    #[schema(example = "2026-03-17T07:32:11Z")]
    activation_code_expires: Option<String>,
}

/// Register a device
///
/// An outlet is to have it: the answer has the code that activates it, once, within 72 hours. The outlet goes on with the
/// cloud until the device is active and the outlet's mode is switched.
#[utoipa::path(
    post,
    path = "/api/v1/devices",
    operation_id = "registerDevice",
    tag = "Devices",
    request_body = NewDeviceBody,
    responses(
        (status = 201, description = "It is expected.", body = ExpectedDevice,
            headers(("Location" = String, description = "The device's address."))),
        (status = 404, description = "There is no such outlet, or it is another's: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The serial number is taken, the outlet is stopped, or this cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewDeviceBody>,
) -> Result<Response, Problem> {
    let new = NewDevice { serial: member("serial", &body.serial)?, outlet: id(&body.outlet_id)? };
    if app.devices.is_none() {
        return Err(Problem::no_devices());
    }
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let mut entropy = app.entropy;
    let made = app.registry(move |registry| registry.register_device(&reach, &new, &by, now, &mut entropy));
    let (code, device) = made.await?;
    let path = format!("devices/{}", device.serial);
    Ok(created(&path, &expected(&app, code, device).await?))
}

/// Make a new activation code
///
/// In the place of the one before, which is good for nothing then: for a device that is not activated yet.
#[utoipa::path(
    post,
    path = "/api/v1/devices/{serial}/activation-code",
    operation_id = "renewActivationCode",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000124")),
    responses(
        (status = 200, description = "The new code.", body = ExpectedDevice),
        (status = 409, description = "The device is activated already, or no more in use.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn renew_code(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
) -> Result<Response, Problem> {
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let mut entropy = app.entropy;
    let made = app.registry(move |registry| registry.reissue_code(&reach, serial, &by, now, &mut entropy));
    let (code, device) = made.await?;
    Ok(json(StatusCode::OK, &expected(&app, code, device).await?))
}

async fn expected(app: &Arc<App>, code: ActivationCode, device: Device) -> Result<ExpectedDevice, Problem> {
    let activation_code_expires = device.code_expires.map(|expires| format!("{expires}Z"));
    let device = view_of(app, device).await?;
    Ok(ExpectedDevice { device, activation_code: code.reveal(), activation_code_expires })
}
