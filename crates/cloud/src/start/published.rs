use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fiscal::{DeviceId, KeyId, Linked, PublicKey, Sealed, Timestamp};
use ledger::{Clock, Database, LedgerStore, SealingKey, StoreFault};
use signing::{KeyRing, Signer, SignerFault};

/// A signer whose keys are published before they seal, so that whoever finds a seal finds its key, and which seals with
/// none after its end.
///
/// Who seals asks only what is known here. The database and the ring are asked by [`Self::follow`], and by the first who
/// seals with a key, who alone waits for them as long as they take.
pub struct PublishedSigner {
    ring: Arc<KeyRing>,
    database: Arc<dyn Database>,
    clock: Arc<dyn Clock>,
    /// Held for a moment only.
    state: Mutex<State>,
    looked: Condvar,
}

#[derive(Default)]
struct State {
    /// The key of which it was last found that it is published.
    known: Option<Known>,
    /// Whether someone asks the database now.
    looking: bool,
}

#[derive(Clone, Copy)]
struct Known {
    key: KeyId,
    /// Since when it seals no more.
    until: Option<Timestamp>,
}

/// So long who seals waits for another who asks the database.
const PATIENCE: Duration = Duration::from_millis(500);

impl PublishedSigner {
    /// Over a ring, with the database in which keys are published.
    pub fn new(ring: Arc<KeyRing>, database: Arc<dyn Database>, clock: Arc<dyn Clock>) -> Self {
        Self { ring, database, clock, state: Mutex::default(), looked: Condvar::new() }
    }

    /// Takes the key that was published last and is not retired, when another process made it, and learns whether the
    /// one that seals has an end.
    pub fn follow(&self) {
        // A signer that is away, or starts, is no news here.
        let Ok(active) = self.ring.active_key() else { return };
        if let Err(fault) = self.look() {
            tracing::warn!(%fault, "whether another key is to seal could not be asked");
        }
        if let Some(Err(fault)) = self.known(active.id()) {
            tracing::error!(%fault, "the key that is active here was retired: nothing is sealed");
        }
    }

    /// The key that seals now, without asking anyone else: what health and metrics say.
    pub(crate) fn sealing_now(&self) -> Result<PublicKey, SignerFault> {
        let key = self.ring.active_key()?;
        // One that was not asked for yet may be published when it is to seal.
        self.known(key.id()).unwrap_or(Ok(())).map(|()| key)
    }

    /// Whether a key may seal; none while that was not asked for yet.
    fn known(&self, key: KeyId) -> Option<Result<(), SignerFault>> {
        let known = self.locked().known.filter(|known| known.key == key)?;
        let ended = known.until.filter(|until| *until <= self.clock.now());
        Some(ended.map_or(Ok(()), |until| {
            Err(SignerFault::Temporary(format!(
                "the key {key} seals no more since {until}Z, and its successor is not usable here yet"
            )))
        }))
    }

    /// Asks the database, or waits a little for who does.
    fn look(&self) -> Result<(), SignerFault> {
        let mut state = self.locked();
        if state.looking {
            let waited = self.looked.wait_timeout_while(state, PATIENCE, |state| state.looking);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            return Ok(());
        }
        state.looking = true;
        drop(state);
        let _looks = Looks(self);
        let mut store = self.database.connect().map_err(unpublished)?;
        let keys = store.keys().map_err(unpublished)?;
        let taken = self.take_newest(&keys);
        let key = self.ring.active_key()?;
        let until = match keys.iter().find(|known| known.key.id() == key.id()) {
            Some(known) => known.until,
            None => {
                // A ring begins with its newest key, which another process may have replaced.
                taken.clone()?;
                self.publish(&mut *store, key).map_err(unpublished)?;
                None
            }
        };
        self.locked().known = Some(Known { key: key.id(), until });
        taken
    }

    fn take_newest(&self, keys: &[SealingKey]) -> Result<(), SignerFault> {
        let newest = keys.iter().rfind(|key| key.signer == self.ring.device() && key.until.is_none());
        let Some(newest) = newest.map(|key| key.key.id()) else { return Ok(()) };
        if self.ring.active_key()?.id() != newest {
            self.ring.activate(newest)?;
            tracing::info!(key = %newest, "another key seals from now on");
        }
        Ok(())
    }

    fn publish(&self, store: &mut dyn LedgerStore, key: PublicKey) -> Result<(), StoreFault> {
        let published = SealingKey { key, signer: self.ring.device(), since: self.clock.now(), until: None };
        match store.publish_key(&published) {
            // Another process was faster.
            Ok(()) | Err(StoreFault::Exists(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signer for PublishedSigner {
    fn device(&self) -> DeviceId {
        self.ring.device()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        let key = self.ring.active_key()?;
        if let Some(known) = self.known(key.id()) {
            return known.map(|()| key);
        }
        let looked = self.look();
        // It may be another one now.
        let key = self.ring.active_key()?;
        let late = || SignerFault::Temporary(format!("the key {} is being published", key.id()));
        match self.known(key.id()) {
            Some(known) => known.map(|()| key),
            None => Err(looked.err().unwrap_or_else(late)),
        }
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        self.ring.seal(linked)
    }
}

/// However asking ends, others may ask after it.
struct Looks<'a>(&'a PublishedSigner);

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        self.0.locked().looking = false;
        self.0.looked.notify_all();
    }
}

/// The same signer for who only says how it stands, and must not wait.
pub(super) struct Shown(pub(super) Arc<PublishedSigner>);

impl Signer for Shown {
    fn device(&self) -> DeviceId {
        self.0.device()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        self.0.sealing_now()
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        self.0.seal(linked)
    }
}

fn unpublished(fault: StoreFault) -> SignerFault {
    SignerFault::Temporary(format!("keys could not be asked for or published: {fault}"))
}
