//! A store that counts what it is asked, and fails when it is told to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard},
};

use fiscal::{DeviceId, KeyId, PrivateKey, PublicKey, RecordHash};
use signing::{AwsLcKey, Connection, Custody, KeyStore, NewKey, Purpose, Session, SignerFault, StoredKey};

#[derive(Clone)]
pub(crate) struct Mock(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    released: Condvar,
}

pub(crate) struct State {
    pub(crate) custody: Custody,
    keys: BTreeMap<KeyId, (StoredKey, Arc<AwsLcKey>)>,
    /// What the next connections say; when there is no more, they succeed.
    pub(crate) connecting: VecDeque<SignerFault>,
    /// What happens at the so-manieth signature from now on; what comes after is sound again.
    pub(crate) at: BTreeMap<u64, Event>,
    /// How many sessions may be open.
    pub(crate) most_sessions: usize,
    pub(crate) hanging: bool,
    pub(crate) count: Count,
}

/// How often it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) connections: u64,
    pub(crate) lookups: u64,
    pub(crate) sessions: u64,
    pub(crate) signatures: u64,
    /// Connections and sessions that are open.
    pub(crate) open: usize,
    pub(crate) open_sessions: usize,
    /// Connections that were asked for while another was open.
    pub(crate) too_early: u64,
    /// Sessions that have signed.
    pub(crate) busy_sessions: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    Fault(SignerFault),
    /// A signature of something else.
    False,
    /// No signature at all.
    Zeroes,
    /// Does not return until it is released.
    Hang,
}

impl Mock {
    pub(crate) fn new(custody: Custody) -> Self {
        let state = State {
            custody,
            keys: BTreeMap::new(),
            connecting: VecDeque::new(),
            at: BTreeMap::new(),
            most_sessions: usize::MAX,
            hanging: false,
            count: Count::default(),
        };
        Self(Arc::new(Inner { state: Mutex::new(state), released: Condvar::new() }))
    }

    /// With a key that seals.
    pub(crate) fn with_key(custody: Custody, signer: DeviceId) -> (Self, PublicKey) {
        let mock = Self::new(custody);
        let key = mock.add(NewKey { purpose: Purpose::Seal, signer, made: crate::suite::now() });
        (mock, key.public_key)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    pub(crate) fn count(&self) -> Count {
        self.state().count
    }

    /// Something happens at the so-manieth signature from now on, 0 being the next.
    pub(crate) fn at(&self, number: u64, event: Event) {
        let mut state = self.state();
        let number = state.count.signatures + number;
        state.at.insert(number, event);
    }

    /// The same from then on, so many times.
    pub(crate) fn from(&self, number: u64, times: u64, event: &Event) {
        (number..number + times).for_each(|number| self.at(number, event.clone()));
    }

    pub(crate) fn hang(&self) {
        self.state().hanging = true;
    }

    pub(crate) fn release(&self) {
        self.state().hanging = false;
        self.0.released.notify_all();
    }

    /// Somebody else makes a key.
    pub(crate) fn add(&self, new: NewKey) -> StoredKey {
        let key = AwsLcKey::generate().unwrap();
        let NewKey { purpose, signer, made } = new;
        let stored = StoredKey { public_key: key.public_key(), purpose, signer, made };
        self.state().keys.insert(stored.public_key.id(), (stored, Arc::new(key)));
        stored
    }

    /// The private half under a public one is another's.
    pub(crate) fn swap_private(&self, key: KeyId) {
        self.state().keys.get_mut(&key).unwrap().1 = Arc::new(AwsLcKey::generate().unwrap());
    }

    pub(crate) fn remove(&self, key: KeyId) -> (StoredKey, Arc<AwsLcKey>) {
        self.state().keys.remove(&key).unwrap()
    }

    pub(crate) fn put_back(&self, key: (StoredKey, Arc<AwsLcKey>)) {
        self.state().keys.insert(key.0.public_key.id(), key);
    }

    fn wait(&self) {
        drop(self.0.released.wait_while(self.state(), |state| state.hanging).unwrap());
    }
}

impl KeyStore for Mock {
    fn name(&self) -> String {
        "the mock".into()
    }

    fn custody(&self) -> Custody {
        self.state().custody
    }

    fn connect(&self) -> Result<Arc<dyn Connection>, SignerFault> {
        let mut state = self.state();
        state.count.connections += 1;
        if state.count.open > 0 {
            state.count.too_early += 1;
        }
        drop(state);
        self.wait();
        let mut state = self.state();
        match state.connecting.pop_front() {
            Some(fault) => Err(fault),
            None => {
                state.count.open += 1;
                Ok(Arc::new(Connected(self.clone())))
            }
        }
    }
}

struct Connected(Mock);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.state().count.open -= 1;
    }
}

impl Connection for Connected {
    fn keys(&self) -> Result<Vec<StoredKey>, SignerFault> {
        let mut state = self.0.state();
        state.count.lookups += 1;
        Ok(state.keys.values().map(|(stored, _)| *stored).collect())
    }

    fn make(&self, key: NewKey) -> Result<StoredKey, SignerFault> {
        self.0.wait();
        Ok(self.0.add(key))
    }

    fn session(&self) -> Result<Box<dyn Session>, SignerFault> {
        let mut state = self.0.state();
        if state.count.open_sessions >= state.most_sessions {
            return Err(SignerFault::Temporary("no more sessions".into()));
        }
        state.count.sessions += 1;
        state.count.open += 1;
        state.count.open_sessions += 1;
        Ok(Box::new(Signing { mock: self.0.clone(), used: false }))
    }
}

struct Signing {
    mock: Mock,
    used: bool,
}

impl Drop for Signing {
    fn drop(&mut self) {
        let mut state = self.mock.state();
        state.count.open -= 1;
        state.count.open_sessions -= 1;
    }
}

impl Session for Signing {
    fn sign(&mut self, key: KeyId, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        let mut state = self.mock.state();
        if !self.used {
            self.used = true;
            state.count.busy_sessions += 1;
        }
        let number = state.count.signatures;
        state.count.signatures += 1;
        let event = state.at.remove(&number);
        if matches!(event, Some(Event::Hang)) {
            state.hanging = true;
        }
        let pair = state.keys.get(&key).map(|(_, pair)| Arc::clone(pair));
        drop(state);
        self.mock.wait();
        let pair = pair.ok_or_else(|| SignerFault::Permanent("no such key".into()))?;
        match event {
            Some(Event::Fault(fault)) => Err(fault),
            Some(Event::False) => Ok(pair.sign(&RecordHash([0xee; 32])).unwrap()),
            Some(Event::Zeroes) => Ok([0; 64]),
            Some(Event::Hang) | None => Ok(pair.sign(&RecordHash(*hash)).unwrap()),
        }
    }
}
