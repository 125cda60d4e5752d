use std::sync::RwLock;

use aws_lc_rs::{
    digest::{Digest, SHA256},
    signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey},
};
use fiscal::{PublicKey, RecordHash, Signature};
use verify::SignatureCheck;

/// The check of signatures by aws-lc-rs. It keeps the keys that it has met, in the library's form.
#[derive(Default)]
pub struct AwsLcCheck(RwLock<Vec<(PublicKey, ParsedPublicKey)>>);

impl AwsLcCheck {
    /// A chain has a few keys; with more than so many, each is read again when it is asked for.
    const MOST_KEYS: usize = 64;

    fn signed_by(key: &ParsedPublicKey, hash: &RecordHash, signature: &Signature) -> bool {
        let digest = Digest::import_less_safe(&hash.0, &SHA256);
        digest.is_ok_and(|digest| key.verify_digest_sig(&digest, signature.as_bytes()).is_ok())
    }
}

impl SignatureCheck for AwsLcCheck {
    fn signed(&self, key: &PublicKey, hash: &RecordHash, signature: &Signature) -> bool {
        if let Ok(keys) = self.0.read()
            && let Some((_, parsed)) = keys.iter().find(|(known, _)| known == key)
        {
            return Self::signed_by(parsed, hash, signature);
        }
        let spki = key.to_spki();
        // The point, uncompressed, is the end of it.
        let Ok(parsed) = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &spki[spki.len() - 65..]) else {
            return false;
        };
        let signed = Self::signed_by(&parsed, hash, signature);
        if let Ok(mut keys) = self.0.write()
            && keys.len() < Self::MOST_KEYS
        {
            keys.push((*key, parsed));
        }
        signed
    }
}
