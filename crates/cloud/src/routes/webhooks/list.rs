use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use webhooks::WebhookId;

use super::view::WebhookView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Listed, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// A page of webhooks.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct WebhooksList {
    /// In the order of their ids.
    webhooks: Vec<WebhookView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List webhooks
///
/// Without their secrets. Those that are deleted are shown for 30 days. Who reaches one outlet only sees those of that
/// outlet.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "listWebhooks",
    tag = "Webhooks",
    params(Listed),
    responses(
        (status = 200, description = "A page.", body = WebhooksList),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Response, Problem> {
    let page = asked.page::<WebhookId>()?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (after, most) = (page.after.clone(), page.most());
    let found = app.webhooks(move |webhooks| webhooks.list(&reach, after.as_ref(), most)).await?;
    let (shown, next) = page.cut(found, |webhook| webhook.id.to_string());
    Ok(json(StatusCode::OK, &WebhooksList { webhooks: shown.iter().map(WebhookView::from).collect(), next }))
}
