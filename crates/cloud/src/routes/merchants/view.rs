use registry::Merchant;
use serde::Serialize;
use utoipa::ToSchema;

/// A merchant: one taxpayer, whose things nobody else sees.
#[derive(Serialize, ToSchema)]
#[schema(as = Merchant)]
pub(crate) struct MerchantView {
    /// His id.
    #[schema(example = "mer_0123456789abcdefghjk")]
    merchant_id: String,
    /// What people call him.
    #[schema(example = "Alimentation Mbuyi")]
    name: String,
    /// The taxpayer's number.
    #[schema(example = "A2301457K")]
    nif: String,
    /// Since when he is here.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// Whether his keys and people are refused.
    stopped: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    stopped_at: Option<String>,
}

impl From<&Merchant> for MerchantView {
    fn from(merchant: &Merchant) -> Self {
        let Merchant { id, name, nif, created, stopped } = merchant;
        Self {
            merchant_id: id.to_string(),
            name: name.to_string(),
            nif: nif.to_string(),
            created: format!("{created}Z"),
            stopped: stopped.is_some(),
            stopped_at: stopped.map(|stopped| format!("{stopped}Z")),
        }
    }
}
