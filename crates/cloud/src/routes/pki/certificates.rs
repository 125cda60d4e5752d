use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use fiscal::Timestamp;
use pki::RevocationList;

use crate::{
    app::App,
    devices::{Devices, refusal},
    extract::not_found,
    problem::{Problem, ProblemBody},
};

/// The list is made anew for who asks; one that is kept is looked for again after a day.
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
    let now = app.clock.now();
    let revoked = app.registry(move |registry| registry.revoked_certificates(now)).await?;
    let list = app.consult(move |_| {
        let next = Timestamp::from_unix(now.unix() + DAY).unwrap_or(Timestamp::LATEST);
        // Seconds rise, and so does the number.
        devices.trust.authority()?.crl(&revoked, now.unix(), now, next).map_err(refusal)
    });
    let list = list.await?;
    let headers =
        [(header::CONTENT_TYPE, RevocationList::CONTENT_TYPE), (header::CACHE_CONTROL, "max-age=60")];
    Ok((headers, list.der().to_vec()).into_response())
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
