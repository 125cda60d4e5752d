//! Keys of this process, and the proof that they are what they say.

use core::marker::PhantomData;

use p256::ecdsa::{SigningKey, signature::hazmat::PrehashSigner};
use sha2::{Digest, Sha256};

use super::{
    hash::RecordHash,
    key::{PublicKey, SealFault, Signature, SignatureFault},
};

const PROOF_TAG: &[u8; 16] = b"stelala-proof--1";

/// A private key that signs in this process.
///
/// An implementation answers with a valid signature of the hash by the key that it names, or with an error. A key
/// that lives elsewhere does not implement this: its signatures go through [`crate::Linked::seal`].
pub trait PrivateKey {
    /// Why a signature could not be made.
    type Error;

    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs: raw r‖s, either half.
    fn sign(&self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Self::Error>;
}

/// A key that has signed a challenge under the public half that it names, for one purpose.
///
/// Keys for different purposes are distinct (S2): one that lists or lends cannot seal, and the other way round.
#[derive(Debug)]
pub struct Proven<K, P = Sealing> {
    key: K,
    public_key: PublicKey,
    purpose: PhantomData<fn() -> P>,
}

/// Seals records.
#[derive(Debug)]
pub struct Sealing;

/// Lends blocks of numbers to delegated keys.
#[derive(Debug)]
pub struct Issuing;

/// Signs lists of keys.
#[derive(Debug)]
pub struct Listing;

impl<K: PrivateKey, P> Proven<K, P> {
    /// Has the key sign a fresh challenge and verifies the answer, as FIPS 140 asks of a new key pair.
    ///
    /// The challenge is hashed under a tag of its own, so that no proof is a seal.
    pub fn prove(key: K, challenge: [u8; 32]) -> Result<Self, NotProven<K::Error>> {
        let Proof(public_key) = Proof::of(key.public_key(), challenge, |hash| key.sign(hash))?;
        Ok(Self { key, public_key, purpose: PhantomData })
    }

    /// The public half.
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs, and brings the signature to its one form.
    pub(super) fn sign(&self, hash: &RecordHash) -> Result<Signature, SignError<K::Error>> {
        let signature = self.key.sign(hash).map_err(SignError::Sign)?;
        Signature::normalised(signature).map_err(SignError::Form)
    }
}

/// That a signer of this process has signed a challenge under the public half that it names: what [`Proven`] has
/// beside the means to sign. For a signer that cannot be handed over, such as a part of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof(PublicKey);

impl Proof {
    /// Has the signer sign a fresh challenge and verifies the answer.
    pub fn of<E>(
        public_key: PublicKey,
        challenge: [u8; 32],
        sign: impl FnOnce(&RecordHash) -> Result<[u8; Signature::LENGTH], E>,
    ) -> Result<Self, NotProven<E>> {
        let hash =
            RecordHash(Sha256::new().chain_update(PROOF_TAG).chain_update(challenge).finalize().into());
        let signature = sign(&hash).map_err(NotProven::Sign)?;
        let signature = Signature::normalised(signature).map_err(|fault| NotProven::False(fault.into()))?;
        public_key.verify(&hash, &signature).map_err(NotProven::False)?;
        Ok(Self(public_key))
    }

    /// The public half.
    pub const fn public_key(&self) -> &PublicKey {
        &self.0
    }
}

impl<K: PrivateKey> Proven<K, Listing> {
    /// Signs SHA-256 of a text, as ES256 does (RFC 7518).
    pub fn sign_list(&self, text: &str) -> Result<Signature, SignError<K::Error>> {
        self.sign(&RecordHash(Sha256::digest(text).into()))
    }
}

/// A software key: deterministic signatures (RFC 6979).
impl PrivateKey for SigningKey {
    type Error = p256::ecdsa::Error;

    fn public_key(&self) -> PublicKey {
        PublicKey::from(*self.verifying_key())
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; Signature::LENGTH], Self::Error> {
        let signature: p256::ecdsa::Signature = self.sign_prehash(&hash.0)?;
        Ok(signature.to_bytes().into())
    }
}

/// Why a key did not prove itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProven<E> {
    /// It could not sign.
    #[error("the key could not sign its challenge: {0}")]
    Sign(E),
    /// It signed something else, or is not the key that it names.
    #[error("the key's answer to its challenge is not valid under its public half: do not use it: {0}")]
    False(SealFault),
}

/// Why a proven key did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError<E> {
    /// The record names another key.
    #[error("the record names another key than this one: link it again under this key")]
    OtherKey,
    /// The signer failed.
    #[error("the signer failed: {0}")]
    Sign(E),
    /// The signer's answer is no signature.
    #[error("the signer answered with something that is no signature: {0}")]
    Form(SignatureFault),
}
