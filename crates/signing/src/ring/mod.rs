//! Keys of one signer, ready to sign: proven, shared among workers, found again after a fault.
//!
//! | file | one thing |
//! |---|---|
//! | `state.rs` | what all threads know of each other |
//! | `keys.rs` | what is known of each key, and how far it is trusted |
//! | `keeper.rs` | the one thread that connects, proves keys, makes keys |
//! | `worker.rs` | threads with a session each |
//! | `batch.rs` | hashes that are signed all or not at all |

mod batch;
mod keeper;
mod keys;
mod state;
mod worker;

use std::{
    num::NonZeroUsize,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use fiscal::{DeviceId, KeyId, Linked, Proof, PublicKey, Sealed, Signature, Timestamp};

use crate::{Attester, KeyStore, NewKey, Purpose, Random, Signer, SignerFault, StoredKey};
use batch::Batch;
use state::{Accepted, Request, Shared, locked};

/// Keys of one signer in one store.
///
/// A key signs for others only after it signed a fresh challenge, again after each time that the store was away.
/// Starting never waits for the store, and no question waits longer than [`RingSettings::deadline`]: while the store is
/// away, slow or stuck, the answer is [`SignerFault::Temporary`].
///
/// # Which signatures are verified
///
/// A key of this process is proven once (ADR 0003). A token's signatures are made elsewhere, and to verify each costs as
/// much again as signing. So of what a worker signs for one batch its last signature is verified: a wrong handle, a
/// mixed-up session or a failing token shows there, because what was signed before went through the same session with
/// the same handle. Small batches are verified almost whole in this way, when there is time; large ones pay
/// little. One false signature ends the use of its key until someone has looked. What is not found is a single bit
/// that fell in the token during one signature of a large batch: the first reader finds it, as for a key of this process.
pub struct KeyRing {
    shared: Arc<Shared>,
}

/// How a ring works.
#[derive(Clone, Debug)]
pub struct RingSettings {
    /// Whose keys of the store these are.
    pub device: DeviceId,
    /// How many threads sign. For a token at most as many as it has sessions; in this process one for each
    /// processor, of which the asking thread is one.
    pub workers: NonZeroUsize,
    /// How long a question may take at most.
    pub deadline: Duration,
    /// The key that seals first; without one, the newest.
    pub active: Option<KeyId>,
}

impl RingSettings {
    /// Ten seconds: a batch of a thousand at a slow token.
    pub const DEADLINE: Duration = Duration::from_secs(10);

    /// With one worker for each processor.
    pub fn new(device: DeviceId) -> Self {
        let workers = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { device, workers, deadline: Self::DEADLINE, active: None }
    }
}

/// A key of a ring, for whoever looks after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingKey {
    /// As its store describes it.
    pub stored: StoredKey,
    /// Whether it can sign.
    pub state: KeyState,
    /// Whether it seals now.
    pub active: bool,
}

/// Whether a key can sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It has not proven itself yet.
    Pending,
    /// It has proven itself.
    Ready,
    /// Its store is away. It proves itself again when that returns.
    Away,
    /// Someone has to look: it did not prove itself, signed something false, or is gone.
    Unusable(String),
}

/// How long a dropped ring waits for its threads, so that the store's library is left in good order.
const FAREWELL: Duration = Duration::from_secs(2);

impl KeyRing {
    /// Starts the threads and returns at once. The randomness is for challenges.
    pub fn start(store: Arc<dyn KeyStore>, settings: RingSettings, random: impl Random + 'static) -> Self {
        let workers = settings.workers.get();
        let shared = Arc::new(Shared::new(store, settings));
        // A thread that the system refuses is missed as work that is not done: callers get their deadline's answer.
        for number in 0..workers {
            let own = Arc::clone(&shared);
            shared.spawn(format!("sign-{number}"), move || worker::run(&own));
        }
        let own = Arc::clone(&shared);
        shared.spawn("sign-keeper".into(), move || keeper::run(&own, Box::new(random)));
        Self { shared }
    }

    /// Waits until a key can seal, at most so long.
    pub fn wait_until_ready(&self, most: Duration) -> Result<PublicKey, SignerFault> {
        self.shared.wait_while(most, |state| state.active_key().is_err_and(|fault| fault.is_temporary()));
        self.active_key()
    }

    /// Makes a key and proves it. It seals after [`Self::activate`].
    ///
    /// After a temporary fault the key may have been made all the same: [`Self::keys`] shows it.
    pub fn make(&self, purpose: Purpose, now: Timestamp) -> Result<PublicKey, SignerFault> {
        let new = NewKey { purpose, signer: self.shared.settings.device, made: now };
        self.request(|answer| Request::Make(new, answer))
    }

