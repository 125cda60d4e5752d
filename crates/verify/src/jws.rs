//! ES256 compact JWS (RFC 7515), as lists of keys, lists of an export's parts and reports are signed.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{KeyId, PublicKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
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
struct JoseHeader<S> {
    alg: String,
    typ: String,
    #[serde(default)]
    kid: String,
    /// Of what a body is that does not say it itself.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    scope: Option<S>,
}

const fn none<S>() -> Option<S> {
    None
}

impl<'a> Jws<'a> {
    pub(crate) fn read(text: &'a str, typ: &str) -> Result<Self, JwsFault> {
        match Self::open::<()>(text, typ)? {
            (jws, None) => Ok(jws),
            (_, Some(())) => Err(JwsFault::Form),
        }
    }

    /// The same of a kind whose header has a scope.
    pub(crate) fn read_scoped<S: DeserializeOwned>(text: &'a str, typ: &str) -> Result<(Self, S), JwsFault> {
        let (jws, scope) = Self::open(text, typ)?;
        Ok((jws, scope.ok_or(JwsFault::Form)?))
    }

    fn open<S: DeserializeOwned>(text: &'a str, typ: &str) -> Result<(Self, Option<S>), JwsFault> {
        let (signed, signature) = text.trim().rsplit_once('.').ok_or(JwsFault::Form)?;
        let (header, body) = signed.split_once('.').ok_or(JwsFault::Form)?;
        let header: JoseHeader<S> = from_base64_json(header).ok_or(JwsFault::Form)?;
        if header.alg != "ES256" || header.typ != typ {
            return Err(JwsFault::Kind);
        }
        let signature = Base64UrlUnpadded::decode_vec(signature).ok();
        let signature = signature.and_then(|bytes| bytes.try_into().ok()).ok_or(JwsFault::Form)?;
        Ok((Self { signed, body, signature }, header.scope))
    }

    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verify_prehash(&hash(self.signed), &self.signature).is_ok()
    }

    pub(crate) fn body<T: for<'de> Deserialize<'de>>(&self) -> Result<T, JwsFault> {
        from_base64_json(self.body).ok_or(JwsFault::Form)
    }

    /// The body as it was signed.
    pub(crate) fn text(&self) -> Result<String, JwsFault> {
        let bytes = Base64UrlUnpadded::decode_vec(self.body).map_err(|_| JwsFault::Form)?;
        String::from_utf8(bytes).map_err(|_| JwsFault::Form)
    }
}

/// What is to be signed.
pub(crate) fn unsigned(typ: &str, key: KeyId, body: &impl Serialize) -> String {
    format!("{}.{}", header(typ, key, None::<()>), to_base64_json(body))
}

/// The same for a body that is text already.
pub(crate) fn unsigned_text(typ: &str, key: KeyId, scope: impl Serialize, text: &str) -> String {
    format!("{}.{}", header(typ, key, Some(scope)), Base64UrlUnpadded::encode_string(text.as_bytes()))
}

fn header<S: Serialize>(typ: &str, key: KeyId, scope: Option<S>) -> String {
    to_base64_json(&JoseHeader { alg: "ES256".to_owned(), typ: typ.to_owned(), kid: key.to_string(), scope })
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
