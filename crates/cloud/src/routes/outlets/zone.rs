use fiscal::UtcOffset;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where an outlet's days begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub(crate) enum Zone {
    /// The west, UTC+1.
    #[serde(rename = "Africa/Kinshasa")]
    Kinshasa,
    /// The east, UTC+2.
    #[serde(rename = "Africa/Lubumbashi")]
    Lubumbashi,
}

impl From<Zone> for UtcOffset {
    fn from(zone: Zone) -> Self {
        match zone {
            Zone::Kinshasa => Self::KINSHASA,
            Zone::Lubumbashi => Self::LUBUMBASHI,
        }
    }
}

/// The zone's name, or how far it is from UTC where it is another.
pub(super) fn name(zone: UtcOffset) -> String {
    match zone {
        UtcOffset::KINSHASA => "Africa/Kinshasa".to_owned(),
        UtcOffset::LUBUMBASHI => "Africa/Lubumbashi".to_owned(),
        other => {
            let (minutes, sign) =
                (other.minutes().unsigned_abs(), if other.minutes() < 0 { '-' } else { '+' });
            format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}
