use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use webhooks::{DeliveryId, DeliveryState, WebhookId};

use super::delivery_view::{DeliveryView, StateName};
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Page, Query},
    problem::Problem,
};

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesPage {
    /// Of which state.
    #[param(inline)]
    state: Option<StateName>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of a webhook's log.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// The newest first.
    deliveries: Vec<DeliveryView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List a webhook's deliveries
///
/// What waits, what was delivered and what failed. What waits no more is forgotten after 30 days.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks/{webhook_id}/deliveries",
    operation_id = "listDeliveries",
    tag = "Webhooks",
    params(
        ("webhook_id" = String, Path, description = "The webhook's id.", example = "whk_0123456789abcdefghjk"),
        DeliveriesPage,
    ),
    responses((status = 200, description = "A page.", body = Deliveries)),
)]
pub(crate) async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<WebhookId>,
    Query(asked): Query<DeliveriesPage>,
) -> Result<Response, Problem> {
    let page = Page::<DeliveryId>::read(asked.limit, asked.cursor.as_deref())?;
    let (reach, state) = (caller.reach.clone(), asked.state.map(DeliveryState::from));
    let (before, most) = (page.after.clone(), page.most());
    let found =
        app.webhooks(move |webhooks| webhooks.deliveries(&id, state, before.as_ref(), most, &reach)).await?;
    let (shown, next) = page.cut(found, |delivery| delivery.id.to_string());
    Ok(json(StatusCode::OK, &Deliveries { deliveries: shown.iter().map(DeliveryView::from).collect(), next }))
}
