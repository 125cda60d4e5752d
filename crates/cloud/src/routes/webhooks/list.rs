use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use webhooks::WebhookId;

use super::view::WebhookView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query},
    problem::{Kind, Problem, ProblemBody, words},
    routes::whose::shown,
};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhooksPage {
    /// Whose; only the platform has to say it.
    merchant_id: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of webhooks.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(crate) struct WebhooksList {
    /// In the order of their ids.
    webhooks: Vec<WebhookView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List a merchant's webhooks
///
/// Without their secrets. Those that are deleted are shown for 30 days. Who reaches one outlet only sees those of that
/// outlet.
#[utoipa::path(
    get,
    path = "/api/v1/webhooks",
    operation_id = "listWebhooks",
    tag = "Webhooks",
    params(WebhooksPage),
    responses(
        (status = 200, description = "A page.", body = WebhooksList),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<WebhooksPage>,
) -> Result<Response, Problem> {
    let page = Page::<WebhookId>::read(asked.limit, asked.cursor.as_deref())?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let merchant = reach.merchant().cloned().ok_or_else(whose)?;
    let mut found = app.webhooks(move |webhooks| webhooks.list(&merchant, &reach)).await?;
    // They are few, and in the order of their ids.
    found.retain(|webhook| page.after.as_ref().is_none_or(|after| webhook.id > *after));
    let (shown, next) = page.cut(found, |webhook| webhook.id.to_string());
    Ok(json(StatusCode::OK, &WebhooksList { webhooks: shown.iter().map(WebhookView::from).collect(), next }))
}

fn whose() -> Problem {
    Problem::of_member(
        Kind::RequestInvalid,
        "merchant_id",
        words("dites de quel marchand : merchant_id", "say which merchant's: merchant_id"),
    )
}
