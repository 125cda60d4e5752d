//! A record as it is kept and exported: header, link, signature.

use core::ops::Deref;

use heapless::Vec;
use sha2::{Digest, Sha256};

use super::{
    binary::{ByteReader, RecordFault},
    hash::{ChainDigest, PayloadHash, RecordHash},
    header::{Header, HeaderBytes},
    key::{PublicKey, SealFault, Signature},
};
use crate::ids::Position;

const DIGEST_TAG: &[u8; 16] = b"stelala-digest-1";

/// What ties a record to its payload and to the record before.
///
/// | bytes | what |
/// |---|---|
/// | 8 | position in the chain, from 1 |
/// | 32 | SHA-256 of the payload |
/// | 32 | hash of the record before |
/// | 8 | the secure element's counter, 0 where there is none |
///
/// D is SHA-256 of `stelala-digest-1` and these 80 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The place in the chain.
    pub position: Position,
    /// The payload's or body's hash.
    pub payload: PayloadHash,
    /// The hash of the record before.
    pub previous: RecordHash,
    /// The secure element's counter, 0 where there is none.
    pub counter: u64,
}

impl Link {
    /// In bytes.
    pub const LENGTH: usize = 8 + 32 + 32 + 8;

    /// D (S2).
    pub fn digest(&self) -> ChainDigest {
        ChainDigest(Sha256::new().chain_update(DIGEST_TAG).chain_update(self.to_bytes()).finalize().into())
    }

    fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        bytes[..8].copy_from_slice(&self.position.value().to_be_bytes());
        bytes[8..40].copy_from_slice(&self.payload.0);
        bytes[40..72].copy_from_slice(&self.previous.0);
        bytes[72..].copy_from_slice(&self.counter.to_be_bytes());
        bytes
    }

    fn read(input: &mut ByteReader<'_>) -> Result<Self, RecordFault> {
        Ok(Self {
            position: Position::new(input.integer()?).ok_or(RecordFault::Field("position"))?,
            payload: PayloadHash(input.array()?),
            previous: RecordHash(input.array()?),
            counter: input.integer()?,
        })
    }
}

/// Header and digest in one: what the signature covers.
pub(super) fn record_hash(header: &HeaderBytes, digest: &ChainDigest) -> RecordHash {
    RecordHash(Sha256::new().chain_update(header).chain_update(digest.0).finalize().into())
}

/// A record as someone states it. [`Record::verify`] makes a [`Sealed`] one of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who sealed what, where and when.
    pub header: Header,
    /// The place in the chain, and the payload.
    pub link: Link,
    /// The seal.
    pub signature: Signature,
}

impl Record {
    /// The longest that there is, in bytes: header, link, signature.
    pub const MAX_LENGTH: usize = Header::MAX_LENGTH + Link::LENGTH + Signature::LENGTH;

    /// Reads the bytes of one record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordFault> {
        let (header, rest) = Header::read(bytes)?;
        let mut input = ByteReader(rest);
        let link = Link::read(&mut input)?;
        let signature = Signature::from_bytes(input.array()?)?;
        if input.0.is_empty() {
            Ok(Self { header, link, signature })
        } else {
            Err(RecordFault::TrailingBytes)
        }
    }

    /// Writes the bytes.
    pub fn to_bytes(&self) -> Vec<u8, { Self::MAX_LENGTH }> {
        let mut bytes = Vec::new();
        for part in [&self.header.to_bytes()[..], &self.link.to_bytes(), self.signature.as_bytes()] {
            // The capacity is the sum of the longest parts, so there is always room.
            let _ = bytes.extend_from_slice(part);
        }
        bytes
    }

    /// What the signature covers and the next record names.
    pub fn hash(&self) -> RecordHash {
        record_hash(&self.header.to_bytes(), &self.link.digest())
    }

    /// Makes a sealed record of this one, if the key is the one that it names and did sign it.
    pub fn verify(self, key: &PublicKey) -> Result<Sealed, SealFault> {
        self.verify_with(key, PublicKey::verify)
    }

    /// The same with another implementation of the primitive, such as one that only a host has. The caller vouches for
    /// it: `check` says whether the key signed the hash, as [`PublicKey::verify`] does.
    pub fn verify_with(
        self,
        key: &PublicKey,
        check: impl FnOnce(&PublicKey, &RecordHash, &Signature) -> Result<(), SealFault>,
    ) -> Result<Sealed, SealFault> {
        if key.id() != self.header.key {
            return Err(SealFault::OtherKey);
        }
        check(key, &self.hash(), &self.signature)?;
        Ok(Sealed(self))
    }
}

/// A record with a valid seal: there is no way to make one but by signing or verifying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed(Record);

impl Sealed {
    pub(super) const fn new(record: Record) -> Self {
        Self(record)
    }

    /// The record itself.
    pub const fn record(&self) -> &Record {
        &self.0
    }
}

impl Deref for Sealed {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0
    }
}
