use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use fiscal::DeviceId;
use ledger::{ChainId, Holder};
use registry::{DeviceEnd, DeviceEnding, DeviceFault, RegistryFault};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{DeviceView, view_of};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    devices::line_of,
    extract::{Id, Json, member},
    problem::{Problem, ProblemBody},
};

/// How and why a device's life ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeviceEnd, example = json!({ "end": "decommissioned", "reason": "remplacé par un modèle neuf" }))]
pub(crate) struct EndBody {
    /// How.
    end: End,
    /// Why, for people.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// How a device's life ends.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeviceEndKind)]
pub(crate) enum End {
    /// Its leave to seal was taken away.
    Revoked,
    /// Lost, stolen or broken.
    Lost,
    /// Taken out of use.
    Decommissioned,
}

/// End a device's life
///
/// Its certificates are on the list of revoked ones from now on, its key ends at the last number that the ledger holds,
/// and at its next contact it is told so and seals nothing more. One that holds its outlet's line is first switched to
/// the cloud; is it lost, take the line by force (`PUT /outlets/{outlet_id}/mode`).
#[utoipa::path(
    post,
    path = "/api/v1/devices/{serial}/revocation",
    operation_id = "endDevice",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000123")),
    request_body = EndBody,
    responses(
        (status = 200, description = "As it is now.", body = DeviceView),
        (status = 409, description = "The outlet seals with it, or it cannot end so.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
    Json(body): Json<EndBody>,
) -> Result<Response, Problem> {
    let reason = member("reason", &body.reason)?;
    let reach = caller.reach.clone();
    let device = app.registry(move |registry| registry.device(&reach, serial)).await?;
    // Nothing is switched to it meanwhile.
    let one_at_a_time = app.devices.as_ref().map(|devices| devices.switch_of(device.outlet));
    let _held = match &one_at_a_time {
        Some(lock) => Some(lock.lock().await),
        None => None,
    };
    if device.state.is_alive() && line_of(&app, device.outlet).await?.holder == Holder::Device(serial) {
        // Nobody could seal for the outlet then.
        return Err(RegistryFault::from(DeviceFault::InMode(serial)).into());
    }
    let last = last_of(&app, &device).await?;
    let end = match body.end {
        End::Revoked => DeviceEnd::Revoked,
        End::Lost => DeviceEnd::Lost,
        End::Decommissioned => DeviceEnd::Decommissioned,
    };
    let ending = DeviceEnding { end, reason, last };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let device = app.registry(move |registry| registry.end_device(&reach, serial, &ending, &by, now)).await?;
    app.published.forget();
    if let Some(devices) = &app.devices {
        devices.disconnect(serial).await;
    }
    Ok(json(StatusCode::OK, &view_of(&app, device).await?))
}

/// The newest number that the ledger holds of a device.
pub(crate) async fn last_of(
    app: &Arc<App>,
    device: &registry::Device,
) -> Result<Option<(fiscal::Epoch, Option<fiscal::InvoiceNumber>)>, Problem> {
    let (outlet, signer) = (device.outlet, device.serial);
    let last = app.ask(move |store| {
        let chains = store.chains(outlet)?;
        let newest: Option<ChainId> =
            chains.into_iter().map(|(chain, _)| chain).rfind(|chain| chain.signer == signer);
        let Some(chain) = newest else { return Ok(None) };
        let number = store.newest_invoice(chain)?.and_then(|row| row.number);
        Ok(Some((chain.epoch, number)))
    });
    Ok(last.await?)
}
