use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use registry::{ApiKeyId, Maker};

use crate::{app::App, auth::Caller, extract::Id, problem::Problem};

/// Revoke an API key
///
/// At once here, within some seconds everywhere, and for ever. A second time changes nothing. Nobody revokes a key that may
/// more than he does himself.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{key_id}",
    operation_id = "revokeApiKey",
    tag = "API keys",
    params(("key_id" = String, Path, description = "Its id.", example = "key_0123456789abcdefghjk")),
    responses((status = 204, description = "It is refused from now on.")),
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<ApiKeyId>,
) -> Result<StatusCode, Problem> {
    let (maker, by, now) = (Maker::from(&*caller), caller.by(), app.clock.now());
    app.registry(move |registry| registry.revoke_key(&maker, &id, &by, now)).await?;
    app.forget_who_may();
    Ok(StatusCode::NO_CONTENT)
}
