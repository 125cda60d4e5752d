use std::sync::Arc;

use axum::{extract::State, http::StatusCode};

use crate::{app::App, auth::Caller, problem::Problem};

/// Sign out
///
/// Of this session.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/current",
    operation_id = "signOut",
    tag = "Sessions",
    responses((status = 204, description = "The session is over.")),
)]
pub(crate) async fn close(State(app): State<Arc<App>>, caller: Caller) -> Result<StatusCode, Problem> {
    let (session, by, now) = (caller.session()?, caller.by(), app.clock.now());
    app.registry(move |registry| registry.sign_out(&session, &by, now)).await?;
    app.forget_who_may();
    Ok(StatusCode::NO_CONTENT)
}
