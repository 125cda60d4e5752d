//! From the passphrase to the two keys of a file, and what they do.

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    KeyFileFault,
    document::{Contents, Document},
};
use crate::Passphrase;

/// What a guess at the passphrase costs: the parameters of argon2id, which the file keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommendation of RFC 9106: 64 MiB, three passes, four lanes. About a fifth of a second.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// What a file may ask for at most, so that a forged one does not take the machine's memory or time.
    pub const MOST: Self = Self { memory_kib: 1024 * 1024, passes: 16, lanes: 16 };

    fn parameters(self) -> Result<Params, KeyFileFault> {
        let Self { memory_kib, passes, lanes } = self;
        if memory_kib > Self::MOST.memory_kib || passes > Self::MOST.passes || lanes > Self::MOST.lanes {
            return Err(KeyFileFault::Cost);
        }
        Params::new(memory_kib, passes, lanes, Some(2 * KEY_LENGTH)).map_err(|_| KeyFileFault::Cost)
    }
}

/// In bytes, of each of the two keys.
const KEY_LENGTH: usize = 32;

/// The two keys that the passphrase gives: one encrypts private keys, one authenticates the file as a whole.
pub(super) struct Vault {
    encrypting: LessSafeKey,
    authenticating: hmac::Key,
    cost: Cost,
    salt: String,
}

impl Vault {
    pub(super) fn open(contents: &Contents, passphrase: &Passphrase) -> Result<Self, KeyFileFault> {
        let (cost, salt) = (contents.argon2id.cost(), contents.argon2id.salt_bytes()?);
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.parameters()?);
        let mut keys = Zeroizing::new([0; 2 * KEY_LENGTH]);
        let derived = argon2.hash_password_into(passphrase.expose().as_bytes(), &salt, keys.as_mut());
        derived.map_err(|_| KeyFileFault::Cost)?;
        let (encrypting, authenticating) = keys.split_at(KEY_LENGTH);
        let encrypting = UnboundKey::new(&AES_256_GCM, encrypting).map_err(|_| KeyFileFault::Library)?;
        Ok(Self {
            encrypting: LessSafeKey::new(encrypting),
            authenticating: hmac::Key::new(hmac::HMAC_SHA256, authenticating),
            cost,
            salt: contents.argon2id.salt.clone(),
        })
    }

    /// Whether this passphrase wrote the file.
    pub(super) fn check(&self, document: &Document) -> Result<(), KeyFileFault> {
        let argon2id = &document.contents.argon2id;
        if argon2id.cost() != self.cost || argon2id.salt != self.salt {
            return Err(KeyFileFault::Replaced);
        }
        let tag = Base64UrlUnpadded::decode_vec(&document.authentication);
        let tag = tag.map_err(|_| KeyFileFault::Damaged("its authentication is not base64url"))?;
        hmac::verify(&self.authenticating, document.contents.to_json().as_bytes(), &tag)
            .map_err(|_| KeyFileFault::WrongPassphrase)
    }

    pub(super) fn authenticate(&self, json: &str) -> String {
        Base64UrlUnpadded::encode_string(hmac::sign(&self.authenticating, json.as_bytes()).as_ref())
    }

    pub(super) fn encrypt(
        &self,
        nonce: [u8; Contents::NONCE_LENGTH],
        header: &str,
        secret: &[u8],
    ) -> Result<Vec<u8>, KeyFileFault> {
        let mut bytes = Zeroizing::new(secret.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.encrypting.seal_in_place_separate_tag(nonce, Aad::from(header), &mut bytes);
        let tag = tag.map_err(|_| KeyFileFault::Library)?;
        Ok([bytes.as_slice(), tag.as_ref()].concat())
    }

    pub(super) fn decrypt(
        &self,
        nonce: [u8; Contents::NONCE_LENGTH],
        header: &str,
        mut encrypted: Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyFileFault> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = self.encrypting.open_in_place(nonce, Aad::from(header), &mut encrypted);
        let length = opened.map_err(|_| KeyFileFault::WrongPassphrase)?.len();
        encrypted.truncate(length);
        Ok(encrypted)
    }
}
