use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};

use super::{
    claim::Claim,
    scan::Scanned,
    verified::{Verified, answer},
};
use crate::{
    app::App,
    extract::Json,
    problem::{Language, Problem},
};

/// Verify a QR code that stands in a body
///
/// As with a query, for who does not want it in the logs of proxies.
#[utoipa::path(
    post,
    path = "/api/v1/verify/qr",
    operation_id = "verifyScannedQr",
    tag = "Verification",
    request_body = Scanned,
    responses(
        (status = 200, description = "It was sealed here; `compliant` says whether it keeps the rules.", body = Verified),
        (status = 404, description = "Nothing of the kind was sealed here.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn verify_scanned_qr(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    Json(scanned): Json<Scanned>,
) -> Result<Response, Problem> {
    answer(&app, Claim::of_qr(&scanned.qr)?, language).await
}
