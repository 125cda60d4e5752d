use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Serialize;
use utoipa::ToSchema;
use webhooks::{DeliveryId, WebhookId};

use super::delivery_view::{AttemptView, DeliveryView};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Ids, not_found},
    problem::Problem,
};

/// A delivery and how it was sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryWithAttempts {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The last 20 times that it was sent, the newest first.
    attempts: Vec<AttemptView>,
}

/// Read a delivery
///
/// With each time that it was sent, and what the receiver answered.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}",
    operation_id = "readDelivery",
    tag = "Webhooks",
    params(
        ("webhook_id" = String, Path, description = "The webhook's id.", example = "whk_0123456789abcdefghjk"),
        ("delivery_id" = String, Path, description = "Its id.", example = "dlv_0123456789abcdefghjk"),
    ),
    responses((status = 200, description = "The delivery.", body = DeliveryWithAttempts)),
)]
pub(crate) async fn delivery(
    State(app): State<Arc<App>>,
    caller: Caller,
    Ids(webhook, id): Ids<WebhookId, DeliveryId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let (found, attempts) = app.webhooks(move |webhooks| webhooks.delivery(&id, &reach)).await?;
    if found.webhook != webhook {
        return Err(not_found());
    }
    let attempts = attempts.iter().map(AttemptView::from).collect();
    let shown = DeliveryWithAttempts { delivery: DeliveryView::from(&found), attempts };
    Ok(json(StatusCode::OK, &shown))
}
