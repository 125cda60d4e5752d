//! That a device is where somebody asks for it.

use fiscal::{DeviceId, Epoch, KeyId, PublicKey, RecordHash, Signature, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Accepted;
use crate::with;

/// What is signed begins with this: no answer is a seal, a token or the proof of a new key.
const TAG: &[u8; 16] = b"stelala-attest-1";

/// The answer to `QRY|PROOF`: the device that holds the key is here now, and this is how far its journal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// OK.
    pub status: Accepted,
    /// The device.
    #[serde(with = "with::text")]
    pub device_id: DeviceId,
    /// The key with which it signs and seals.
    #[serde(with = "with::form")]
    pub public_key_id: KeyId,
    /// The outlet's line of numbers.
    #[serde(with = "with::epoch")]
    pub epoch: Epoch,
    /// The newest record's position.
    pub last_position: u64,
    /// The newest record's hash.
    #[serde(with = "with::form")]
    pub head_hash: RecordHash,
    /// What the device's clock says, null when it lost its power. It need not be right: the status says whether it is.
    #[serde(with = "with::text_option")]
    pub time: Option<Timestamp>,
    /// r‖s over [`Attested::hash`].
    #[serde(with = "with::form")]
    pub signature: Signature,
}

impl Presence {
    /// What a key signed.
    pub const fn new(attested: Attested, key: KeyId, signature: Signature) -> Self {
        let Attested { device_id, epoch, last_position, head_hash, time } = attested;
        let status = Accepted::Ok;
        Self { status, device_id, public_key_id: key, epoch, last_position, head_hash, time, signature }
    }

    /// Whether the key signed this for the challenge. Whose key it has to be, and that the challenge was used once,
    /// is for the caller to see to.
    pub fn verify(&self, challenge: &[u8; 32], key: &PublicKey) -> Result<(), PresenceFault> {
        if self.public_key_id != key.id() {
            return Err(PresenceFault::OtherKey);
        }
        key.verify(&self.attested().hash(challenge), &self.signature).map_err(|_| PresenceFault::False)
    }

    /// What the signature covers, beside the challenge.
    pub const fn attested(&self) -> Attested {
        let Self { device_id, epoch, last_position, head_hash, time, .. } = *self;
        Attested { device_id, epoch, last_position, head_hash, time }
    }
}

/// What a device signs when it proves that it is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attested {
    /// The device.
    pub device_id: DeviceId,
    /// The outlet's line of numbers.
    pub epoch: Epoch,
    /// The newest record's position.
    pub last_position: u64,
    /// The newest record's hash.
    pub head_hash: RecordHash,
    /// What the clock says.
    pub time: Option<Timestamp>,
}

impl Attested {
    /// What the key signs.
    ///
    /// | bytes | what |
    /// |---|---|
    /// | 16 | `stelala-attest-1` |
    /// | 32 | the challenge |
    /// | 1 + n | the device's id, its length before it |
    /// | 4 | epoch |
    /// | 8 | the newest record's position |
    /// | 32 | the newest record's hash |
    /// | 8 | the device's clock, in seconds since 1970; 0 when it lost its power |
    pub fn hash(&self, challenge: &[u8; 32]) -> RecordHash {
        let device = self.device_id.as_str();
        let digest = Sha256::new()
            .chain_update(TAG)
            .chain_update(challenge)
            // A device's id has at most 20 characters.
            .chain_update([device.len() as u8])
            .chain_update(device)
            .chain_update(self.epoch.0.to_be_bytes())
            .chain_update(self.last_position.to_be_bytes())
            .chain_update(self.head_hash.0)
            .chain_update(self.time.map_or(0, Timestamp::unix).to_be_bytes());
        RecordHash(digest.finalize().into())
    }
}

/// Why an answer does not prove that the device is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresenceFault {
    /// It names another key.
    #[error("the answer names another key than the device's: ask the device that is meant")]
    OtherKey,
    /// The key did not sign it, or not for this challenge.
    #[error("the device's key did not sign this answer to the challenge: ask again, with a new challenge")]
    False,
}
