//! A secure element in software. Its key is on the flash for everyone to read: this board is for development.

use def_engine::board::{Random, SecureElement};
use embedded_storage::nor_flash::NorFlash;
use fiscal::{PublicKey, RecordHash, Signature};
use p256::ecdsa::{SigningKey, signature::hazmat::PrehashSigner};
use sha2::{Digest, Sha256};

use crate::store::{Keeper, StoreFault};

/// The highest value of the counter: an ATECC608 counts no further.
const COUNTER_LIMIT: u64 = 2_097_151;

/// A secure element whose key and counter a flash keeps.
#[derive(Debug)]
pub struct Element<'k, F, R> {
    keeper: &'k Keeper<F>,
    random: R,
    /// Made from the kept key when it is first needed.
    signing: Option<SigningKey>,
}

/// Why the secure element did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElementFault {
    /// Its state is not to be had.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// Nothing to sign with.
    #[error("the secure element has no key: make one first")]
    NoKey,
    /// The counter is at its end for good.
    #[error("the counter is at its end: replace the secure element")]
    CounterSpent,
}

impl ElementFault {
    /// The stable name of the case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Store(fault) => fault.code(),
            Self::NoKey => "ELEMENT_NO_KEY",
            Self::CounterSpent => "ELEMENT_COUNTER_SPENT",
        }
    }
}

impl<'k, F: NorFlash, R: Random> Element<'k, F, R> {
    /// The element of this state; its keys are made from the given randomness.
    pub const fn new(keeper: &'k Keeper<F>, random: R) -> Self {
        Self { keeper, random, signing: None }
    }

    fn private(&self) -> Result<[u8; 32], ElementFault> {
        self.keeper.state()?.key.ok_or(ElementFault::NoKey)
    }

    fn signing(&mut self) -> Result<&SigningKey, ElementFault> {
        let key = match self.signing.take() {
            Some(key) => key,
            None => SigningKey::from_slice(&self.private()?).map_err(|_| StoreFault::Damaged)?,
        };
        Ok(self.signing.insert(key))
    }
}

impl<F: NorFlash, R: Random> SecureElement for Element<'_, F, R> {
    const IN_PROCESS: bool = true;

    type Error = ElementFault;

    fn public_key(&mut self) -> Result<Option<PublicKey>, ElementFault> {
        if self.keeper.state()?.key.is_none() {
            return Ok(None);
        }
        Ok(Some(PublicKey::from(*self.signing()?.verifying_key())))
    }

    fn make_key(&mut self) -> Result<PublicKey, ElementFault> {
        let (bytes, key) = loop {
            let mut bytes = [0; 32];
            self.random.fill(&mut bytes);
            // One draw in 2^32 is not a key; the next one is.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break (bytes, key);
            }
        };
        self.keeper.change(|kept| kept.key = Some(bytes))?;
        Ok(PublicKey::from(*self.signing.insert(key).verifying_key()))
    }

    fn sign(&mut self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], ElementFault> {
        let signature: p256::ecdsa::Signature =
            self.signing()?.sign_prehash(&hash.0).map_err(|_| StoreFault::Damaged)?;
        Ok(signature.to_bytes().into())
    }

    fn journal_secret(&mut self) -> Result<[u8; 32], ElementFault> {
        let private = self.private()?;
        Ok(Sha256::new().chain_update(b"stelala-journal-secret").chain_update(private).finalize().into())
    }

    fn counter(&mut self) -> Result<u64, ElementFault> {
        Ok(self.keeper.state()?.counter)
    }

    fn increment(&mut self) -> Result<u64, ElementFault> {
        if self.keeper.state()?.counter >= COUNTER_LIMIT {
            return Err(ElementFault::CounterSpent);
        }
        Ok(self.keeper.change(|kept| kept.counter += 1)?.counter)
    }
}
