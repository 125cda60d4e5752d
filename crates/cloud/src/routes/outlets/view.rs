use registry::{Label, Place};
use serde::Serialize;
use utoipa::ToSchema;

use super::zone;

/// An outlet: where a merchant sells, with a line of numbers of its own.
#[derive(Serialize, ToSchema)]
#[schema(as = Outlet)]
pub(crate) struct OutletView {
    /// Its id, which invoices name.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// Whose it is.
    #[schema(example = "mer_0123456789abcdefghjk")]
    merchant_id: String,
    /// The merchant's number, which its invoices name.
    #[schema(example = "A2301457K")]
    merchant_nif: String,
    /// What people call it.
    #[schema(example = "Gombe, avenue du Commerce")]
    name: String,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    address: Option<String>,
    /// What its fiscal numbers begin with.
    #[schema(example = "KINGOMBE01")]
    prefix: String,
    /// Where its days begin: `Africa/Kinshasa` or `Africa/Lubumbashi`.
    #[schema(example = "Africa/Kinshasa")]
    zone: String,
    /// Since when it is here.
    #[schema(example = "2026-03-14T07:32:11Z")]
    created: String,
    /// Whether its keys and people are refused.
    stopped: bool,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    stopped_at: Option<String>,
}

impl From<&Place> for OutletView {
    fn from(place: &Place) -> Self {
        let Place { outlet, merchant, name, address, created, stopped } = place;
        Self {
            outlet_id: outlet.id.to_string(),
            merchant_id: merchant.to_string(),
            merchant_nif: outlet.nif.to_string(),
            name: name.to_string(),
            address: address.as_ref().map(Label::to_string),
            prefix: outlet.prefix.to_string(),
            zone: zone::name(outlet.zone),
            created: format!("{created}Z"),
            stopped: stopped.is_some(),
            stopped_at: stopped.map(|stopped| format!("{stopped}Z")),
        }
    }
}
