//! Whether the parts that compute do so rightly: when the power comes, and every day.

use fiscal::{Proof, PublicKey, RecordHash, Signature, Timestamp};
use sha2::{Digest, Sha256};

use super::{Trouble, Vault};
use crate::board::{Board, Random};

/// How often, in milliseconds.
pub(crate) const SELF_TEST_EVERY: u64 = 24 * 60 * 60 * 1_000;

/// What was found the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SelfTest {
    /// In milliseconds since the power came.
    at: u64,
    /// The same by the clock.
    pub(crate) time: Option<Timestamp>,
    pub(crate) failed: Option<Part>,
}

/// What can be found wanting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// SHA-256 of a known text.
    Hash,
    /// A known signature, and the same over another hash.
    Verification,
    /// The secure element's signature over a fresh challenge.
    Element,
    /// Two draws that differ.
    Randomness,
}

impl Part {
    /// As the status names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Verification => "verification",
            Self::Element => "secure_element",
            Self::Randomness => "randomness",
        }
    }
}

impl<B: Board> Vault<'_, B> {
    /// Tests everything, and remembers what was found.
    pub(crate) fn test_itself(&mut self) {
        let failed = self.find_fault();
        self.self_test = Some(SelfTest { at: self.ticks(), time: self.time().0, failed });
        if self.trouble.is_none() {
            self.trouble = self.found_wanting();
        }
    }

    /// Whether a day has passed since the last test.
    pub(crate) fn test_due(&mut self) -> bool {
        let now = self.ticks();
        self.self_test.is_some_and(|test| now.saturating_sub(test.at) >= SELF_TEST_EVERY)
    }

    /// What the last test leaves in the way of a seal.
    pub(crate) fn found_wanting(&self) -> Option<Trouble> {
        Some(match self.self_test?.failed? {
            Part::Element => Trouble::Element,
            part => Trouble::SelfTest(part),
        })
    }

    fn find_fault(&mut self) -> Option<Part> {
        let faults = [computes(), self.draws(), self.signs()];
        faults.into_iter().find_map(Result::err)
    }

    fn draws(&mut self) -> Result<(), Part> {
        let mut draws = [[0; 16]; 2];
        draws.iter_mut().for_each(|draw| self.random.fill(draw));
        let [one, other] = draws;
        if one == other || [one, other].contains(&[0; 16]) { Err(Part::Randomness) } else { Ok(()) }
    }

    /// A device without a key has nothing to sign with yet, and one in trouble says that first.
    fn signs(&mut self) -> Result<(), Part> {
        let Some(key) = self.key.filter(|_| self.trouble.is_none()) else { return Ok(()) };
        let mut challenge = [0; 32];
        self.random.fill(&mut challenge);
        Proof::of(key, challenge, |hash| crate::board::SecureElement::sign(&mut self.element, hash))
            .map(|_| ())
            .map_err(|_| Part::Element)
    }
}

/// RFC 6979, A.2.5: P-256 with SHA-256, the message `test`.
const MESSAGE: &[u8] = b"test";
const MESSAGE_HASH: [u8; 32] = [
    0x9F, 0x86, 0xD0, 0x81, 0x88, 0x4C, 0x7D, 0x65, 0x9A, 0x2F, 0xEA, 0xA0, 0xC5, 0x5A, 0xD0, 0x15, 0xA3,
    0xBF, 0x4F, 0x1B, 0x2B, 0x0B, 0x82, 0x2C, 0xD1, 0x5D, 0x6C, 0x15, 0xB0, 0xF0, 0x0A, 0x08,
];
const KEY: [u8; 33] = [
    0x03, 0x60, 0xFE, 0xD4, 0xBA, 0x25, 0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68,
    0xC0, 0x49, 0xB8, 0x92, 0x3B, 0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6,
];
const SIGNATURE: [u8; Signature::LENGTH] = [
    0xF1, 0xAB, 0xB0, 0x23, 0x51, 0x83, 0x51, 0xCD, 0x71, 0xD8, 0x81, 0x56, 0x7B, 0x1E, 0xA6, 0x63, 0xED,
    0x3E, 0xFC, 0xF6, 0xC5, 0x13, 0x2B, 0x35, 0x4F, 0x28, 0xD3, 0xB0, 0xB7, 0xD3, 0x83, 0x67, 0x01, 0x9F,
    0x41, 0x13, 0x74, 0x2A, 0x2B, 0x14, 0xBD, 0x25, 0x92, 0x6B, 0x49, 0xC6, 0x49, 0x15, 0x5F, 0x26, 0x7E,
    0x60, 0xD3, 0x81, 0x4B, 0x4C, 0x0C, 0xC8, 0x42, 0x50, 0xE4, 0x6F, 0x00, 0x83,
];

/// Known answers, one that has to be accepted and one that has to be refused.
fn computes() -> Result<(), Part> {
    let mut hash: [u8; 32] = Sha256::digest(core::hint::black_box(MESSAGE)).into();
    if hash != MESSAGE_HASH {
        return Err(Part::Hash);
    }
    let accepted = |hash: &[u8; 32]| {
        let (Ok(key), Ok(signature)) = (PublicKey::from_sec1(&KEY), Signature::from_bytes(SIGNATURE)) else {
            return false;
        };
        key.verify(&RecordHash(*hash), &signature).is_ok()
    };
    if !accepted(&hash) {
        return Err(Part::Verification);
    }
    hash[31] ^= 1;
    if accepted(&hash) { Err(Part::Verification) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_program_finds_nothing_wrong_with_its_arithmetic() {
        assert_eq!(computes(), Ok(()));
    }
}
