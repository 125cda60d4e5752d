use core::fmt;

use sha2::{Digest, Sha256};

macro_rules! hashes {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl fmt::Display for $name {
            /// In lower-case hexadecimal.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // At once: an answer of JSON has four of these, and each write costs.
                let mut text = [0; 64];
                for (two, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    const DIGITS: &[u8; 16] = b"0123456789abcdef";
                    two.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
                }
                f.write_str(core::str::from_utf8(&text).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}

hashes! {
    /// SHA-256 of a canonical payload, or of the body of another record: the identity of a sale (L4).
    PayloadHash;
    /// SHA-256 of header and [`ChainDigest`]: what is signed, and what the next record names (S2).
    RecordHash;
    /// D: SHA-256 over what a receipt does not show, the payload's hash and the place in the chain (S2).
    ChainDigest;
}

impl PayloadHash {
    /// Of a payload or a body.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// From 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }
}

impl RecordHash {
    /// What the first record of a first chain names as the one before.
    pub const NONE: Self = Self([0; 32]);

    /// From 64 hexadecimal digits of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        read_hex(text).map(Self)
    }
}

fn read_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_hash_is_read_as_it_is_written_and_in_capitals() {
        let hash = PayloadHash::of(b"a sale");
        let text = hash.to_string();
        assert_eq!(PayloadHash::from_hex(&text), Some(hash));
        assert_eq!(RecordHash::from_hex(&text.to_uppercase()), Some(RecordHash(hash.0)));
    }

    #[test]
    fn other_than_64_hexadecimal_digits_are_no_hash() {
        let text = PayloadHash::of(b"a sale").to_string();
        let longer = text.clone() + "0";
        for wrong in
            ["", &text[..63], &longer, &text.replacen(&text[..1], "g", 1), &text.replacen(&text[..1], "+", 1)]
        {
            assert_eq!(PayloadHash::from_hex(wrong), None, "{wrong}");
            assert_eq!(RecordHash::from_hex(wrong), None, "{wrong}");
        }
    }
}
