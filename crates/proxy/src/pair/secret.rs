//! What tills show: a code once, a token each time.

use std::{fmt, str::FromStr};

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a person types into a till: eight characters, such as `7K2M-9Q4X`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PairingCode([u8; 5]);

/// The text is no such code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code is eight letters and digits, such as 7K2M-9Q4X: copy all of it")]
pub struct CodeFault;

impl PairingCode {
    pub(super) const fn new(random: [u8; 5]) -> Self {
        Self(random)
    }

    /// What is kept. It is good for ten minutes, so that trying all of them on a stolen file comes too late.
    pub(super) fn hash(&self, salt: &[u8; 16]) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"stelala-pairing-")
            .chain_update(salt)
            .chain_update(self.0)
            .finalize()
            .into()
    }
}

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e] = self.0;
        let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        for index in 0..8 {
            let symbol = ALPHABET[((bits >> (35 - 5 * index)) & 31) as usize];
            write!(f, "{}{}", if index == 4 { "-" } else { "" }, char::from(symbol))?;
        }
        Ok(())
    }
}

impl FromStr for PairingCode {
    type Err = CodeFault;

    /// As people type: small letters, spaces, hyphens, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, CodeFault> {
        let (mut bits, mut count) = (0_u64, 0);
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            let symbol = match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let value = ALPHABET.iter().position(|known| *known == symbol).ok_or(CodeFault)?;
            (bits, count) = (bits << 5 | value as u64, count + 1);
            if count > 8 {
                return Err(CodeFault);
            }
        }
        let [_, _, _, a, b, c, d, e] = bits.to_be_bytes();
        if count == 8 { Ok(Self([a, b, c, d, e])) } else { Err(CodeFault) }
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode(…)")
    }
}

/// What a paired till shows with each question: `stt_` and 32 random bytes in base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct TillToken(String);

impl TillToken {
    /// What it begins with, for tools that look for lost secrets.
    pub const PREFIX: &str = "stt_";

    pub(super) fn new(random: &[u8; 32]) -> Self {
        Self(format!("{}{}", Self::PREFIX, Base64UrlUnpadded::encode_string(random)))
    }

    /// To be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Of a text that can be one.
    pub(super) fn hash_of(text: &str) -> Option<[u8; 32]> {
        let mut random = [0; 33];
        let decoded = Base64UrlUnpadded::decode(text.strip_prefix(Self::PREFIX)?, &mut random).ok()?;
        (decoded.len() == 32).then(|| Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for TillToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TillToken(stt_…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_code_is_read_as_it_was_written_however_it_is_typed(random: [u8; 5]) {
            let code = PairingCode::new(random);
            let text = code.to_string();
            prop_assert_eq!(text.len(), 9);
            for typed in [text.clone(), text.to_lowercase(), text.replace('-', ""), text.replace('0', "o").replace('1', "l")] {
                prop_assert_eq!(typed.parse(), Ok(code));
            }
        }
    }

    #[test]
    fn what_is_no_code_is_not_read_as_one() {
        for wrong in ["", "7K2M-9Q4", "7K2M-9Q4XX", "7K2M-9Q4U", "7K2M_9Q4X", "é7K2M9Q4"] {
            assert_eq!(wrong.parse::<PairingCode>(), Err(CodeFault), "{wrong}");
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        let token = TillToken::new(&[7; 32]);
        assert_eq!(format!("{token:?} {:?}", PairingCode::new([1; 5])), "TillToken(stt_…) PairingCode(…)");
        assert_eq!(TillToken::hash_of(token.reveal()), Some(token.hash()));
        for wrong in ["", "stt_", "stt_AAAA", &token.reveal()[4..], &format!("{}A", token.reveal())] {
            assert_eq!(TillToken::hash_of(wrong), None, "{wrong}");
        }
    }
}
