//! ES256 compact JWS (RFC 7515), as lists of keys and of an export's parts are signed.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{KeyId, PublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A text whose signature may be asked for, of the kind that its reader knows.
pub(crate) struct Jws<'a> {
    signed: &'a str,
    body: &'a str,
    signature: [u8; 64],
}

/// Why a text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JwsFault {
    Form,
    /// Signed otherwise, or something else.
    Kind,
}

/// Members that a version does not know make a new version; `crit` is one of them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JoseHeader {
    alg: String,
    typ: String,
    #[serde(default)]
    kid: String,
}

impl<'a> Jws<'a> {
    pub(crate) fn read(text: &'a str, typ: &str) -> Result<Self, JwsFault> {
        let (signed, signature) = text.trim().rsplit_once('.').ok_or(JwsFault::Form)?;
        let (header, body) = signed.split_once('.').ok_or(JwsFault::Form)?;
        let header: JoseHeader = from_base64_json(header).ok_or(JwsFault::Form)?;
        if header.alg != "ES256" || header.typ != typ {
            return Err(JwsFault::Kind);
        }
        let signature = Base64UrlUnpadded::decode_vec(signature).ok();
        let signature = signature.and_then(|bytes| bytes.try_into().ok()).ok_or(JwsFault::Form)?;
        Ok(Self { signed, body, signature })
    }

    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify_prehash(&hash(self.signed), &self.signature).is_ok()
    }

    pub(crate) fn body<T: for<'de> Deserialize<'de>>(&self) -> Result<T, JwsFault> {
        from_base64_json(self.body).ok_or(JwsFault::Form)
    }
}

/// What is to be signed.
pub(crate) fn unsigned(typ: &str, key: KeyId, body: &impl Serialize) -> String {
    let header = JoseHeader { alg: "ES256".to_owned(), typ: typ.to_owned(), kid: key.to_string() };
    format!("{}.{}", to_base64_json(&header), to_base64_json(body))
}

/// The hash that ES256 signs.
pub(crate) fn hash(signed: &str) -> [u8; 32] {
    Sha256::digest(signed.as_bytes()).into()
}

pub(crate) fn with_signature(signed: &str, signature: &[u8; 64]) -> String {
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature))
}

fn from_base64_json<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let json = Base64UrlUnpadded::decode_vec(text).ok()?;
    serde_json::from_slice(&json).ok()
}

fn to_base64_json(value: &impl Serialize) -> String {
    // Structs of strings and numbers always serialise.
    Base64UrlUnpadded::encode_string(&serde_json::to_vec(value).unwrap_or_default())
}
