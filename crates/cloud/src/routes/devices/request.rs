use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use fiscal::DeviceId;
use ledger::Refusal;
use pki::{Registration, RegistrationRequest};

use crate::{
    app::App,
    auth::Caller,
    extract::{Id, not_found},
    problem::{Problem, ProblemBody, words},
};

/// Export a device's registration request
///
/// What the tax authority is sent to register the device: its key with the record that proves it, its certificate and
/// those above, its outlet, its program. A signed JWT (RFC 7519), by a key of the list of fiscal keys that attests.
#[utoipa::path(
    get,
    path = "/api/v1/devices/{serial}/registration-request",
    operation_id = "readRegistrationRequest",
    tag = "Devices",
    params(("serial" = String, Path, description = "What stands on it.", example = "DEF-000123")),
    responses(
        (status = 200, description = "The request.", body = String, content_type = "application/jose"),
        (status = 409, description = "It is not activated yet, or this cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn request(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(serial): Id<DeviceId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let found = app.registry(move |registry| {
        let device = registry.device(&reach, serial)?;
        let certificates = registry.certificates(&reach, serial)?;
        Ok((registry.place_of(device.outlet)?, certificates, device))
    });
    let (place, certificates, device) = found.await?;
    let place = place.ok_or_else(not_found)?;
    let Some(devices) = app.devices.clone() else { return Err(Problem::no_devices()) };
    let certificate = certificates.into_iter().find(|one| one.revoked.is_none());
    let (Some(activation), Some(certificate)) = (device.activation, certificate) else {
        return Err(Problem::not_ready(words(
            "cette mémoire fiscale n'est pas activée, ou n'a plus de certificat : activez-la d'abord",
            "this fiscal memory is not activated, or has no certificate any more: activate it first",
        )));
    };
    let requested = app.clock.now();
    let text = app.consult(move |_| {
        let issuers = devices.trust.chain().pem();
        let of = Registration {
            requested,
            prefix: place.outlet.prefix,
            epoch: activation.epoch,
            firmware_version: device.firmware_version.as_ref().map_or("", |version| version.as_str()),
            activated: activation.time,
            activation_record: Some(&activation.record),
            certificate: &certificate.certificate,
            issuers: &issuers,
        };
        RegistrationRequest::new(&of).sign(&*devices.trust.witness()?).map_err(Refusal::Signer)
    });
    let headers =
        [(header::CONTENT_TYPE, RegistrationRequest::CONTENT_TYPE), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text.await?).into_response())
}
