#![allow(clippy::result_large_err, reason = "an unsealed record goes back to whoever holds its number")]

use super::{
    hash::RecordHash,
    header::Header,
    key::{PublicKey, SealFault, Signature},
    record::{Link, Record, Sealed, record_hash},
    signing::{PrivateKey, Proof, Proven, SignError},
};

/// A record that has its place in the chain and waits for its signature.
///
/// The chain does not cover signatures, so a batch is linked first and signed afterwards, in any order and in
/// parallel. It cannot be copied: what was linked once is sealed once. When one of a batch cannot be signed, none after
/// it may be stored, because they name its hash.
#[derive(Debug)]
#[must_use = "a linked record holds a number: seal it, or open the head again from the store"]
pub struct Linked {
    header: Header,
    link: Link,
    hash: RecordHash,
}

impl Linked {
    pub(super) fn new(header: Header, link: Link) -> Self {
        let hash = record_hash(&header.to_bytes(), &link.digest());
        Self { header, link, hash }
    }

    /// Who seals what, where and when.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The place in the chain.
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// What is to be signed.
    pub const fn hash(&self) -> RecordHash {
        self.hash
    }

    /// Seals with a signature that was made elsewhere: in a secure element, an HSM, a browser. It is brought to its
    /// one form and verified; a false one gives the record back, to be signed again.
    pub fn seal(
        self,
        signature: [u8; Signature::LENGTH],
        key: &PublicKey,
    ) -> Result<Sealed, Unsealed<SealFault>> {
        let verify = || {
            if key.id() != self.header.key {
                return Err(SealFault::OtherKey);
            }
            let signature = Signature::normalised(signature)?;
            key.verify(&self.hash, &signature)?;
            Ok(signature)
        };
        match verify() {
            Ok(signature) => Ok(self.sealed_with(signature)),
            Err(cause) => Err(Unsealed { linked: self, cause }),
        }
    }

    /// Seals with a key of this process that has proven itself. Its own signatures are not verified one by one,
    /// which costs more than signing.
    pub fn sign<K: PrivateKey>(self, key: &Proven<K>) -> Result<Sealed, Unsealed<SignError<K::Error>>> {
        if key.public_key().id() != self.header.key {
            return Err(Unsealed { linked: self, cause: SignError::OtherKey });
        }
        match key.sign(&self.hash) {
            Ok(signature) => Ok(self.sealed_with(signature)),
            Err(cause) => Err(Unsealed { linked: self, cause }),
        }
    }

    /// Seals with a signature by a signer of this process that has proven itself; as for [`Self::sign`], it is
    /// brought to its one form and not verified.
    pub fn seal_proven(
        self,
        signature: [u8; Signature::LENGTH],
        proof: &Proof,
    ) -> Result<Sealed, Unsealed<SealFault>> {
        if proof.public_key().id() != self.header.key {
            return Err(Unsealed { linked: self, cause: SealFault::OtherKey });
        }
        match Signature::normalised(signature) {
            Ok(signature) => Ok(self.sealed_with(signature)),
            Err(fault) => Err(Unsealed { linked: self, cause: fault.into() }),
        }
    }

    fn sealed_with(self, signature: Signature) -> Sealed {
        Sealed::new(Record { header: self.header, link: self.link, signature })
    }
}

/// A record that was not sealed, and why: the number is still its own.
#[derive(Debug, thiserror::Error)]
#[error("the record was not sealed: {cause}")]
pub struct Unsealed<E> {
    /// The record, to be signed again.
    pub linked: Linked,
    /// What went wrong.
    pub cause: E,
}
