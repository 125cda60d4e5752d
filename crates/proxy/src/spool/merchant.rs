use fiscal::{Nif, OutletId, UtcOffset};
use serde::{Deserialize, Serialize};

use crate::metrics::Status;

/// Whose a device is: what a friendly invoice may leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Merchant {
    #[serde(with = "text")]
    pub(crate) nif: Nif,
    #[serde(with = "text")]
    pub(crate) outlet: OutletId,
    utc_offset_minutes: Option<i16>,
}

impl Merchant {
    /// Under which it is kept.
    pub(crate) const NAME: &'static str = "merchant";

    /// None before the device is somebody's.
    pub(crate) fn of(status: &Status) -> Option<Self> {
        let (nif, outlet) = (status.merchant_nif?, status.outlet_id?);
        Some(Self { nif, outlet, utc_offset_minutes: status.utc_offset_minutes })
    }

    /// By which its day is counted.
    pub(crate) fn offset(self) -> UtcOffset {
        self.utc_offset_minutes.and_then(UtcOffset::from_minutes).unwrap_or(UtcOffset::KINSHASA)
    }
}

mod text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| de::Error::custom("a text that is not of its form"))
    }
}
