use core::{fmt, str};

use crate::fault::Reason;

/// What a person reads and compares: the first 80 bits of SHA-256(signature) in Crockford base32 (S4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthCode([u8; AuthCode::LENGTH]);

impl AuthCode {
    /// In characters.
    pub const LENGTH: usize = 16;

    const ALPHABET: &'static [u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    pub(crate) fn from_bits(bits: [u8; 10]) -> Self {
        let mut characters = [0; Self::LENGTH];
        for (half, five_bytes) in characters.chunks_exact_mut(8).zip(bits.chunks_exact(5)) {
            let group = five_bytes.iter().fold(0_u64, |group, byte| group << 8 | u64::from(*byte));
            for (place, character) in half.iter_mut().enumerate() {
                *character = Self::ALPHABET[(group >> (35 - 5 * place)) as usize & 31];
            }
        }
        Self(characters)
    }

    /// The 80 bits.
    pub(crate) fn bits(self) -> [u8; 10] {
        let mut bits = [0; 10];
        for (five_bytes, half) in bits.chunks_exact_mut(5).zip(self.0.chunks_exact(8)) {
            let value = |character| Self::ALPHABET.iter().position(|known| *known == character).unwrap_or(0);
            let group = half.iter().fold(0, |group, character| group << 5 | value(*character) as u64);
            five_bytes.copy_from_slice(&group.to_be_bytes()[3..]);
        }
        bits
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        // Only letters of the alphabet get in, so this cannot fail.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl str::FromStr for AuthCode {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        let characters: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| Reason::AuthCodeForm)?;
        let known = characters.iter().all(|character| Self::ALPHABET.contains(character));
        if known { Ok(Self(characters)) } else { Err(Reason::AuthCodeForm) }
    }
}

impl fmt::Display for AuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AuthCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AuthCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn an_auth_code_is_eighty_bits_in_crockfords_alphabet() {
        assert_eq!(AuthCode::from_bits([0; 10]).to_string(), "0000000000000000");
        assert_eq!(AuthCode::from_bits([0xFF; 10]).to_string(), "ZZZZZZZZZZZZZZZZ");
        assert_eq!(
            AuthCode::from_bits([0x08, 0x42, 0x10, 0x84, 0x21, 0, 0, 0, 0, 1]).to_string(),
            "1111111100000001"
        );
        for text in ["1111111100000001", "0123456789ABCDEF", "GHJKMNPQRSTVWXYZ"] {
            assert_eq!(AuthCode::from_bits(text.parse::<AuthCode>().unwrap().bits()).to_string(), text);
        }
        for wrong in ["", "012345678ABCDEF", "0123456789ABCDEFG", "0123456789abcdef", "0123456789ABCDEU"] {
            assert_eq!(wrong.parse::<AuthCode>(), Err(Reason::AuthCodeForm), "{wrong:?}");
        }
    }
}
