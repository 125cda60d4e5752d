use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use fiscal::Timestamp;
use pki::{RevocationList, RevokedCertificate};

use crate::{
    app::App,
    devices::{Devices, refusal},
    extract::not_found,
    problem::{Problem, ProblemBody},
};

/// A list that somebody keeps is looked for again after a day.
const DAY: u64 = 24 * 60 * 60;
const PEM: &str = "application/x-pem-file";

/// The list of revoked certificates
///
/// Of devices, in DER (RFC 5280), signed by the issuing authority. `openssl crl` reads it.
#[utoipa::path(
    get,
    path = "/pki/issuing.crl",
    operation_id = "readRevocationList",
    tag = "Service",
    responses(
        (status = 200, description = "The list.", body = String, content_type = "application/pkix-crl"),
        (status = 404, description = "This cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn revocation_list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let devices = served(&app)?;
    let list = app.published.revocations.or_make(revoked(&app, devices)).await?;
    let headers =
        [(header::CONTENT_TYPE, RevocationList::CONTENT_TYPE), (header::CACHE_CONTROL, "max-age=60")];
    Ok((headers, list.to_vec()).into_response())
}

/// The number of a list: seconds rise, and within one second no certificate leaves the list, so that lists of one number
/// are one list.
fn number(revoked: &[RevokedCertificate], now: Timestamp) -> u64 {
    /// More than a list that anybody reads has entries.
    const ENTRIES: u64 = 1 << 24;
    now.unix() * ENTRIES + (revoked.len() as u64).min(ENTRIES - 1)
}

async fn revoked(app: &Arc<App>, devices: Arc<Devices>) -> Result<Vec<u8>, Problem> {
    let now = app.clock.now();
    let revoked = app.registry(move |registry| registry.revoked_certificates(now)).await?;
    let list = app.consult(move |_| {
        let next = Timestamp::from_unix(now.unix() + DAY).unwrap_or(Timestamp::LATEST);
        devices.trust.authority()?.crl(&revoked, number(&revoked, now), now, next).map_err(refusal)
    });
    Ok(list.await?.der().to_vec())
}

/// The issuing authority's certificate
///
/// In PEM: it signs the certificates of devices.
#[utoipa::path(
    get,
    path = "/pki/issuing.pem",
    operation_id = "readIssuingCertificate",
    tag = "Service",
    responses(
        (status = 200, description = "The certificate.", body = String, content_type = "application/x-pem-file"),
        (status = 404, description = "This cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn issuing(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(pem(served(&app)?.trust.chain().issuing().pem()))
}

/// The root's certificate
///
/// In PEM: it signs the issuing authority's.
#[utoipa::path(
    get,
    path = "/pki/root.pem",
    operation_id = "readRootCertificate",
    tag = "Service",
    responses(
        (status = 200, description = "The certificate.", body = String, content_type = "application/x-pem-file"),
        (status = 404, description = "This cloud serves no devices.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn root(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(pem(served(&app)?.trust.chain().root().pem()))
}

fn served(app: &App) -> Result<Arc<Devices>, Problem> {
    app.devices.clone().ok_or_else(not_found)
}

fn pem(text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, PEM), (header::CACHE_CONTROL, "max-age=300")];
    (headers, text).into_response()
}
