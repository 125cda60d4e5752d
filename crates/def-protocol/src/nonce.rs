//! What ties a COMMIT to its PREPARE.

use core::{fmt, str::FromStr};

use crate::read;

/// 128 random bits, written as 32 upper-case hexadecimal digits and read in either case (D2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; Nonce::LENGTH]);

impl Nonce {
    /// In bytes.
    pub const LENGTH: usize = 16;
}

impl FromStr for Nonce {
    type Err = NonceForm;

    fn from_str(text: &str) -> Result<Self, NonceForm> {
        read::hex(text.as_bytes()).map(Self).ok_or(NonceForm)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Nonce({self})")
    }
}

/// A text that is no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a nonce has 32 hexadecimal digits: send the one that PREPARE answered with")]
pub struct NonceForm;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_nonce_is_written_in_capitals_and_read_in_either_case() {
        let nonce: Nonce = "0011223344556677889900aabbccDDEE".parse().unwrap();
        assert_eq!(nonce.to_string(), "0011223344556677889900AABBCCDDEE");
        for wrong in ["", "A7F2D1", "0011223344556677889900AABBCCDDEEFF", "0011223344556677889900AABBCCDDEG"]
        {
            assert_eq!(wrong.parse::<Nonce>(), Err(NonceForm), "{wrong:?}");
        }
    }
}
