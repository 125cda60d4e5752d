use std::num::NonZeroU32;

use registry::{KeyRecord, MerchantId, Permission, Rate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    /// Its id.
    #[schema(example = "key_0123456789abcdefghjk")]
    key_id: String,
    /// What people call it.
    #[schema(example = "Till 1")]
    name: String,
    /// Its role.
    #[schema(example = "cashier")]
    role: &'static str,
    /// All that it may do.
    #[schema(example = json!(["invoices:seal", "invoices:read"]))]
    scopes: Vec<&'static str>,
    /// Whose it is; none is the platform's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// The only outlet that it reaches, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// How often it may ask, unless it is as often as every key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    rate: Option<KeyRate>,
    /// When it was made.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// By whom, as the log of acts names him.
    #[schema(example = "usr_0123456789abcdefghjk")]
    created_by: String,
    /// From which second on it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    expires: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    revoked: Option<String>,
}

/// How often a key may ask.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rate)]
pub(crate) struct KeyRate {
    /// For as long as it asks.
    #[schema(value_type = u32, minimum = 1, example = 500)]
    per_second: NonZeroU32,
    /// At once, after a pause.
    #[schema(value_type = u32, minimum = 1, example = 1000)]
    burst: NonZeroU32,
}

impl From<KeyRate> for Rate {
    fn from(KeyRate { per_second, burst }: KeyRate) -> Self {
        Self { per_second, burst }
    }
}

impl From<&KeyRecord> for KeyView {
    fn from(key: &KeyRecord) -> Self {
        let time = |time| format!("{time}Z");
        Self {
            key_id: key.id.to_string(),
            name: key.name.to_string(),
            role: key.role.name(),
            scopes: key.permissions().iter().map(Permission::name).collect(),
            merchant_id: key.reach.merchant().map(MerchantId::to_string),
            outlet_id: key.reach.outlet().map(|outlet| outlet.to_string()),
            rate: key.rate.map(|Rate { per_second, burst }| KeyRate { per_second, burst }),
            created: time(key.created),
            created_by: key.created_by.clone(),
            expires: key.expires.map(time),
            revoked: key.revoked.map(time),
        }
    }
}
