use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use registry::{PeopleFault, RegistryFault, TotpCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::of_session;
use crate::{
    app::App,
    auth::Caller,
    extract::Json,
    problem::{Problem, ProblemBody},
};

/// A code that an app shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "492039" }))]
pub(crate) struct Code {
    /// Six digits.
    #[schema(pattern = "^[0-9]{3} ?[0-9]{3}$")]
    code: String,
}

/// Confirm a second factor
///
/// From now on you sign in with a code, too. This session may what your role may; your others end.
#[utoipa::path(
    post,
    path = "/api/v1/account/totp/confirm",
    operation_id = "confirmTotp",
    tag = "Sessions",
    request_body = Code,
    responses(
        (status = 204, description = "It is confirmed."),
        (status = 409, description = "None was begun, or there is one already.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn confirm_totp(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<Code>,
) -> Result<StatusCode, Problem> {
    let wrong = |_| Problem::from(RegistryFault::People(PeopleFault::WrongCode));
    let code: TotpCode = body.code.parse().map_err(wrong)?;
    let (session, by, now) = (caller.session()?, caller.by(), app.clock.now());
    let vault = Arc::clone(&app);
    let confirmed =
        app.registry(move |registry| Ok(registry.confirm_totp(&session, &code, &vault.vault, &by, now)));
    confirmed.await?.map_err(of_session)?;
    app.forget_who_may();
    Ok(StatusCode::NO_CONTENT)
}
