use fiscal::{DeviceId, PrivateKey, PublicKey, RecordHash, Signature, Timestamp};

use super::{Kind, Realm, Scope, SignFault, Sink, TokenFault, signed::signed_hash};
use crate::nonce::Nonce;

/// The operator's word for what time it is (D8). Only its signature travels, in `CFG|TIME`: the device knows the rest.
///
/// It is signed like a token of kind 3 that is valid from the timestamp until the timestamp.
///
/// | bytes | what |
/// |---|---|
/// | 8 | the time, in seconds since 1970 |
/// | 16 | the challenge that the status showed |
/// | 32 | hash of the newest record, to set the clock back before it; else zeros |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeGrant {
    /// Real business, or trials.
    pub realm: Realm,
    /// Whose clock.
    pub device: DeviceId,
    /// The time.
    pub timestamp: Timestamp,
    /// What the status showed.
    pub challenge: Nonce,
    /// The newest record, to set the clock back before it.
    pub newest: Option<RecordHash>,
}

impl TimeGrant {
    /// Whether the key signed it.
    pub fn verify(&self, key: &PublicKey, signature: &Signature) -> Result<(), TokenFault> {
        key.verify(&self.hash()?, signature).map_err(|_| TokenFault::False)
    }

    /// Signs it.
    pub fn sign<K: PrivateKey>(&self, key: &K) -> Result<Signature, SignFault<K::Error>> {
        let signature = key.sign(&self.hash()?).map_err(SignFault::Sign)?;
        Signature::normalised(signature).map_err(SignFault::Form)
    }

    fn hash(&self) -> Result<RecordHash, TokenFault> {
        const LENGTH: usize = 3 + 1 + DeviceId::MAX_LENGTH + 8 + 8 + 8 + Nonce::LENGTH + 32;
        let Self { realm, device, timestamp, challenge, newest } = *self;
        let mut buffer = [0; LENGTH];
        let mut out = Sink::new(&mut buffer);
        Scope { realm, device, not_before: timestamp, not_after: timestamp }.write(Kind::Time, &mut out)?;
        out.put(&timestamp.unix().to_be_bytes())?;
        out.put(&challenge.0)?;
        out.put(&newest.unwrap_or(RecordHash::NONE).0)?;
        Ok(signed_hash(out.written()))
    }
}
