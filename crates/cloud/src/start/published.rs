use std::sync::{Arc, Mutex, PoisonError};

use fiscal::{DeviceId, KeyId, Linked, PublicKey, Sealed};
use ledger::{Clock, Database, SealingKey, StoreFault};
use signing::{KeyRing, Signer, SignerFault};

/// A signer whose keys are published before they seal, so that whoever finds a seal finds its key.
pub struct PublishedSigner {
    ring: Arc<KeyRing>,
    database: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    /// The last key of which it is known that it is published.
    known: Mutex<Option<KeyId>>,
}

impl PublishedSigner {
    /// Over a ring, with the database in which keys are published.
    pub fn new(ring: Arc<KeyRing>, database: Arc<dyn Database>, clock: Arc<dyn Clock>) -> Self {
        Self { ring, database, clock, known: Mutex::new(None) }
    }

    /// Takes the key that was published last and is not retired, when another process made it.
    pub fn follow(&self) {
        if let Err(fault) = self.try_follow() {
            tracing::warn!(%fault, "whether another key is to seal could not be asked");
        }
    }

    fn try_follow(&self) -> Result<(), SignerFault> {
        let keys = self.published().map_err(unpublished)?;
        let newest = keys.iter().rfind(|key| key.signer == self.ring.device() && key.until.is_none());
        let Some(newest) = newest.map(|key| key.key) else { return Ok(()) };
        // A signer that is away, or starts, is no news here.
        let Ok(active) = self.ring.active_key() else { return Ok(()) };
        if active.id() != newest.id() {
            self.ring.activate(newest.id())?;
            tracing::info!(key = %newest.id(), "another key seals from now on");
        }
        Ok(())
    }

    fn published(&self) -> Result<Vec<SealingKey>, StoreFault> {
        self.database.connect()?.keys()
    }

    fn publish(&self, key: PublicKey) -> Result<(), StoreFault> {
        let mut store = self.database.connect()?;
        if store.keys()?.iter().any(|known| known.key.id() == key.id()) {
            return Ok(());
        }
        let published = SealingKey { key, signer: self.ring.device(), since: self.clock.now(), until: None };
        match store.publish_key(&published) {
            // Another process was faster.
            Ok(()) | Err(StoreFault::Exists(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

impl Signer for PublishedSigner {
    fn device(&self) -> DeviceId {
        self.ring.device()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            // A ring begins with its newest key, which another process may have replaced.
            self.try_follow()?;
        }
        let key = self.ring.active_key()?;
        if *known != Some(key.id()) {
            self.publish(key).map_err(unpublished)?;
            *known = Some(key.id());
        }
        Ok(key)
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        self.ring.seal(linked)
    }
}

fn unpublished(fault: StoreFault) -> SignerFault {
    SignerFault::Temporary(format!("keys could not be asked for or published: {fault}"))
}