    /// Seals with this key from now on. What was linked under another is still sealed under that one. A key that this
    /// process does not know yet is looked for in the store.
    pub fn activate(&self, key: KeyId) -> Result<(), SignerFault> {
        if !locked(&self.shared.state).keys.contains_key(&key) {
            self.refresh()?;
        }
        let mut state = locked(&self.shared.state);
        state.proof(key, Purpose::Seal)?;
        state.active = Some(key);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Looks for keys that others made in the store, and proves them.
    pub fn refresh(&self) -> Result<(), SignerFault> {
        self.request(Request::Refresh)
    }

    /// All keys of this signer, in the order of their ids.
    pub fn keys(&self) -> Vec<RingKey> {
        locked(&self.shared.state).list()
    }

    /// The newest key that attests and can.
    pub fn attesting_key(&self) -> Result<PublicKey, SignerFault> {
        self.key_for(Purpose::Attest)
    }

    /// The newest key for a purpose, if it can.
    pub fn key_for(&self, purpose: Purpose) -> Result<PublicKey, SignerFault> {
        let state = locked(&self.shared.state);
        let Some(newest) = state.newest(purpose) else {
            return Err(state.while_up(&format!("there is no key for `{purpose}`: make one")));
        };
        state.proof(newest, purpose).map(|proof| *proof.public_key())
    }

    /// The newest key for a purpose; it is made and proven where there is none. The flag says whether it was made.
    pub fn ensure(&self, purpose: Purpose, now: Timestamp) -> Result<(PublicKey, bool), SignerFault> {
        // Another process may have made it, and one that is known may have yet to prove itself.
        self.refresh()?;
        let is_there = locked(&self.shared.state).newest(purpose).is_some();
        if is_there { Ok((self.key_for(purpose)?, false)) } else { Ok((self.make(purpose, now)?, true)) }
    }

    /// Whoever signs reports, exports and lists, with this key. It need not be known yet; until it is, its answers are
    /// faults.
    pub fn attester(&self, key: PublicKey) -> RingAttester {
        self.attester_with(key, Purpose::Attest)
    }

    /// Whoever signs for a purpose, with its newest key. Records are sealed by [`Signer::seal`] only, so that nothing
    /// attests for [`Purpose::Seal`].
    pub fn attester_for(&self, purpose: Purpose) -> Result<RingAttester, SignerFault> {
        if purpose == Purpose::Seal {
            return Err(SignerFault::Permanent("a sealing key signs records only".into()));
        }
        Ok(self.attester_with(self.key_for(purpose)?, purpose))
    }

    /// The same with a key that is known already. It need not be ready; until it is, its answers are faults. A key for
    /// another purpose never signs.
    pub fn attester_with(&self, key: PublicKey, purpose: Purpose) -> RingAttester {
        RingAttester { shared: Arc::clone(&self.shared), key, purpose }
    }

    fn request<T>(
        &self,
        make: impl FnOnce(mpsc::Sender<Result<T, SignerFault>>) -> Request,
    ) -> Result<T, SignerFault> {
        let (answer, answers) = mpsc::channel();
        self.shared.ask(make(answer))?;
        answers.recv_timeout(self.shared.settings.deadline).unwrap_or_else(|_| Err(self.shared.late()))
    }
}

impl Signer for KeyRing {
    fn device(&self) -> DeviceId {
        self.shared.settings.device
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        locked(&self.shared.state).active_key()
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        let items: Vec<_> = linked.iter().map(|linked| (linked.header().key, linked.hash().0)).collect();
        let (proofs, signatures) = self.shared.sign(items, Purpose::Seal)?;
        let sealed = linked.into_iter().zip(signatures).zip(proofs);
        sealed
            .map(|((linked, signature), proof)| {
                let key = linked.header().key;
                linked.seal_proven(signature, &proof).map_err(|unsealed| {
                    self.shared.condemn(key, unsealed.cause.to_string());
                    SignerFault::Permanent(unsealed.cause.to_string())
                })
            })
            .collect()
    }
}

impl Drop for KeyRing {
    fn drop(&mut self) {
        self.shared.close("the signer was shut down");
        self.shared.wait_while(FAREWELL, |state| state.threads > 0);
    }
}

/// Signs with one key of a ring, for one purpose.
#[derive(Clone)]
pub struct RingAttester {
    shared: Arc<Shared>,
    key: PublicKey,
    purpose: Purpose,
}

impl Attester for RingAttester {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        if self.purpose == Purpose::Seal {
            return Err(SignerFault::Permanent("a sealing key signs records only".into()));
        }
        let (_, signatures) = self.shared.sign(vec![(self.key.id(), *hash)], self.purpose)?;
        let signature = signatures.into_iter().next().ok_or_else(|| self.shared.late())?;
        Signature::normalised(signature).map(|signature| *signature.as_bytes()).map_err(|fault| {
            self.shared.condemn(self.key.id(), fault.to_string());
            SignerFault::Permanent(fault.to_string())
        })
    }
}

/// A key and a hash that it is to sign.
type Item = (KeyId, [u8; 32]);

impl Shared {
    /// Signs all or none, with keys for one purpose; beside the signatures, the proofs of their keys.
    fn sign(
        &self,
        items: Vec<Item>,
        purpose: Purpose,
    ) -> Result<(Vec<Proof>, Vec<[u8; Signature::LENGTH]>), SignerFault> {
        let Some(Accepted { batch, proofs }) = self.enqueue(items, purpose)? else {
            return Ok((Vec::new(), Vec::new()));
        };
        self.take_part(&batch);
        match batch.wait(self.settings.deadline) {
            Some(signatures) => {
                let signatures = signatures?;
                self.bore_fruit(batch.link);
                Ok((proofs, signatures))
            }
            None => {
                // It is let go, so that the next to ask are told at once and do not wait as long.
                self.lost(batch.link, &self.late());
                Err(self.late())
            }
        }
    }

    /// In this process the asking thread signs too: waking another costs more than a signature.
    fn take_part(&self, batch: &Batch) {
        if let Some(connection) = &batch.direct {
            match connection.session() {
                Ok(mut session) => worker::work(self, batch, session.as_mut()),
                Err(fault) => batch.fail(fault),
            }
        }
    }

    fn late(&self) -> SignerFault {
        let deadline = self.settings.deadline;
        SignerFault::Temporary(format!("{} did not answer within {deadline:?}", self.store.name()))
    }
}
