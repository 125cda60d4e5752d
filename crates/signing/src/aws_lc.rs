//! P-256 in aws-lc-rs: four times as fast as the core's own.

use aws_lc_rs::{
    digest::{Digest, SHA256},
    encoding::{AsBigEndian, EcPrivateKeyBin},
    error::{KeyRejected, Unspecified},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    },
};
use fiscal::{PrivateKey, PublicKey, RecordHash};
use zeroize::Zeroizing;

/// A P-256 key of this process, in aws-lc-rs.
#[derive(Debug)]
pub struct AwsLcKey {
    pair: EcdsaKeyPair,
    public_key: PublicKey,
}

impl AwsLcKey {
    /// Of a private key alone, in bytes.
    pub(crate) const SCALAR_LENGTH: usize = 32;

    /// Makes a key, with the library's own randomness.
    pub fn generate() -> Result<Self, Unspecified> {
        Self::of(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?)
    }

    /// Takes a private key of 32 bytes whose public half is known.
    pub(crate) fn from_scalar(scalar: &[u8], public_key: &PublicKey) -> Result<Self, KeyRejected> {
        let point = uncompressed(public_key);
        let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(signing, scalar, &point)?;
        Ok(Self { pair, public_key: *public_key })
    }

    /// The private key alone, to be encrypted.
    pub(crate) fn scalar(&self) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let bytes: EcPrivateKeyBin<'_> = self.pair.private_key().as_be_bytes()?;
        Ok(Zeroizing::new(bytes.as_ref().to_vec()))
    }

    /// Signs a SHA-256 hash: raw r‖s, either half.
    pub(crate) fn sign_hash(&self, hash: &[u8; 32]) -> Result<[u8; 64], Unspecified> {
        let digest = Digest::import_less_safe(hash, &SHA256)?;
        let signature = self.pair.sign_digest(&digest)?;
        signature.as_ref().try_into().map_err(|_| Unspecified)
    }

    fn of(pair: EcdsaKeyPair) -> Result<Self, Unspecified> {
        let public_key = PublicKey::from_sec1(pair.public_key().as_ref()).map_err(|_| Unspecified)?;
        Ok(Self { pair, public_key })
    }
}

impl PrivateKey for AwsLcKey {
    type Error = Unspecified;

    fn public_key(&self) -> PublicKey {
        self.public_key
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; 64], Unspecified> {
        self.sign_hash(&hash.0)
    }
}

/// A public key made ready to verify many signatures.
pub(crate) struct Verifier(ParsedPublicKey);

impl Verifier {
    pub(crate) fn new(key: &PublicKey) -> Result<Self, KeyRejected> {
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, uncompressed(key)).map(Self)
    }

    /// Whether the key made this signature, in either half.
    pub(crate) fn accepts(&self, hash: &[u8; 32], signature: &[u8; 64]) -> bool {
        let digest = Digest::import_less_safe(hash, &SHA256);
        digest.is_ok_and(|digest| self.0.verify_digest_sig(&digest, signature).is_ok())
    }
}

/// What stands before the point in the DER form of a P-256 public key (RFC 5480), in bytes.
const SPKI_PREFIX_LENGTH: usize = PublicKey::SPKI_LENGTH - 65;

fn uncompressed(key: &PublicKey) -> [u8; 65] {
    let mut point = [0; 65];
    point.copy_from_slice(&key.to_spki()[SPKI_PREFIX_LENGTH..]);
    point
}

#[cfg(test)]
mod tests {
    use fiscal::Signature;

    use super::*;

    #[test]
    fn what_it_signs_the_core_verifies_and_the_fast_verifier_too() {
        let key = AwsLcKey::generate().unwrap();
        let verifier = Verifier::new(&key.public_key()).unwrap();
        for byte in 0..8 {
            let hash = [byte; 32];
            let signature = key.sign_hash(&hash).unwrap();
            key.public_key().verify_prehash(&hash, &signature).unwrap();
            assert!(verifier.accepts(&hash, &signature));
            assert!(verifier.accepts(&hash, Signature::normalised(signature).unwrap().as_bytes()));
            assert!(!verifier.accepts(&[byte + 1; 32], &signature));
        }
    }

    #[test]
    fn a_scalar_is_taken_only_with_its_own_public_half() {
        let [key, other] = [AwsLcKey::generate().unwrap(), AwsLcKey::generate().unwrap()];
        let scalar = key.scalar().unwrap();
        assert_eq!(scalar.len(), AwsLcKey::SCALAR_LENGTH);
        assert!(AwsLcKey::from_scalar(&scalar, &key.public_key()).is_ok());
        assert!(AwsLcKey::from_scalar(&scalar, &other.public_key()).is_err());
    }
}
