use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use webhooks::WebhookId;

use super::delivery_view::DeliveryView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Id,
    problem::{Problem, ProblemBody},
};

/// Try a webhook
///
/// Sends `webhook.ping`, which says nothing else, whatever events it asks for. The delivery shows what became of it.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/ping",
    operation_id = "pingWebhook",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    responses(
        (status = 201, description = "It is sent at once.", body = DeliveryView, links(
            ("read" = (operation_id = "readDelivery", parameters(
                ("webhook_id" = "$response.body#/webhook_id"), ("delivery_id" = "$response.body#/delivery_id")))),
            ("resend" = (operation_id = "resendDelivery", parameters(
                ("webhook_id" = "$response.body#/webhook_id"), ("delivery_id" = "$response.body#/delivery_id")))),
        )),
        (status = 409, description = "It is deleted.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ping(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
) -> Result<Response, Problem> {
    let (reach, by, now, mut random) = (caller.reach.clone(), caller.by(), app.clock.now(), app.entropy);
    let pinged = app.webhooks(move |webhooks| webhooks.ping(&id, &reach, &mut random, &by, now));
    let delivery = pinged.await?;
    app.wake_dispatcher();
    Ok(json(StatusCode::CREATED, &DeliveryView::from(&delivery)))
}
