//! What the threads of a ring know of each other.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use fiscal::{KeyId, Proof, PublicKey};

use super::{
    Item, RingSettings,
    batch::Batch,
    keys::{Entry, Trust},
};
use crate::{Connection, Custody, KeyStore, NewKey, Purpose, SignerFault, StoredKey};

pub(super) struct Shared {
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) settings: RingSettings,
    pub(super) state: Mutex<State>,
    /// For the keeper, and for whoever waits for a state.
    pub(super) changed: Condvar,
    /// For workers.
    pub(super) work: Condvar,
}

pub(super) struct State {
    phase: Phase,
    pub(super) link: Option<Link>,
    links: u64,
    /// Whether the link that was lost last had signed anything.
    pub(super) fruitful: bool,
    /// How many workers have a session, or the means to open one.
    pub(super) held: usize,
    /// How many workers could not open a session of this link.
    unable: usize,
    pub(super) keys: BTreeMap<KeyId, Entry>,
    pub(super) active: Option<KeyId>,
    queue: VecDeque<Arc<Batch>>,
    requests: VecDeque<Request>,
    pub(super) threads: usize,
}

/// How it stands with the store.
enum Phase {
    Starting,
    Up,
    Away(SignerFault),
    /// For ever, as far as this ring goes.
    Ended(SignerFault),
}

/// One connection, from its beginning to its loss.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) number: u64,
    pub(super) connection: Arc<dyn Connection>,
}

/// What only the keeper does.
pub(super) enum Request {
    Make(NewKey, mpsc::Sender<Result<PublicKey, SignerFault>>),
    Refresh(mpsc::Sender<Result<(), SignerFault>>),
}

/// A batch that is being signed, and the proofs of its keys, one for each item.
pub(super) struct Accepted {
    pub(super) batch: Arc<Batch>,
    pub(super) proofs: Vec<Proof>,
}

/// What a worker does next.
pub(super) enum Step {
    Open(Link),
    LetGo,
    Sign(Arc<Batch>),
    End,
}

/// What the keeper does next.
pub(super) enum Duty {
    Answer(Request),
    Reconnect,
    End,
}

