use registry::ManifestRecord;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which version, and who imported it when.
#[derive(Serialize, ToSchema)]
#[schema(as = TaxManifestVersion)]
pub(crate) struct VersionView {
    /// 0 is what everybody starts with; each that is imported has the next.
    #[schema(example = 1)]
    version: u32,
    /// When it was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "2026-03-14T07:32:11Z")]
    imported: Option<String>,
    /// By whom, as the log of acts names him.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "usr_0123456789abcdefghjk")]
    imported_by: Option<String>,
}

impl From<&ManifestRecord> for VersionView {
    fn from(record: &ManifestRecord) -> Self {
        Self {
            version: record.version,
            imported: record.imported.as_ref().map(|(time, _)| format!("{time}Z")),
            imported_by: record.imported.as_ref().map(|(_, by)| by.clone()),
        }
    }
}

/// A tax group from a day on: the newest entry of a code that has begun holds.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaxGroup {
    /// What items name.
    #[schema(example = "standard_vat")]
    code: String,
    /// The authority's letter.
    #[schema(example = "B", pattern = "^[A-P]$")]
    letter: String,
    /// What receipts call it in French.
    #[schema(example = "TVA 16 %", min_length = 1, max_length = 64)]
    french: String,
    /// And in English.
    #[schema(example = "VAT 16%", min_length = 1, max_length = 64)]
    english: String,
    /// The rate, as a fraction: `0.16` is 16 %.
    #[schema(example = "0.16", pattern = r"^[0-9]+\.[0-9]{2,4}$")]
    rate: String,
    /// From which day on, in each outlet's zone.
    #[schema(example = "2026-01-01", pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    valid_from: String,
    /// On which types of invoices; on all if they are left out, and none ends the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = json!(["sale", "credit_note"]))]
    invoice_types: Option<Vec<String>>,
    /// For which classes of clients; for all if they are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = json!(["embassy"]))]
    classifications: Option<Vec<String>>,
}
