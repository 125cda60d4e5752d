//! What stands in a file of keys.
//!
//! JSON in one form: this program's own writing, indented by two spaces, with a line break at its end. Members in this
//! order:
//!
//! | member | what |
//! |---|---|
//! | `contents.format` | `stelala-keys-1` |
//! | `contents.argon2id` | `memory_kib`, `passes`, `lanes`, `salt` (16 bytes): see below |
//! | `contents.keys[]` | `id`, `purpose`, `signer`, `made`, `public_key`, `nonce`, `private_key` |
//! | `authentication` | HMAC-SHA256 over `contents` without white space |
//! | `sha256` | of `contents` without white space and `authentication`, to tell damage from a wrong passphrase |
//!
//! Argon2id gives 64 bytes of the passphrase and these: the first 32 encrypt keys, the others authenticate the file.
//! `public_key` is the SubjectPublicKeyInfo, `nonce` 12 bytes. `private_key` is the 32 bytes of the key under AES-256-GCM, with its tag; the associated data is
//! `stelala-keys-1|id|purpose|signer|made|public_key`, so that nothing can be put elsewhere. Bytes are in base64url,
//! `id` and `sha256` in hexadecimal.

use aws_lc_rs::digest::{SHA256, digest};
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{PrivateKey, PublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Cost, KeyFileFault, vault::Vault};
use crate::{AwsLcKey, Purpose, StoredKey};

const FORMAT: &str = "stelala-keys-1";

/// The whole file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) contents: Contents,
    pub(super) authentication: String,
    sha256: String,
}

/// What the passphrase authenticates.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    format: String,
    pub(super) argon2id: Argon2id,
    keys: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Argon2id {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    pub(super) salt: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    purpose: Purpose,
    signer: String,
    made: String,
    public_key: String,
    nonce: String,
    private_key: String,
}

impl Contents {
    /// Of the salt, in bytes.
    pub(super) const SALT_LENGTH: usize = 16;
    /// Of a nonce, in bytes.
    pub(super) const NONCE_LENGTH: usize = 12;

    pub(super) fn new(cost: Cost, salt: &[u8; Self::SALT_LENGTH]) -> Self {
        let Cost { memory_kib, passes, lanes } = cost;
        let argon2id = Argon2id { memory_kib, passes, lanes, salt: Base64UrlUnpadded::encode_string(salt) };
        Self { format: FORMAT.into(), argon2id, keys: Vec::new() }
    }

    /// Reads a file that is written in the one form and whole; who wrote it, the vault says.
    pub(super) fn parse(text: &str) -> Result<Document, KeyFileFault> {
        let document: Document =
            serde_json::from_str(text).map_err(|_| KeyFileFault::Damaged("it is not a key file's JSON"))?;
        if document.contents.format != FORMAT {
            return Err(KeyFileFault::Damaged("its format is not one that this program knows"));
        }
        if document.sha256 != checksum(&document.contents.to_json(), &document.authentication) {
            return Err(KeyFileFault::Damaged("its checksum is not right"));
        }
        if document.to_text() != text {
            return Err(KeyFileFault::Damaged("it is not in its one form"));
        }
        Ok(document)
    }

    pub(super) fn to_text(&self, vault: &Vault) -> String {
        let json = self.to_json();
        let authentication = vault.authenticate(&json);
        let sha256 = checksum(&json, &authentication);
        pretty(&Written { contents: self, authentication: &authentication, sha256: &sha256 })
    }

    /// Without white space, as it is authenticated.
    pub(super) fn to_json(&self) -> String {
        // Strings and integers only, so that writing cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Encrypts a key and adds it.
    pub(super) fn add(
        &mut self,
        stored: &StoredKey,
        nonce: [u8; Self::NONCE_LENGTH],
        key: &AwsLcKey,
        vault: &Vault,
    ) -> Result<(), KeyFileFault> {
        let mut entry = Entry {
            id: stored.public_key.id().to_string(),
            purpose: stored.purpose,
            signer: stored.signer.to_string(),
            made: stored.made.to_string(),
            public_key: Base64UrlUnpadded::encode_string(&stored.public_key.to_spki()),
            nonce: Base64UrlUnpadded::encode_string(&nonce),
            private_key: String::new(),
        };
        // One nonce twice under one key would give away both private keys' difference.
        if self.keys.iter().any(|other| other.nonce == entry.nonce) {
            return Err(KeyFileFault::Randomness);
        }
        let scalar = key.scalar().map_err(|_| KeyFileFault::Library)?;
        let encrypted = vault.encrypt(nonce, &entry.header(), &scalar)?;
        entry.private_key = Base64UrlUnpadded::encode_string(&encrypted);
        self.keys.push(entry);
        Ok(())
    }

    /// Decrypts all keys.
    pub(super) fn decrypt(&self, vault: &Vault) -> Result<Vec<(StoredKey, AwsLcKey)>, KeyFileFault> {
        self.keys.iter().map(|entry| entry.decrypt(vault)).collect()
    }
}

impl Document {
    fn to_text(&self) -> String {
        pretty(&Written {
            contents: &self.contents,
            authentication: &self.authentication,
            sha256: &self.sha256,
        })
    }
}

/// A [`Document`] that need not own its parts.
#[derive(Serialize)]
struct Written<'a> {
    contents: &'a Contents,
    authentication: &'a str,
    sha256: &'a str,
}