/// A thread that panicked has left counters and lists whole.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(store: Arc<dyn KeyStore>, settings: RingSettings) -> Self {
        let state = State {
            phase: Phase::Starting,
            link: None,
            links: 0,
            fruitful: false,
            held: 0,
            unable: 0,
            keys: BTreeMap::new(),
            active: None,
            queue: VecDeque::new(),
            requests: VecDeque::new(),
            threads: 0,
        };
        Self { store, settings, state: Mutex::new(state), changed: Condvar::new(), work: Condvar::new() }
    }

    pub(super) fn spawn(self: &Arc<Self>, name: String, run: impl FnOnce() + Send + 'static) {
        struct Leaving(Arc<Shared>);
        impl Drop for Leaving {
            fn drop(&mut self) {
                locked(&self.0.state).threads -= 1;
                self.0.changed.notify_all();
            }
        }
        locked(&self.state).threads += 1;
        let leaving = Leaving(Arc::clone(self));
        let spawned = thread::Builder::new().name(name).spawn(move || {
            let _leaving = leaving;
            run();
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "a thread for signing could not be started");
        }
    }

    pub(super) fn wait_while(&self, most: Duration, mut waits: impl FnMut(&State) -> bool) {
        let waited = self.changed.wait_timeout_while(locked(&self.state), most, |state| waits(state));
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Hands a batch to as many workers as are worth waking; none of an empty one.
    pub(super) fn enqueue(
        &self,
        items: Vec<Item>,
        purpose: Purpose,
    ) -> Result<Option<Accepted>, SignerFault> {
        let mut state = locked(&self.state);
        let proofs = items.iter().map(|(key, _)| state.proof(*key, purpose)).collect::<Result<_, _>>()?;
        let Some(link) = state.link.clone() else { return Err(state.fault()) };
        if items.is_empty() {
            return Ok(None);
        }
        let workers = self.settings.workers.get();
        let (shares, direct, verifiers) = match self.store.custody() {
            // One worker more for each few signatures, because waking one takes as long as these.
            Custody::InProcess => ((items.len() / 4).min(workers - 1), Some(link.connection), None),
            Custody::Elsewhere => (items.len().min(workers), None, Some(state.verifiers(&items))),
        };
        let batch = Arc::new(Batch::new(link.number, direct, items, verifiers));
        for _ in 0..shares {
            state.queue.push_back(Arc::clone(&batch));
            self.work.notify_one();
        }
        if state.unable > 0 {
            // One who was woken may have no session.
            self.work.notify_all();
        }
        Ok(Some(Accepted { batch, proofs }))
    }

    /// The next step of a worker that has a session of this link, or could not open one of that link.
    pub(super) fn next_step(&self, own: Option<u64>, refused: Option<u64>) -> Step {
        let mut state = locked(&self.state);
        loop {
            let now = state.link.as_ref().map(|link| link.number);
            match (own, &state.link) {
                (Some(own), _) if Some(own) != now => return Step::LetGo,
                _ if state.ended() => return Step::End,
                (None, Some(link)) if refused != now => {
                    let link = link.clone();
                    state.held += 1;
                    return Step::Open(link);
                }
                (Some(_), _) => {
                    if let Some(batch) = state.queue.pop_front() {
                        return Step::Sign(batch);
                    }
                }
                _ => {}
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A worker has dropped its session and all that belongs to it.
    pub(super) fn let_go(&self) {
        locked(&self.state).held -= 1;
        self.changed.notify_all();
    }

    /// A worker got no session: the others do its work, unless there is none.
    pub(super) fn unable(&self, link: u64, fault: &SignerFault) {
        let none_left = {
            let mut state = locked(&self.state);
            state.unable += 1;
            state.unable >= self.settings.workers.get()
        };
        tracing::warn!(%fault, "a worker got no session to sign in");
        if none_left {
            self.lost(link, fault);
        }
    }

    /// Waits until all sessions of the connection before are closed; false when the ring is closed instead.
    pub(super) fn is_free(&self) -> bool {
        let held = |state: &mut State| state.held > 0 && !state.ended();
        let state =
            self.changed.wait_while(locked(&self.state), held).unwrap_or_else(PoisonError::into_inner);
        !state.ended()
    }

    pub(super) fn next_duty(&self) -> Duty {
        let mut state = locked(&self.state);
        loop {
            if state.ended() {
                return Duty::End;
            }
            if state.link.is_none() {
                return Duty::Reconnect;
            }
            if let Some(request) = state.requests.pop_front() {
                return Duty::Answer(request);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn ask(&self, request: Request) -> Result<(), SignerFault> {
        let mut state = locked(&self.state);
        if state.link.is_none() {
            return Err(state.fault());
        }
        state.requests.push_back(request);
        self.changed.notify_all();
        Ok(())
    }

    /// Takes up a new connection with the keys that its store has.
    pub(super) fn linked(&self, connection: &Arc<dyn Connection>, keys: Vec<StoredKey>) -> Option<Link> {
        let mut state = locked(&self.state);
        if state.ended() {
            return None;
        }
        state.links += 1;
        let link = Link { number: state.links, connection: Arc::clone(connection) };
        state.link = Some(link.clone());
        state.phase = Phase::Up;
        state.unable = 0;
        state.fruitful = false;
        state.take_keys(keys, &self.settings);
        self.work.notify_all();
        self.changed.notify_all();
        Some(link)
    }

    /// Takes up keys that the store has by now.
    pub(super) fn keys_found(&self, keys: Vec<StoredKey>) {
        locked(&self.state).take_keys(keys, &self.settings);
        self.changed.notify_all();
    }

    /// What a key has shown, if the link under which it did is still the one.
    pub(super) fn proven(&self, link: u64, key: KeyId, shown: Result<Proof, String>) {
        let mut state = locked(&self.state);
        if state.link.as_ref().is_none_or(|now| now.number != link) {
            return;
        }
        if let Some(entry) = state.keys.get_mut(&key) {
            entry.state = match shown {
                Ok(proof) => Trust::Proven(proof),
                Err(why) => Trust::Condemned(why),
            };
        }
        self.changed.notify_all();
    }

    /// A key is not used any more, until someone has looked.
    pub(super) fn condemn(&self, key: KeyId, why: String) {
        tracing::error!(%key, why, "a key is not used any more");
        if let Some(entry) = locked(&self.state).keys.get_mut(&key) {
            entry.state = Trust::Condemned(why);
        }
        self.changed.notify_all();
    }

    /// A batch was signed under this link.
    pub(super) fn bore_fruit(&self, link: u64) {
        let mut state = locked(&self.state);
        if state.link.as_ref().is_some_and(|now| now.number == link) {
            state.fruitful = true;
        }
    }

    /// The store went away under this link; what waits is told so, and sessions are let go.
    pub(super) fn lost(&self, link: u64, fault: &SignerFault) {
        let mut state = locked(&self.state);
        if state.link.as_ref().is_none_or(|now| now.number != link) {
            return;
        }
        tracing::warn!(store = self.store.name(), %fault, "the signer lost its store");
        // Whatever it was, it is tried again by itself.
        let fault = SignerFault::Temporary(fault.reason().into());
        self.drop_link(&mut state, Phase::Away(fault.clone()), &fault);
    }

    /// Could not connect; it is tried again.
    pub(super) fn away(&self, fault: SignerFault) {
        let mut state = locked(&self.state);
        if !state.ended() {
            state.phase = Phase::Away(fault);
        }
        self.changed.notify_all();
    }

    /// Cannot connect, and is not tried again.
    pub(super) fn end(&self, fault: SignerFault) {
        let mut state = locked(&self.state);
        if !state.ended() {
            tracing::error!(store = self.store.name(), %fault, "the signer cannot use its store");
            self.drop_link(&mut state, Phase::Ended(fault.clone()), &fault);
        }
    }

    /// Ends all threads.
    pub(super) fn close(&self, why: &str) {
        let fault = SignerFault::Permanent(why.into());
        let mut state = locked(&self.state);
        self.drop_link(&mut state, Phase::Ended(fault.clone()), &fault);
    }

    fn drop_link(&self, state: &mut State, phase: Phase, fault: &SignerFault) {
        state.phase = phase;
        // The keeper holds the connection too, so that nothing is finalised here, under the lock.
        state.link = None;
        for entry in state.keys.values_mut() {
            if matches!(entry.state, Trust::Pending | Trust::Proven(_)) {
                entry.state = Trust::Away;
            }
        }
        for batch in state.queue.drain(..) {
            batch.fail(fault.clone());
        }
        for request in state.requests.drain(..) {
            request.refuse(fault.clone());
        }
        self.work.notify_all();
        self.changed.notify_all();
    }
}

impl State {
    pub(super) const fn ended(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// A permanent fault when the store is there to be blamed; else why it is not.
    pub(super) fn while_up(&self, why: &str) -> SignerFault {
        match self.phase {
            Phase::Up => SignerFault::Permanent(why.into()),
            _ => self.fault(),
        }
    }

    /// Why nothing can be signed.
    pub(super) fn fault(&self) -> SignerFault {
        match &self.phase {
            Phase::Starting => SignerFault::Temporary("the signer is starting".into()),
            Phase::Up => SignerFault::Temporary("the signer has just come back".into()),
            Phase::Away(fault) | Phase::Ended(fault) => fault.clone(),
        }
    }
}

impl Request {
    fn refuse(self, fault: SignerFault) {
        // Whoever asked may have gone.
        let _ = match self {
            Self::Make(_, answer) => answer.send(Err(fault)).is_ok(),
            Self::Refresh(answer) => answer.send(Err(fault)).is_ok(),
        };
    }
}
