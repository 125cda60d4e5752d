use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Label, MerchantChange, MerchantId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::MerchantView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Id, Json, member},
    problem::Problem,
};

/// What is to be different of a merchant; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MerchantChange, example = json!({ "name": "Alimentation Mbuyi & Fils" }))]
pub(crate) struct MerchantChangeBody {
    /// What people call him.
    #[schema(required = false, min_length = 1, max_length = 128)]
    name: Option<String>,
    /// Whether his keys and people are refused; only the platform says so.
    #[schema(required = false)]
    stopped: Option<bool>,
}

/// Change a merchant
///
/// His NIF stays: it is in what was sealed. Only the platform stops and resumes a merchant.
#[utoipa::path(
    patch,
    path = "/api/v1/merchants/{merchant_id}",
    operation_id = "changeMerchant",
    tag = "Merchants",
    params(("merchant_id" = String, Path, description = "His id.", example = "mer_0123456789abcdefghjk")),
    request_body = MerchantChangeBody,
    responses((status = 200, description = "As he is now.", body = MerchantView)),
)]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<MerchantId>,
    Json(body): Json<MerchantChangeBody>,
) -> Result<Response, Problem> {
    let name: Option<Label> = body.name.map(|name| member("name", &name)).transpose()?;
    let change = MerchantChange { name, stopped: body.stopped };
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let changed = app.registry(move |registry| registry.change_merchant(&reach, &id, &change, &by, now));
    let merchant = changed.await?;
    app.forget_who_may();
    Ok(json(StatusCode::OK, &MerchantView::from(&merchant)))
}
