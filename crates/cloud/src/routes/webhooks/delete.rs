use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use webhooks::WebhookId;

use crate::{app::App, auth::Caller, extract::Id, problem::Problem};

/// Delete a webhook
///
/// It is told nothing any more, also not what waits, and for ever. It and its log are shown for 30 days. A second time
/// changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "deleteWebhook",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    responses((status = 204, description = "It is told nothing from now on.")),
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
) -> Result<StatusCode, Problem> {
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let stopped = app.webhooks(move |webhooks| webhooks.stop(&id, &reach, &by, now));
    stopped.await?;
    Ok(StatusCode::NO_CONTENT)
}
