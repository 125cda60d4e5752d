use std::{collections::BTreeSet, fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::Timestamp;

/// The secret by which an e-MCF is used: the authority's bearer token. It is in no text but the header that carries it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is no token. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Too short or too long.
    #[error("a token has 16 to 8192 characters: copy all of it from the authority's portal")]
    Length,
    /// It has characters that no token has.
    #[error(
        "a token has letters, digits and -._~+/= without spaces: copy it without the word Bearer and without quotes"
    )]
    Form,
}

impl Token {
    /// The shortest, in bytes.
    pub const MIN_LENGTH: usize = 16;
    /// The longest, in bytes.
    pub const MAX_LENGTH: usize = 8_192;

    /// The secret itself: for the vault that keeps it and the header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A text without the token: it ends where the token, or any part of it as long as the shortest token, would begin.
    pub(crate) fn cut_from(&self, mut text: String) -> String {
        let parts: BTreeSet<&[u8]> = self.0.as_bytes().windows(Self::MIN_LENGTH).collect();
        if let Some(at) = text.as_bytes().windows(Self::MIN_LENGTH).position(|part| parts.contains(part)) {
            // A token is ASCII: it begins where a character does.
            text.truncate(at);
            text.push('…');
        }
        text
    }

    /// When it expires, as the token says of itself; its signature is the authority's to check.
    pub fn expires(&self) -> Option<Timestamp> {
        let mut parts = self.0.split('.');
        let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        let claims = Base64UrlUnpadded::decode_vec(claims.trim_end_matches('=')).ok()?;
        let claims: Claims = serde_json::from_slice(&claims).ok()?;
        Timestamp::from_unix(claims.exp)
    }
}

#[derive(serde::Deserialize)]
struct Claims {
    exp: u64,
}

impl FromStr for Token {
    type Err = TokenFault;

    fn from_str(text: &str) -> Result<Self, TokenFault> {
        let text = text.trim();
        let allowed = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
        };
        if !text.bytes().all(allowed) {
            return Err(TokenFault::Form);
        }
        if !(Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&text.len()) {
            return Err(TokenFault::Length);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2lnbmF0dXJl", Base64UrlUnpadded::encode_string(claims.as_bytes()))
    }

    #[test]
    fn a_token_says_when_it_expires() {
        let token: Token = jwt(r#"{"unique_name":"A1|CD01","exp":1764579814,"iat":1}"#).parse().unwrap();
        assert_eq!(token.expires().unwrap().unix(), 1_764_579_814);
    }

    #[test]
    fn a_token_that_does_not_say_it_has_no_expiry() {
        for text in [
            jwt("{}"),
            jwt(r#"{"exp":"soon"}"#),
            jwt(r#"{"exp":-1}"#),
            "x".repeat(20),
            format!("{}.a", jwt("{}")),
        ] {
            assert_eq!(text.parse::<Token>().unwrap().expires(), None);
        }
    }

    #[test]
    fn no_text_of_a_token_or_its_fault_holds_it() {
        let secret = "s3cr3t-s3cr3t-s3cr3t";
        let token: Token = secret.parse().unwrap();
        let broken = format!("{secret} {secret}");
        let fault = broken.parse::<Token>().unwrap_err();
        for text in [
            format!("{token:?}"),
            format!("{token:#?}"),
            token.to_string(),
            format!("{fault:?}"),
            fault.to_string(),
        ] {
            assert!(!text.contains("s3cr3t"), "{text}");
        }
        assert_eq!(token.reveal(), secret);
    }

    #[test]
    fn what_could_not_stand_in_a_header_is_no_token() {
        for text in [
            "a b c d e f g h i j",
            "Bearer aaaaaaaaaaaaaaaa",
            "aaaaaaaaaaaaaaaa\r\nX: y",
            "\"aaaaaaaaaaaaaaaa\"",
            "ééééééééééééé",
        ] {
            assert_eq!(text.parse::<Token>(), Err(TokenFault::Form), "{text}");
        }
        assert_eq!("short".parse::<Token>(), Err(TokenFault::Length));
        assert_eq!("x".repeat(8_193).parse::<Token>(), Err(TokenFault::Length));
    }

    #[test]
    fn a_long_token_or_a_part_of_it_that_is_sent_back_is_cut_at_its_beginning() {
        let token: Token = format!("eyJhbGciOiJIUzI1NiJ9.{}", "s3cr3t".repeat(200)).parse().unwrap();
        for (text, kept) in [
            (format!("jeton {} invalide", token.reveal()), "jeton …"),
            (format!("jeton {}", &token.reveal()[..200]), "jeton …"),
            (format!("signature {} fausse", &token.reveal()[300..]), "signature …"),
            (format!("clé {} inconnue", &token.reveal()[40..60]), "clé …"),
            ("jeton invalide".to_owned(), "jeton invalide"),
        ] {
            assert_eq!(token.cut_from(text), kept);
        }
    }
}
