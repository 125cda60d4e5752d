use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use webhooks::{DeliveryId, WebhookFault, WebhookId};

use super::delivery_view::DeliveryView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Ids,
    problem::{Problem, ProblemBody},
};

/// Send a delivery again
///
/// At once, whatever became of it, and under the same id; then as often as a new one if it fails.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
    operation_id = "resendDelivery",
    tag = "Webhooks",
    params(
        ("webhook_id" = String, Path, description = "The webhook's id.", example = "whk_0123456789abcdefghjk"),
        ("delivery_id" = String, Path, description = "Its id.", example = "dlv_0123456789abcdefghjk"),
    ),
    responses(
        (status = 200, description = "It waits, and is sent at once.", body = DeliveryView),
        (status = 409, description = "The webhook is deleted.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn resend(
    State(app): State<Arc<App>>,
    caller: Caller,
    Ids(webhook, id): Ids<WebhookId, DeliveryId>,
) -> Result<Response, Problem> {
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let resent = app.webhooks(move |webhooks| {
        let (found, _) = webhooks.delivery(&id, &reach)?;
        if found.webhook != webhook {
            return Err(WebhookFault::NotFound("delivery"));
        }
        webhooks.resend(&id, &reach, &by, now)
    });
    let delivery = resent.await?;
    app.wake_dispatcher();
    Ok(json(StatusCode::OK, &DeliveryView::from(&delivery)))
}
