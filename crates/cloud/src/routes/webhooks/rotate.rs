use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use webhooks::WebhookId;

use super::view::MadeWebhook;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Id,
    problem::{Problem, ProblemBody},
};

/// Give a webhook another secret
///
/// It is shown this once. The secret before signs along for 24 hours: a request has both signatures, so that a receiver
/// changes over without missing one.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks/{webhook_id}/secret",
    operation_id = "rotateWebhookSecret",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    responses(
        (status = 200, description = "The new secret signs from now on.", body = MadeWebhook),
        (status = 409, description = "It is deleted.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
) -> Result<Response, Problem> {
    let (reach, by, now, mut random) = (caller.reach.clone(), caller.by(), app.clock.now(), app.entropy);
    let vault = Arc::clone(&app.vault);
    let rotated = app.webhooks(move |webhooks| {
        let secret = webhooks.rotate(&id, &reach, &*vault, &mut random, &by, now)?;
        Ok((webhooks.show(&id, &reach)?, secret))
    });
    let (webhook, secret) = rotated.await?;
    Ok(json(StatusCode::OK, &MadeWebhook::new(&webhook, &secret)))
}
