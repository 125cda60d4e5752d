use std::{num::ParseIntError, str::FromStr, sync::Arc};

use axum::{extract::State, http::StatusCode, response::Response};
use registry::{Registry, RegistryFault};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::view::{TaxGroup, VersionView};
use crate::{
    answer::json,
    app::App,
    extract::{Id, not_found},
    problem::Problem,
};

/// A version with its groups.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxManifest)]
pub(crate) struct ManifestView {
    #[serde(flatten)]
    version: VersionView,
    /// All that there were, are and will be.
    #[schema(value_type = Vec<TaxGroup>)]
    groups: Box<RawValue>,
}

/// Which version.
pub(crate) enum Which {
    /// The one that holds.
    Current,
    /// One by its number.
    Numbered(u32),
}

impl FromStr for Which {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text == "current" { Ok(Self::Current) } else { text.parse().map(Self::Numbered) }
    }
}

/// Read a tax manifest
///
/// `current` is the version that holds.
#[utoipa::path(
    get,
    path = "/api/v1/tax-manifests/{version}",
    operation_id = "readTaxManifest",
    tag = "Tax manifests",
    params(("version" = String, Path, description = "Its number, or `current`.", example = "current")),
    responses((status = 200, description = "The version and its groups.", body = ManifestView)),
)]
pub(crate) async fn show(State(app): State<Arc<App>>, Id(which): Id<Which>) -> Result<Response, Problem> {
    let (version, groups) = app.registry(move |registry| find(registry, &which)).await?;
    let (Some(version), Ok(groups)) = (version, RawValue::from_string(groups)) else {
        return Err(not_found());
    };
    Ok(json(StatusCode::OK, &ManifestView { version, groups }))
}

fn find(registry: &mut Registry<'_>, which: &Which) -> Result<(Option<VersionView>, String), RegistryFault> {
    let book = match which {
        Which::Current => registry.newest_manifest()?,
        Which::Numbered(version) => registry.manifest(*version)?,
    };
    let record = registry.manifests(book.version().checked_sub(1), 1)?.pop();
    Ok((record.as_ref().map(VersionView::from), book.to_json()))
}
