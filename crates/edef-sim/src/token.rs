use std::{borrow::Borrow, fmt};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

use crate::{At, Dice, world::Nim};

/// What stands behind `Authorization: Bearer`: formed as a JWT, so that clients can read `exp`. It is signed by nobody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    pub(crate) fn new(nif: &str, nim: &Nim, now: At, expires: At, dice: &mut dyn Dice) -> Self {
        let part = |json: String| Base64UrlUnpadded::encode_string(json.as_bytes());
        let head = part(r#"{"alg":"HS256","typ":"JWT"}"#.to_owned());
        let (from, until) = (now.0 / 1_000, expires.0 / 1_000);
        let said = serde_json::json!({
            "unique_name": format!("{nif}|{nim}"), "role": "Taxpayer", "nbf": from, "exp": until, "iat": from,
        });
        let mut mark = [0; 32];
        for chunk in mark.chunks_mut(8) {
            chunk.copy_from_slice(&dice.roll().to_le_bytes());
        }
        Self(format!("{head}.{}.{}", part(said.to_string()), Base64UrlUnpadded::encode_string(&mark)))
    }

    /// Its text. A simulator's token is no secret; a real one is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that a map of tokens can be asked for a text.
impl Borrow<str> for Token {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
