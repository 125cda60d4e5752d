use std::sync::Arc;

use axum::{extract::State, response::Response};
use registry::Reach;
use serde::Deserialize;
use utoipa::ToSchema;
use webhooks::{EventKind, Events, NewWebhook, WebhookUrl};

use super::view::{EventName, MadeWebhook};
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::{Json, id},
    problem::{Problem, ProblemBody},
    routes::whose::made_for_merchant,
    start::places_of,
};

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook, example = json!({
    "url": "https://erp.example.cd/stelala", "events": ["invoice.sealed", "report.closed"],
}))]
pub(crate) struct NewWebhookBody {
    /// Where events are sent: `https://`, a host that the Internet reaches, and no user.
    #[schema(min_length = 9, max_length = 512)]
    url: String,
    /// Which events.
    #[schema(min_items = 1)]
    events: Vec<EventName>,
    /// The only outlet of which it is told; all of the merchant's, also those that he will have, if it is left out. Who
    /// reaches one outlet need not say it.
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// For which merchant; only the platform has to say it.
    #[schema(required = false)]
    merchant_id: Option<String>,
}

/// Make a webhook
///
/// It is told of what is sealed from now on. Its secret is shown this once; with it each request is signed as in the
/// Standard Webhooks specification. A merchant has at most 16, and at most 100 are made for him within 24 hours.
#[utoipa::path(
    post,
    path = "/api/v1/webhooks",
    operation_id = "createWebhook",
    tag = "Webhooks",
    request_body = NewWebhookBody,
    responses(
        (status = 201, description = "It is made.", body = MadeWebhook,
            headers(("Location" = String, description = "The webhook's address.")), links(
            ("read" = (operation_id = "readWebhook",
                parameters(("webhook_id" = "$response.body#/webhook/webhook_id")))),
            ("ping" = (operation_id = "pingWebhook",
                parameters(("webhook_id" = "$response.body#/webhook/webhook_id")))),
            ("deliveries" = (operation_id = "listDeliveries",
                parameters(("webhook_id" = "$response.body#/webhook/webhook_id")))),
            ("delete" = (operation_id = "deleteWebhook",
                parameters(("webhook_id" = "$response.body#/webhook/webhook_id")))),
        )),
        (status = 404, description = "There is no such merchant or outlet, or it is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 409, description = "The merchant has as many as there may be.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 429, description = "As many as may be were made within 24 hours, or this key asks too often.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<NewWebhookBody>,
) -> Result<Response, Problem> {
    let merchant = made_for_merchant(&caller, body.merchant_id.as_deref())?;
    let outlet = body.outlet_id.as_deref().map(id).transpose()?.or_else(|| caller.reach.outlet());
    let url = WebhookUrl::read(&body.url, app.networks)?;
    let events = Events::of(body.events.into_iter().map(EventKind::from))?;
    let whose = merchant.clone();
    let places = app.registry(move |registry| {
        registry.merchant(&Reach::Platform, &whose)?;
        places_of(registry, &whose)
    });
    let outlets: Vec<_> = places.await?.iter().map(|place| place.outlet.id).collect();
    let order = NewWebhook { merchant, outlet, url, events };
    let (reach, by, now, mut random) = (caller.reach.clone(), caller.by(), app.clock.now(), app.entropy);
    let vault = Arc::clone(&app.vault);
    let made = app
        .webhooks(move |webhooks| webhooks.create(&order, &outlets, &reach, &*vault, &mut random, &by, now));
    let (webhook, secret) = made.await?;
    Ok(created(&format!("webhooks/{}", webhook.id), &MadeWebhook::new(&webhook, &secret)))
}
