use std::sync::Arc;

use axum::{extract::State, response::Response};
use ledger::ManifestBook;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use utoipa::ToSchema;

use super::view::TaxGroup;
use crate::{
    answer::created,
    app::App,
    auth::Caller,
    extract::LargeJson,
    problem::{Problem, ProblemBody},
};

/// All tax groups that there were, are and will be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTaxManifest, example = json!({ "groups": example() }))]
pub(crate) struct NewManifest {
    /// What holds today and held before stays as it is; what is to change has another entry, from a later day on.
    #[schema(value_type = Vec<TaxGroup>, min_items = 1, max_items = 1024)]
    groups: Box<RawValue>,
}

/// What everybody starts with, and another rate from a later day on.
fn example() -> Value {
    let groups = serde_json::from_str(&ManifestBook::default_book().to_json());
    let mut groups: Vec<Value> = groups.unwrap_or_default();
    groups.push(json!({
        "code": "standard_vat", "letter": "B", "french": "TVA 18 %", "english": "VAT 18%", "rate": "0.18",
        "valid_from": "2099-01-01",
    }));
    groups.into()
}

/// A version that was imported.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeTaxManifest)]
pub(crate) struct MadeManifest {
    /// Which it is.
    #[schema(example = 1)]
    version: u32,
}

/// Import a tax manifest
///
/// As the next version, for all merchants: read the current one, add entries that begin on a later day, and send all of it.
/// A rate changes at midnight in each outlet's zone. Here it holds at once, in other processes within some seconds.
#[utoipa::path(
    post,
    path = "/api/v1/tax-manifests",
    operation_id = "importTaxManifest",
    tag = "Tax manifests",
    request_body = NewManifest,
    responses(
        (status = 201, description = "It is imported.", body = MadeManifest,
            headers(("Location" = String, description = "The version's address."))),
        (status = 409, description = "It would change what holds today or held before.", body = ProblemBody<'static>,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    LargeJson(body): LargeJson<NewManifest>,
) -> Result<Response, Problem> {
    let (reach, by, now) = (caller.reach.clone(), caller.by(), app.clock.now());
    let imported =
        app.registry(move |registry| registry.import_manifest(&reach, body.groups.get(), &by, now));
    let book = imported.await?;
    let version = book.version();
    app.take_manifest(book);
    Ok(created(&format!("tax-manifests/{version}"), &MadeManifest { version }))
}
