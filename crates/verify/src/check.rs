//! The one primitive that costs time, behind a port: a host may have a faster library for it.

use fiscal::{PublicKey, RecordHash, SealFault, Signature};

/// Checks ECDSA signatures on P-256 over a SHA-256 hash. Any number of threads may ask at once.
///
/// The referee brings [`SoftwareCheck`]; whoever passes another vouches for it.
pub trait SignatureCheck: Sync {
    /// Whether this key signed this hash.
    fn signed(&self, key: &PublicKey, hash: &RecordHash, signature: &Signature) -> bool;
}

/// The check that this crate brings: Rust alone, on every target.
#[derive(Clone, Copy, Debug, Default)]
pub struct SoftwareCheck;

impl SignatureCheck for SoftwareCheck {
    fn signed(&self, key: &PublicKey, hash: &RecordHash, signature: &Signature) -> bool {
        key.verify(hash, signature).is_ok()
    }
}

/// As [`fiscal::Record::verify_with`] asks.
pub(crate) fn ask(
    check: &dyn SignatureCheck,
    key: &PublicKey,
    hash: &RecordHash,
    signature: &Signature,
) -> Result<(), SealFault> {
    if check.signed(key, hash, signature) { Ok(()) } else { Err(SealFault::SignatureFalse) }
}
