use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use registry::MerchantId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::MerchantView;
use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query},
    problem::Problem,
};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MerchantsPage {
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of merchants.
#[derive(Serialize, ToSchema)]
pub(crate) struct Merchants {
    /// In the order of their ids.
    merchants: Vec<MerchantView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List merchants
///
/// A merchant's own keys and people see him alone.
#[utoipa::path(
    get,
    path = "/api/v1/merchants",
    operation_id = "listMerchants",
    tag = "Merchants",
    params(MerchantsPage),
    responses((status = 200, description = "A page.", body = Merchants)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<MerchantsPage>,
) -> Result<Response, Problem> {
    let page = Page::<MerchantId>::read(asked.limit, asked.cursor.as_deref())?;
    let (reach, after, most) = (caller.reach.clone(), page.after.clone(), page.most());
    let found = app.registry(move |registry| registry.merchants(&reach, after.as_ref(), most)).await?;
    let (shown, next) = page.cut(found, |merchant| merchant.id.to_string());
    Ok(json(StatusCode::OK, &Merchants { merchants: shown.iter().map(MerchantView::from).collect(), next }))
}
