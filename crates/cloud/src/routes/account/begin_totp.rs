use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::of_session;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    problem::{Problem, ProblemBody},
};

/// What is shown to an app that makes codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Totp {
    /// To be typed: base32.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// To be shown as a QR code.
    #[schema(
        example = "otpauth://totp/Stelala:aline%40example.cd?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Stelala"
    )]
    uri: String,
}

/// Begin a second factor
///
/// Show it to an app, and confirm it with a code that the app makes. What was begun before is gone; one that is confirmed
/// stays, and only a new invitation takes it away.
#[utoipa::path(
    post,
    path = "/api/v1/account/totp",
    operation_id = "beginTotp",
    tag = "Sessions",
    responses(
        (status = 200, description = "It is begun; nothing is changed before it is confirmed.", body = Totp),
        (status = 409, description = "There is a second factor already.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn begin_totp(State(app): State<Arc<App>>, caller: Caller) -> Result<Response, Problem> {
    let (session, by, now, mut random) = (caller.session()?, caller.by(), app.clock.now(), app.entropy);
    let vault = Arc::clone(&app);
    let begun =
        app.registry(move |registry| Ok(registry.begin_totp(&session, &vault.vault, &by, now, &mut random)));
    let enrolment = begun.await?.map_err(of_session)?;
    Ok(json(StatusCode::OK, &Totp { secret: enrolment.reveal(), uri: enrolment.reveal_url() }))
}
