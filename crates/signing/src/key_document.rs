//! The list of keys that anyone may fetch.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{DeviceId, PublicKey, Timestamp};
use serde::Serialize;

use crate::Purpose;

/// What `/.well-known/fiscal-keys.json` says: all keys of the cloud's signers, those of the past too, because what
/// they sealed is verified for years.
///
/// It helps to find a key. Trust comes from the signed bundle (S6): whoever can alter this list could add a key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyDocument {
    version: u32,
    keys: Vec<Member>,
}

/// A key and when it was in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedKey {
    /// The key.
    pub public_key: PublicKey,
    /// Whose.
    pub signer: DeviceId,
    /// What for.
    pub purpose: Purpose,
    /// Since when.
    pub since: Timestamp,
    /// Since when no more; none while it is in use. Which number was its last, the signed bundle says.
    pub until: Option<Timestamp>,
}

/// In the order in which it is written.
#[derive(Clone, Debug, Serialize)]
struct Member {
    id: String,
    #[serde(rename = "use")]
    purpose: Purpose,
    signer_id: String,
    since: String,
    until: Option<String>,
    public_key: String,
    pem: String,
}

impl KeyDocument {
    /// The media type.
    pub const CONTENT_TYPE: &str = "application/json";

    /// Lists the keys, the oldest first.
    pub fn new(keys: impl IntoIterator<Item = PublishedKey>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by_key(|key| (key.since, key.public_key.id()));
        Self { version: 1, keys: keys.iter().map(Member::of).collect() }
    }

    /// In its one form: the same keys give the same bytes.
    pub fn to_json(&self) -> String {
        // Strings and integers only, so that writing cannot fail.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

impl Member {
    fn of(key: &PublishedKey) -> Self {
        Self {
            id: key.public_key.id().to_string(),
            purpose: key.purpose,
            signer_id: key.signer.to_string(),
            since: format!("{}Z", key.since),
            until: key.until.map(|until| format!("{until}Z")),
            public_key: Base64UrlUnpadded::encode_string(&key.public_key.to_spki()),
            pem: key.public_key.to_pem().as_str().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys of docs/formats.md.
    const ROOT: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmMcf/tvLjgw8a631WNXpjtuYsoyD\nxMaHDTMmJKAjHreKpGvak90U2N8Rxb4Z2tVu+MJc/0CyVLrVcz1rvHfPGw==\n-----END PUBLIC KEY-----\n";
    const ISSUER: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEOjIaisBd2bOC+rc5OGAXQFb7gBhV\n7rDVYcuNOPboCOXh8/j+ZE39c9lVw6YU3hoHMTTnk8yEFjsXexAlRF9dYA==\n-----END PUBLIC KEY-----\n";

    fn key(pem: &str, purpose: Purpose, since: &str, until: Option<&str>) -> PublishedKey {
        PublishedKey {
            public_key: PublicKey::from_pem(pem).unwrap(),
            signer: "CLOUD-1".parse().unwrap(),
            purpose,
            since: since.parse().unwrap(),
            until: until.map(|until| until.parse().unwrap()),
        }
    }

    #[test]
    fn the_list_is_written_in_one_form_the_oldest_key_first() {
        let keys = [
            key(ROOT, Purpose::Attest, "2026-02-04T10:15:30", None),
            key(ISSUER, Purpose::Seal, "2026-01-01T00:00:00", Some("2026-02-04T10:15:30")),
        ];
        let expected = include_str!("../tests/fiscal-keys.json");
        assert_eq!(KeyDocument::new(keys).to_json(), expected);
        assert_eq!(KeyDocument::new(keys.into_iter().rev()).to_json(), expected);
    }

    #[test]
    fn a_list_without_keys_is_a_list() {
        assert_eq!(KeyDocument::new([]).to_json(), "{\n  \"version\": 1,\n  \"keys\": []\n}\n");
    }
}
