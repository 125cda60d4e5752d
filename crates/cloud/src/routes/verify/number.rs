use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    claim::{Claim, unproven},
    verified::{Verified, answer},
};
use crate::{
    app::App,
    extract::Query,
    problem::{Language, Problem},
};

/// What only who holds the receipt knows.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Code {
    /// The authentication code, as the receipt shows it: in groups and small letters if you like.
    #[param(example = "RDCX 0GJF HW3N QEN8", max_length = 512)]
    auth_code: String,
}

/// Verify a fiscal number
///
/// With the authentication code of the same receipt. Whatever is not so has the same answer, 404: it is not said whether
/// the number is known.
#[utoipa::path(
    get,
    path = "/api/v1/verify/{fiscal_number}",
    operation_id = "verifyNumber",
    tag = "Verification",
    params(
        ("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001"),
        Code,
    ),
    responses(
        (status = 200, description = "It was sealed here; `compliant` says whether it keeps the rules.", body = Verified),
        (status = 404, description = "Nothing of the kind was sealed here.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn verify_number(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    number: Result<Path<String>, PathRejection>,
    Query(code): Query<Code>,
) -> Result<Response, Problem> {
    let Path(number) = number.map_err(|_| unproven())?;
    answer(&app, Claim::of_number(&number, &code.auth_code)?, language).await
}
