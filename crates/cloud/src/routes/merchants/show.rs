use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::MerchantId;

use super::view::MerchantView;
use crate::{answer::json, app::App, auth::Caller, extract::Id, problem::Problem};

/// Read a merchant
#[utoipa::path(
    get,
    path = "/api/v1/merchants/{merchant_id}",
    operation_id = "readMerchant",
    tag = "Merchants",
    params(("merchant_id" = String, Path, description = "His id.", example = "mer_0123456789abcdefghjk")),
    responses((status = 200, description = "The merchant.", body = MerchantView)),
)]
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id<MerchantId>,
) -> Result<Response, Problem> {
    let reach = caller.reach.clone();
    let merchant = app.registry(move |registry| registry.merchant(&reach, &id)).await?;
    Ok(json(StatusCode::OK, &MerchantView::from(&merchant)))
}
