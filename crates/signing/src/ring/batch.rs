//! Hashes that are signed together, by whoever has time.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fiscal::KeyId;

use super::{Item, state::locked};
use crate::{Connection, Session, SignerFault, aws_lc::Verifier};

/// Signed whole or not at all. Workers take one hash after the other until none is left.
pub(super) struct Batch {
    /// Under which connection its keys were proven.
    pub(super) link: u64,
    /// Where the asking thread itself may sign.
    pub(super) direct: Option<Arc<dyn Connection>>,
    items: Vec<Item>,
    /// For each item, if a sample of the signatures is to be verified.
    verifiers: Option<Vec<Arc<Verifier>>>,
    next: AtomicUsize,
    stopped: AtomicBool,
    outcome: Mutex<Outcome>,
    done: Condvar,
}

struct Outcome {
    signatures: Vec<[u8; 64]>,
    missing: usize,
    fault: Option<SignerFault>,
}

/// Why a worker did not go on with a batch.
pub(super) struct Failure {
    pub(super) key: KeyId,
    pub(super) fault: SignerFault,
}

impl Batch {
    pub(super) fn new(
        link: u64,
        direct: Option<Arc<dyn Connection>>,
        items: Vec<Item>,
        verifiers: Option<Vec<Arc<Verifier>>>,
    ) -> Self {
        let missing = items.len();
        let outcome = Mutex::new(Outcome { signatures: vec![[0; 64]; missing], missing, fault: None });
        let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { link, direct, items, verifiers, next, stopped, outcome, done: Condvar::new() }
    }

    /// Signs until nothing is left. The last signature that this session made stands for those before it. A failure is
    /// for the caller to act on, and then to end the batch with.
    pub(super) fn work(&self, session: &mut dyn Session) -> Result<(), Failure> {
        let mut made = Vec::new();
        while !self.stopped.load(Ordering::Relaxed) {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((key, hash)) = self.items.get(at) else { break };
            match session.sign(*key, hash) {
                Ok(signature) => made.push((at, signature)),
                Err(fault) => return Err(Failure { key: *key, fault }),
            }
        }
        if let Some(&(at, signature)) = made.last() {
            self.check(at, &signature)?;
            self.deliver(&made);
        }
        Ok(())
    }

    /// Ends the batch without signatures, if it has not ended.
    pub(super) fn fail(&self, fault: SignerFault) {
        self.stopped.store(true, Ordering::Relaxed);
        let mut outcome = locked(&self.outcome);
        if outcome.missing > 0 {
            outcome.fault.get_or_insert(fault);
        }
        self.done.notify_all();
    }

    /// Waits for the last signature or the first fault; nothing when it takes too long.
    pub(super) fn wait(&self, most: Duration) -> Option<Result<Vec<[u8; 64]>, SignerFault>> {
        let waits = |outcome: &mut Outcome| outcome.missing > 0 && outcome.fault.is_none();
        let waited = self.done.wait_timeout_while(locked(&self.outcome), most, waits);
        let (mut outcome, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if waits(&mut outcome) {
            self.stopped.store(true, Ordering::Relaxed);
            return None;
        }
        match outcome.fault.take() {
            Some(fault) => Some(Err(fault)),
            None => Some(Ok(std::mem::take(&mut outcome.signatures))),
        }
    }

    fn check(&self, at: usize, signature: &[u8; 64]) -> Result<(), Failure> {
        let Some(verifiers) = &self.verifiers else { return Ok(()) };
        let (key, hash) = self.items[at];
        if verifiers[at].accepts(&hash, signature) {
            return Ok(());
        }
        let fault = SignerFault::Permanent(format!("a signature by the key {key} is false: do not use it"));
        Err(Failure { key, fault })
    }

    fn deliver(&self, made: &[(usize, [u8; 64])]) {
        let mut outcome = locked(&self.outcome);
        // Whoever waited may have gone.
        if outcome.fault.is_none() && !outcome.signatures.is_empty() {
            for (at, signature) in made {
                outcome.signatures[*at] = *signature;
            }
            outcome.missing -= made.len();
        }
        if outcome.missing == 0 {
            self.done.notify_all();
        }
    }
}
