use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;
use webhooks::{EventKind, Events, WebhookChange, WebhookId, WebhookUrl};

use super::view::{EventName, WebhookView};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json},
    problem::{Problem, ProblemBody},
};

/// What is to be different of a webhook; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange, example = json!({ "url": "https://erp.example.cd/stelala/v2" }))]
pub(crate) struct WebhookChangeBody {
    /// Where events are sent from now on, also those that wait.
    #[schema(required = false, min_length = 9, max_length = 512)]
    url: Option<String>,
    /// Which events, of what is sealed from now on.
    #[schema(required = false, min_items = 1)]
    events: Option<Vec<EventName>>,
}

/// Change a webhook
///
/// Its secret stays.
#[utoipa::path(
    patch,
    path = "/api/v1/webhooks/{webhook_id}",
    operation_id = "changeWebhook",
    tag = "Webhooks",
    params(("webhook_id" = String, Path, description = "Its id.", example = "whk_0123456789abcdefghjk")),
    request_body = WebhookChangeBody,
    responses(
        (status = 200, description = "As it is now.", body = WebhookView),
        (status = 409, description = "It is deleted.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
    Json(body): Json<WebhookChangeBody>,
) -> Result<Response, Problem> {
    let events = body.events.map(|events| Events::of(events.into_iter().map(EventKind::from)));
    let change = WebhookChange {
        url: body.url.map(|url| WebhookUrl::read(&url, app.networks)).transpose()?,
        events: events.transpose()?,
    };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let changed = app.webhooks(move |webhooks| webhooks.edit(&id, &change, &reach, &by, now));
    Ok(json(StatusCode::OK, &WebhookView::from(&changed.await?)))
}
