use fiscal::SecurityElements;
use serde::Deserialize;

/// The five security elements as someone stores them, any of which may be absent or wrong.
///
/// The answer to a COMMIT and the `log_entry.sealed` of a device can be read straight into it: other members are ignored.
/// An empty text is as good as none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Elements {
    /// `KINGOMBE01-0-00000105` (S8)
    pub fiscal_number: Option<String>,
    /// Who sealed (S7).
    pub device_id: Option<String>,
    /// 16 characters of the signature (S4).
    pub auth_code: Option<String>,
    /// When it was sealed, in UTC: `2026-02-04T10:15:32`.
    pub timestamp: Option<String>,
    /// What the QR code says (S5).
    pub qr_payload: Option<String>,
    /// Header, link and signature in base64url, if they are at hand: they tie the seal to the payload byte for byte.
    pub record: Option<String>,
}

impl From<&SecurityElements> for Elements {
    fn from(elements: &SecurityElements) -> Self {
        Self {
            fiscal_number: Some(elements.fiscal_number.to_string()),
            device_id: Some(elements.device.to_string()),
            auth_code: Some(elements.auth_code.to_string()),
            timestamp: Some(elements.time.to_string()),
            qr_payload: Some(elements.qr.to_string()),
            record: None,
        }
    }
}
