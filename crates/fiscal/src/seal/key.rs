//! The one primitive, ECDSA on P-256 over a SHA-256 hash, and its keys and signatures (S2).

use core::fmt;

use p256::ecdsa::{VerifyingKey, signature::hazmat::PrehashVerifier};
use sha2::{Digest, Sha256};

use super::hash::RecordHash;
use crate::auth_code::AuthCode;

/// What stands before the point in the DER form of a P-256 public key (RFC 5480).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
    0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

const PEM_LABEL: &str = "PUBLIC KEY";
const PEM_LENGTH: usize = 178;

/// A public key in PEM.
pub type Pem = heapless::String<PEM_LENGTH>;

/// A P-256 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: KeyId,
}

impl PublicKey {
    /// Of the DER form SubjectPublicKeyInfo with an uncompressed point, in bytes.
    pub const SPKI_LENGTH: usize = 91;
    /// Of a compressed point (SEC 1), in bytes.
    pub const COMPRESSED_LENGTH: usize = 33;

    /// Reads a point as SEC 1 writes it, compressed or not.
    pub fn from_sec1(point: &[u8]) -> Result<Self, KeyFault> {
        // The compact form (tag 5) would be a second way to write the same key.
        match point.first() {
            Some(0x02..=0x04) => {
                VerifyingKey::from_sec1_bytes(point).map(Self::from).map_err(|_| KeyFault::NotOnCurve)
            }
            _ => Err(KeyFault::NotOnCurve),
        }
    }

    /// Reads the DER form SubjectPublicKeyInfo.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyFault> {
        match der.strip_prefix(&SPKI_PREFIX) {
            Some(point @ [0x04, ..]) => Self::from_sec1(point),
            _ => Err(KeyFault::NotSpki),
        }
    }

    /// Reads the PEM form that `openssl ec -pubout` writes.
    pub fn from_pem(pem: &str) -> Result<Self, KeyFault> {
        let mut der = [0; Self::SPKI_LENGTH];
        match pem_rfc7468::decode(pem.as_bytes(), &mut der) {
            Ok((PEM_LABEL, der)) => Self::from_spki(der),
            _ => Err(KeyFault::NotPem),
        }
    }

    /// The PEM form, with a line break at its end.
    pub fn to_pem(&self) -> Pem {
        let mut buffer = [0; PEM_LENGTH];
        let mut pem = Pem::new();
        // The buffer fits the one length that a P-256 key has in PEM.
        let written =
            pem_rfc7468::encode(PEM_LABEL, pem_rfc7468::LineEnding::LF, &self.to_spki(), &mut buffer);
        let _ = pem.push_str(written.unwrap_or_default());
        pem
    }

    /// The DER form SubjectPublicKeyInfo.
    pub fn to_spki(&self) -> [u8; Self::SPKI_LENGTH] {
        let mut der = [0; Self::SPKI_LENGTH];
        der[..SPKI_PREFIX.len()].copy_from_slice(&SPKI_PREFIX);
        der[SPKI_PREFIX.len()..].copy_from_slice(self.key.to_encoded_point(false).as_bytes());
        der
    }

    /// The compressed point (SEC 1).
    pub fn to_compressed(&self) -> [u8; Self::COMPRESSED_LENGTH] {
        let mut compressed = [0; Self::COMPRESSED_LENGTH];
        compressed.copy_from_slice(self.key.to_encoded_point(true).as_bytes());
        compressed
    }

    /// What headers and bundles call this key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether this key signed this hash. A [`Signature`] has its one form already, so the other half of each pair
    /// cannot get here.
    pub fn verify(&self, hash: &RecordHash, signature: &Signature) -> Result<(), SealFault> {
        self.verify_prehash(&hash.0, &signature.0)
    }

    /// The bare primitive: raw r‖s, either half, over a SHA-256 hash that the caller computed.
    ///
    /// For formats whose other readers do not normalise, such as JWS; a seal goes through [`Self::verify`].
    pub fn verify_prehash(&self, hash: &[u8; 32], signature: &[u8; 64]) -> Result<(), SealFault> {
        let signature =
            p256::ecdsa::Signature::from_slice(signature).map_err(|_| SealFault::SignatureFalse)?;
        self.key.verify_prehash(hash, &signature).map_err(|_| SealFault::SignatureFalse)
    }
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        let digest = Sha256::new()
            .chain_update(SPKI_PREFIX)
            .chain_update(key.to_encoded_point(false).as_bytes())
            .finalize();
        let mut id = [0; KeyId::LENGTH];
        id.copy_from_slice(&digest[..KeyId::LENGTH]);
        Self { key, id: KeyId(id) }
    }
}

/// The first 8 bytes of SHA-256 of the public key's SubjectPublicKeyInfo (S1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; KeyId::LENGTH]);

impl KeyId {
    /// In bytes.
    pub const LENGTH: usize = 8;
}

impl fmt::Display for KeyId {
    /// In lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A signature in its one form: raw r‖s, both in range, s ≤ n/2. Whether it is true is for a key to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature([u8; Signature::LENGTH]);

impl Signature {
    /// In bytes.
    pub const LENGTH: usize = 64;

    /// Takes a signature as a record or a receipt states it; the half with s > n/2 is refused.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Result<Self, SignatureFault> {
        let signature = p256::ecdsa::Signature::from_slice(&bytes).map_err(|_| SignatureFault::OutOfRange)?;
        if signature.normalize_s().is_some() { Err(SignatureFault::HighS) } else { Ok(Self(bytes)) }
    }

    /// Takes a signature as a signer made it, and brings it to the one form.
    pub fn normalised(bytes: [u8; Self::LENGTH]) -> Result<Self, SignatureFault> {
        let signature = p256::ecdsa::Signature::from_slice(&bytes).map_err(|_| SignatureFault::OutOfRange)?;
        Ok(Self(signature.normalize_s().unwrap_or(signature).to_bytes().into()))
    }

    /// r‖s
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// What a person reads and compares (S4).
    pub fn auth_code(&self) -> AuthCode {
        let mut bits = [0; 10];
        bits.copy_from_slice(&Sha256::digest(self.0)[..10]);
        AuthCode::from_bits(bits)
    }
}

/// Why bytes are not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The PEM envelope is missing or holds something else.
    #[error("this is not a PEM public key: make one with `openssl ec -in private.pem -pubout`")]
    NotPem,
    /// Another algorithm, curve or form.
    #[error(
        "this is not the SubjectPublicKeyInfo of a P-256 key with an uncompressed point: export it in that form"
    )]
    NotSpki,
    /// No such point.
    #[error("this is not a point of the curve P-256: the key was damaged, ask for it again")]
    NotOnCurve,
}

/// Why bytes are not a signature in its one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// r or s is zero or not below n.
    #[error("r or s is out of range: this is no P-256 signature")]
    OutOfRange,
    /// s > n/2: a second signature that anyone can make of a true one.
    #[error("s is above n/2: a seal is signed with the lower half only")]
    HighS,
}

/// Why a seal is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// The record names another key.
    #[error("the record names another key than the one that was given: look the key up by its id")]
    OtherKey,
    /// The key did not sign this.
    #[error("the key did not sign this record: it was altered or forged")]
    SignatureFalse,
    /// The authentication code is another signature's.
    #[error("the authentication code is not that of the signature: it was altered")]
    AuthCode,
    /// The signature is not in its one form.
    #[error(transparent)]
    Form(#[from] SignatureFault),
}
