use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::ApiKeyId;
use serde::Serialize;
use utoipa::ToSchema;

use super::view::KeyView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// A page of keys, also of those that are revoked or expired.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeys {
    /// In the order of their ids.
    api_keys: Vec<KeyView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List API keys
///
/// Without their secrets, which nobody has any more. Who reaches one outlet only sees none.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    operation_id = "listApiKeys",
    tag = "API keys",
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = ApiKeys),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<ApiKeyId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after.clone(), page.most());
    let found = app.registry(move |registry| registry.keys(&reach, after.as_ref(), most)).await?;
    let (shown, next) = page.cut(found, |key| key.id.to_string());
    Ok(json(StatusCode::OK, &ApiKeys { api_keys: shown.iter().map(KeyView::from).collect(), next }))
}
