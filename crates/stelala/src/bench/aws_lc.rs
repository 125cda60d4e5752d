use aws_lc_rs::{
    digest::{Digest, SHA256},
    error::Unspecified,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use fiscal::{PrivateKey, PublicKey, RecordHash};

/// A P-256 key in aws-lc-rs.
pub(super) struct AwsLcKey(EcdsaKeyPair);

impl AwsLcKey {
    pub(super) fn new() -> Result<Self, Unspecified> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self)
    }
}

impl PrivateKey for AwsLcKey {
    type Error = Unspecified;

    fn public_key(&self) -> PublicKey {
        // The library's own public key is a point of the curve.
        PublicKey::from_sec1(self.0.public_key().as_ref()).expect("a generated key has a public half")
    }

    fn sign(&self, hash: &RecordHash) -> Result<[u8; 64], Unspecified> {
        let digest = Digest::import_less_safe(&hash.0, &SHA256)?;
        let signature = self.0.sign_digest(&digest)?;
        signature.as_ref().try_into().map_err(|_| Unspecified)
    }
}
