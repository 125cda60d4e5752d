use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::ApiKeyId;

use super::view::KeyView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read an API key
///
/// Without its secret.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys/{key_id}",
    operation_id = "readApiKey",
    tag = "API keys",
    params(("key_id" = String, Path, description = "Its id.", example = "key_0123456789abcdefghjk")),
    responses((status = 200, description = "The key.", body = KeyView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<ApiKeyId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let key = app.registry(move |registry| registry.key(&reach, &id)).await?;
    Ok(json(StatusCode::OK, &KeyView::from(&key)))
}
