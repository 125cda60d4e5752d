use std::sync::Arc;

use axum::{extract::State, response::Response};
use webhooks::WebhookId;

use super::delivery_view::DeliveryView;
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::Id,
    problem::{Problem, ProblemBody},
};

/// Try a webhook
///
/// Sends `webhook.ping`, which says nothing else, whatever events it asks for. The delivery shows what became of it. At
/// most 60 times within an hour.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/ping",
    operation_id = "pingWebhook",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    responses(
        (status = 201, description = "It is sent at once.", body = DeliveryView,
            headers(("Location" = String, description = "The delivery's address.")), links(
            ("read" = (operation_id = "readDelivery", parameters(
                ("webhook_id" = "$response.body#/webhook_id"), ("delivery_id" = "$response.body#/delivery_id")))),
            ("resend" = (operation_id = "resendDelivery", parameters(
                ("webhook_id" = "$response.body#/webhook_id"), ("delivery_id" = "$response.body#/delivery_id")))),
        )),
        (status = 409, description = "It is deleted.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 429, description = "It was tried 60 times within an hour, or this key asks too often.",
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
    let path = format!("webhooks/{}/deliveries/{}", delivery.webhook, delivery.id);
    Ok(created(&path, &DeliveryView::from(&delivery)))
}
