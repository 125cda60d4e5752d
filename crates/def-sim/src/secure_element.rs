//! A secure element in software: a P-256 key and a monotonic counter.

use def_engine::board::Random;
use fiscal::{PublicKey, RecordHash, Signature};
use p256::ecdsa::{SigningKey, signature::hazmat::PrehashSigner};

use sha2::{Digest, Sha256};

use crate::fault::ElementError;

/// The state of a secure element, in memory; a copy of it is independent.
#[derive(Clone, Debug, Default)]
pub struct SoftElement {
    key: Option<Key>,
    counter: u64,
    working: u32,
    failing: u32,
}

#[derive(Clone, Debug)]
struct Key {
    private: SigningKey,
    public: PublicKey,
}

impl SoftElement {
    /// The highest value of the counter: an ATECC608 counts no further.
    pub const COUNTER_LIMIT: u64 = 2_097_151;
    /// By how much a power cut during an increment may raise the counter (D11).
    pub const LARGEST_JUMP: u8 = 8;

    /// One without a key, its counter at 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// One with this private key, if it is a key, and this counter.
    pub fn with(private: Option<&[u8; 32]>, counter: u64) -> Option<Self> {
        let key = match private {
            Some(bytes) => Some(Key::of(SigningKey::from_slice(bytes).ok()?)),
            None => None,
        };
        (counter <= Self::COUNTER_LIMIT).then_some(Self { key, counter, working: 0, failing: 0 })
    }

    /// Makes the next operations fail, whichever they are, each with [`ElementError::Failing`].
    pub const fn fail_next(&mut self, operations: u32) {
        self.fail_after(0, operations);
    }

    /// Lets `working` operations through, then makes the `failing` ones after them fail.
    pub const fn fail_after(&mut self, working: u32, failing: u32) {
        self.working = working;
        self.failing = failing;
    }

    /// Puts the counter somewhere, as a swapped chip would; above the limit it is at the limit.
    pub fn set_counter(&mut self, counter: u64) {
        self.counter = counter.min(Self::COUNTER_LIMIT);
    }

    /// The public half of its key, without the chip being asked.
    pub fn peek_key(&self) -> Option<PublicKey> {
        self.key.as_ref().map(|key| key.public)
    }

    /// The counter, without the chip being asked.
    pub const fn peek_counter(&self) -> u64 {
        self.counter
    }

    pub(crate) fn private(&self) -> Option<[u8; 32]> {
        self.key.as_ref().map(|key| key.private.to_bytes().into())
    }

    pub(crate) fn public_key(&mut self) -> Result<Option<PublicKey>, ElementError> {
        self.answer()?;
        Ok(self.peek_key())
    }

    pub(crate) fn make_key(&mut self, random: &mut impl Random) -> Result<PublicKey, ElementError> {
        self.answer()?;
        Ok(self.replace_key(random))
    }

    /// Deterministic (RFC 6979), so that a campaign repeats to the byte; a real chip's signatures differ each time.
    pub(crate) fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], ElementError> {
        self.answer()?;
        let key = self.key.as_ref().ok_or(ElementError::NoKey)?;
        let signature: p256::ecdsa::Signature =
            key.private.sign_prehash(&hash.0).map_err(|_| ElementError::Failing)?;
        Ok(signature.to_bytes().into())
    }

    /// A secret that follows from the private key.
    pub(crate) fn journal_secret(&mut self) -> Result<[u8; 32], ElementError> {
        self.answer()?;
        let private = self.private().ok_or(ElementError::NoKey)?;
        Ok(Sha256::new().chain_update(b"stelala-journal-secret").chain_update(private).finalize().into())
    }

    pub(crate) fn counter(&mut self) -> Result<u64, ElementError> {
        self.answer()?;
        Ok(self.counter)
    }

    pub(crate) fn increment(&mut self) -> Result<u64, ElementError> {
        self.answer()?;
        self.count()
    }

    /// An increment of a chip that works.
    pub(crate) fn count(&mut self) -> Result<u64, ElementError> {
        if self.counter == Self::COUNTER_LIMIT {
            return Err(ElementError::CounterSpent);
        }
        self.advance(1);
        Ok(self.counter)
    }

    /// What a cut leaves of an increment.
    pub(crate) fn advance(&mut self, by: u8) {
        self.set_counter(self.counter + u64::from(by));
    }

    pub(crate) fn replace_key(&mut self, random: &mut impl Random) -> PublicKey {
        let private = loop {
            let mut bytes = [0; 32];
            random.fill(&mut bytes);
            // One draw in 2^32 is not a key; the next one is.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break key;
            }
        };
        self.key.insert(Key::of(private)).public
    }

    /// Every operation begins here: a chip that was told to fail does nothing.
    pub(crate) fn answer(&mut self) -> Result<(), ElementError> {
        if self.failing == 0 {
            return Ok(());
        }
        if self.working > 0 {
            self.working -= 1;
            return Ok(());
        }
        self.failing -= 1;
        Err(ElementError::Failing)
    }
}

impl Key {
    fn of(private: SigningKey) -> Self {
        let public = PublicKey::from(*private.verifying_key());
        Self { private, public }
    }
}
