use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::view::VersionView;
use crate::{
    answer::json,
    app::App,
    extract::{Page, Query},
    problem::Problem,
};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ManifestsPage {
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of versions, without their groups.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxManifests)]
pub(crate) struct Manifests {
    /// In their order; the last of all holds.
    tax_manifests: Vec<VersionView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List tax manifests
///
/// They are the same for all merchants.
#[utoipa::path(
    get,
    path = "/api/v1/tax-manifests",
    operation_id = "listTaxManifests",
    tag = "Tax manifests",
    params(ManifestsPage),
    responses((status = 200, description = "A page.", body = Manifests)),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Query(asked): Query<ManifestsPage>,
) -> Result<Response, Problem> {
    let page = Page::<u32>::read(asked.limit, asked.cursor.as_deref())?;
    let (after, most) = (page.after, page.most());
    let found = app.registry(move |registry| registry.manifests(after, most)).await?;
    let (shown, next) = page.cut(found, |record| record.version.to_string());
    Ok(json(
        StatusCode::OK,
        &Manifests { tax_manifests: shown.iter().map(VersionView::from).collect(), next },
    ))
}
