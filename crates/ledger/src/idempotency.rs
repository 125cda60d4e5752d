use std::{
    fmt::{self, Write},
    str::FromStr,
};

use fiscal::OutletId;
use sha2::{Digest, Sha256};

use crate::{LedgerStore, Row, StoreFault};

/// What a client calls one attempt to sell, so that asking again gets the same answer: 8 to 64 characters of
/// `[A-Za-z0-9._:-]`, as a UUID or a ULID is. It is the outlet's: two outlets may use the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The shortest, in characters.
    pub const MIN_LENGTH: usize = 8;
    /// The longest, in characters.
    pub const MAX_LENGTH: usize = 64;
    /// For so many days at least the same key gets the same answer.
    pub const DAYS: u32 = 90;

    /// As what it is kept when it was delivered with another signer's sale: no client's key is equal to it. Whoever
    /// delivers says what key he likes, and takes none from those who sell here with it.
    pub(crate) fn of_delivery(&self) -> Self {
        let digest = Sha256::new().chain_update(b"delivered ").chain_update(&self.0).finalize();
        let mut text = String::from("~");
        for byte in digest {
            // A String takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(Self::MAX_LENGTH);
        Self(text)
    }

    /// What was sealed under it at an outlet: here, or else by a device that delivered it.
    pub fn sealed(&self, store: &mut dyn LedgerStore, outlet: OutletId) -> Result<Option<Row>, StoreFault> {
        let known = store.known(outlet, &[], &[self.clone(), self.of_delivery()])?.keys;
        let own = known.iter().position(|(found, _)| found == self).unwrap_or_default();
        Ok(known.into_iter().nth(own).map(|(_, row)| row))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyFault;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyFault> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let right = (Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(known);
        if right { Ok(Self(text.to_owned())) } else { Err(IdempotencyKeyFault) }
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 8 to 64 letters, digits, dots, colons, hyphens or underscores: use a UUID")]
pub struct IdempotencyKeyFault;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_8_to_64_characters() {
        for (length, right) in [(7, false), (8, true), (64, true), (65, false)] {
            assert_eq!("a".repeat(length).parse::<IdempotencyKey>().is_ok(), right, "{length}");
        }
    }

    #[test]
    fn what_is_kept_of_a_delivered_key_is_no_key_that_a_client_can_have() {
        let key: IdempotencyKey = "till-1-0001".parse().unwrap();
        let kept = key.of_delivery();
        assert_eq!(
            (kept.as_str().len(), kept == "till-1-0002".parse::<IdempotencyKey>().unwrap().of_delivery()),
            (64, false)
        );
        assert_eq!(kept.as_str().parse::<IdempotencyKey>(), Err(IdempotencyKeyFault));
    }

    #[test]
    fn a_key_with_a_space_or_a_letter_outside_ascii_is_none() {
        for wrong in ["12345 78", "été-2026", "12345678\n"] {
            assert_eq!(wrong.parse::<IdempotencyKey>(), Err(IdempotencyKeyFault), "{wrong:?}");
        }
    }
}
