use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    claim::Claim,
    verified::{Verified, answer},
};
use crate::{
    app::App,
    extract::Query,
    problem::{Language, Problem},
};

/// What a QR code looks like.
const EXAMPLE: &str = include_str!("qr.txt");

/// What a QR code says.
#[derive(Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[schema(as = ScannedQr, example = json!({ "qr": EXAMPLE }))]
pub(crate) struct Scanned {
    /// The whole text of the QR code.
    #[schema(max_length = 512)]
    #[param(max_length = 512)]
    pub(super) qr: String,
}

/// Verify a QR code
///
/// It is true when it was sealed here, is in the ledger, and nothing of it was changed. Whatever is not so has the same
/// answer, 404.
#[utoipa::path(
    get,
    path = "/api/v1/verify/qr",
    operation_id = "verifyQr",
    tag = "Verification",
    params(Scanned),
    responses(
        (status = 200, description = "It was sealed here; `compliant` says whether it keeps the rules.", body = Verified),
        (status = 404, description = "Nothing of the kind was sealed here.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn verify_qr(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    Query(scanned): Query<Scanned>,
) -> Result<Response, Problem> {
    answer(&app, Claim::of_qr(&scanned.qr)?, language).await
}
