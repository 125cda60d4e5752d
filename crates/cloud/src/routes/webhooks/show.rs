use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use webhooks::WebhookId;

use super::view::WebhookView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read a webhook
///
/// Without its secret.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "readWebhook",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    responses((status = 200, description = "The webhook.", body = WebhookView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let webhook = app.webhooks(move |webhooks| webhooks.show(&id, &reach)).await?;
    Ok(json(StatusCode::OK, &WebhookView::from(&webhook)))
}
