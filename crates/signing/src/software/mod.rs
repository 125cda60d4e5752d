//! Keys in a file, encrypted with a passphrase.

mod document;
mod fault;
mod file;
mod vault;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use fiscal::{KeyId, PrivateKey};

use crate::{
    AwsLcKey, Connection, Custody, KeyStore, NewKey, Passphrase, Random, Session, SignerFault, StoredKey,
};
use document::Contents;
pub use fault::KeyFileFault;
use file::WriteLock;
pub use vault::Cost;
use vault::Vault;

/// Keys in one encrypted file, signing in this process by aws-lc-rs.
///
/// The file is described in `document.rs`. Several processes may read it; only one writes at a time, and each write is
/// all or nothing. [`Connection::keys`] reads it again, so that a process learns of keys that another one made.
///
/// It is as safe as the machine: whoever reads this process's memory has the keys. Where that matters, use a token.
pub struct SoftwareKeys(Arc<Shared>);

struct Shared {
    path: PathBuf,
    vault: Vault,
    held: Mutex<Arc<Held>>,
    random: Mutex<Box<dyn Random>>,
}

/// Keys by their ids, decrypted.
type Held = BTreeMap<KeyId, (StoredKey, AwsLcKey)>;

impl SoftwareKeys {
    /// Makes a new file without keys, unless everybody would guess the passphrase. One that is there already is left alone.
    pub fn create(
        path: impl Into<PathBuf>,
        passphrase: &Passphrase,
        cost: Cost,
        mut random: impl Random + 'static,
    ) -> Result<Self, KeyFileFault> {
        let path = path.into();
        let lock = WriteLock::take(&path)?;
        if path.symlink_metadata().is_ok() {
            return Err(KeyFileFault::Exists { path });
        }
        passphrase.is_good().map_err(KeyFileFault::GuessedPassphrase)?;
        let mut salt = [0; Contents::SALT_LENGTH];
        random.fill(&mut salt);
        let contents = Contents::new(cost, &salt);
        let vault = Vault::open(&contents, passphrase)?;
        lock.write(&contents.to_text(&vault))?;
        Self::read(path, vault, Box::new(random))
    }

    /// Opens a file, which takes as long as its [`Cost`] says.
    pub fn open(
        path: impl Into<PathBuf>,
        passphrase: &Passphrase,
        random: impl Random + 'static,
    ) -> Result<Self, KeyFileFault> {
        let path = path.into();
        let vault = Vault::open(&Contents::parse(&file::read(&path)?)?.contents, passphrase)?;
        Self::read(path, vault, Box::new(random))
    }

    fn read(path: PathBuf, vault: Vault, random: Box<dyn Random>) -> Result<Self, KeyFileFault> {
        let (_, held) = load(&path, &vault)?;
        Ok(Self(Arc::new(Shared {
            path,
            vault,
            held: Mutex::new(Arc::new(held)),
            random: Mutex::new(random),
        })))
    }
}

impl KeyStore for SoftwareKeys {
    fn name(&self) -> String {
        format!("the key file {}", self.0.path.display())
    }

    fn custody(&self) -> Custody {
        Custody::InProcess
    }

    fn connect(&self) -> Result<Arc<dyn Connection>, SignerFault> {
        self.0.refresh()?;
        Ok(Arc::new(Open(Arc::clone(&self.0))))
    }
}

impl Shared {
    fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn refresh(&self) -> Result<(), KeyFileFault> {
        let (_, held) = load(&self.path, &self.vault)?;
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
        Ok(())
    }

    fn make(&self, new: NewKey) -> Result<StoredKey, KeyFileFault> {
        let lock = WriteLock::take(&self.path)?;
        // Another process may have made keys since this one read the file.
        let (mut contents, _) = load(&self.path, &self.vault)?;
        let key = AwsLcKey::generate().map_err(|_| KeyFileFault::Library)?;
        let stored = new.with(key.public_key());
        let mut nonce = [0; Contents::NONCE_LENGTH];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut nonce);
        contents.add(&stored, nonce, &key, &self.vault)?;
        lock.write(&contents.to_text(&self.vault))?;
        // Only what can be read back is used.
        self.refresh()?;
        Ok(stored)
    }
}

/// Reads the file and decrypts all keys.
fn load(path: &Path, vault: &Vault) -> Result<(Contents, Held), KeyFileFault> {
    let document = Contents::parse(&file::read(path)?)?;
    vault.check(&document)?;
    let keys = document.contents.decrypt(vault)?;
    let held = keys.into_iter().map(|(stored, key)| (stored.public_key.id(), (stored, key))).collect();
    Ok((document.contents, held))
}

struct Open(Arc<Shared>);

impl Connection for Open {
    fn keys(&self) -> Result<Vec<StoredKey>, SignerFault> {
        self.0.refresh()?;
        Ok(self.0.held().values().map(|(stored, _)| *stored).collect())
    }

    fn make(&self, key: NewKey) -> Result<StoredKey, SignerFault> {
        Ok(self.0.make(key)?)
    }

    fn session(&self) -> Result<Box<dyn Session>, SignerFault> {
        Ok(Box::new(Signing { shared: Arc::clone(&self.0), held: self.0.held() }))
    }
}

struct Signing {
    shared: Arc<Shared>,
    held: Arc<Held>,
}

impl Session for Signing {
    fn sign(&mut self, key: KeyId, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        if !self.held.contains_key(&key) {
            // Made after this session was opened.
            self.held = self.shared.held();
        }
        let Some((_, pair)) = self.held.get(&key) else {
            return Err(SignerFault::Permanent(format!("{} has no key {key}", self.shared.path.display())));
        };
        pair.sign_hash(hash).map_err(|_| KeyFileFault::Library.into())
    }
}