impl Argon2id {
    pub(super) const fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, passes: self.passes, lanes: self.lanes }
    }

    pub(super) fn salt_bytes(&self) -> Result<[u8; Contents::SALT_LENGTH], KeyFileFault> {
        bytes(&self.salt)
    }
}

impl Entry {
    /// What the encrypted key is bound to.
    fn header(&self) -> String {
        let Self { id, purpose, signer, made, public_key, .. } = self;
        format!("{FORMAT}|{id}|{purpose}|{signer}|{made}|{public_key}")
    }

    fn decrypt(&self, vault: &Vault) -> Result<(StoredKey, AwsLcKey), KeyFileFault> {
        let public_key = PublicKey::from_spki(&bytes::<{ PublicKey::SPKI_LENGTH }>(&self.public_key)?)
            .map_err(|_| KeyFileFault::Damaged("a public key is none"))?;
        let encrypted: [u8; AwsLcKey::SCALAR_LENGTH + 16] = bytes(&self.private_key)?;
        let encrypted = Zeroizing::new(encrypted.to_vec());
        let scalar = vault.decrypt(bytes(&self.nonce)?, &self.header(), encrypted)?;
        let key = AwsLcKey::from_scalar(&scalar, &public_key)
            .map_err(|_| KeyFileFault::Damaged("a private key is not its public half's"))?;
        if key.public_key().id().to_string() != self.id {
            return Err(KeyFileFault::Damaged("a key has another's id"));
        }
        let stored = StoredKey {
            public_key,
            purpose: self.purpose,
            signer: self.signer.parse().map_err(|_| KeyFileFault::Damaged("a signer's id is none"))?,
            made: self.made.parse().map_err(|_| KeyFileFault::Damaged("a time is none"))?,
        };
        Ok((stored, key))
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], KeyFileFault> {
    let mut bytes = [0; N];
    match Base64UrlUnpadded::decode(text, &mut bytes) {
        Ok(read) if read.len() == N => Ok(bytes),
        _ => Err(KeyFileFault::Damaged("a value is not base64url of its length")),
    }
}

fn checksum(json: &str, authentication: &str) -> String {
    let sum = digest(&SHA256, [json, authentication].concat().as_bytes());
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pretty(document: &Written<'_>) -> String {
    // Strings and integers only, so that writing cannot fail.
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Passphrase;

    /// A file's contents with two keys, by someone who knows the passphrase.
    fn contents() -> (Contents, Vault) {
        let mut contents = Contents::new(Cost { memory_kib: 8, passes: 1, lanes: 1 }, &[9; 16]);
        let vault = Vault::open(&contents, &Passphrase::new("open sesame".into()).unwrap()).unwrap();
        for (number, purpose) in [(1, Purpose::Seal), (2, Purpose::Attest)] {
            let key = AwsLcKey::generate().unwrap();
            let stored = StoredKey {
                public_key: key.public_key(),
                purpose,
                signer: "CLOUD-1".parse().unwrap(),
                made: "2026-02-04T10:15:30".parse().unwrap(),
            };
            contents.add(&stored, [number; 12], &key, &vault).unwrap();
        }
        (contents, vault)
    }

    #[test]
    fn an_encrypted_key_is_bound_to_all_that_is_said_of_it() {
        let changes: [fn(&mut [Entry]); 7] = [
            |keys| keys[0].purpose = Purpose::Attest,
            |keys| keys[0].signer = "CLOUD-2".into(),
            |keys| keys[0].made = "2026-02-04T10:15:31".into(),
            |keys| keys[0].id = keys[1].id.clone(),
            |keys| keys[0].public_key = keys[1].public_key.clone(),
            |keys| keys[0].nonce = keys[1].nonce.clone(),
            |keys| keys[0].private_key = keys[1].private_key.clone(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (mut contents, vault) = contents();
            assert_eq!(contents.decrypt(&vault).unwrap().len(), 2);
            change(&mut contents.keys);
            let fault = contents.decrypt(&vault).err();
            assert!(matches!(fault, Some(KeyFileFault::WrongPassphrase)), "change {number}");
        }
    }
}
