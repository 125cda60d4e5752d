//! What tills and whoever disturbs them know of each other.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use def_protocol::reply::Seal;

/// What tills do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Sell as fast as they can.
    Selling,
    /// Find out what became of each sale, and then wait.
    Settling,
    /// End.
    Over,
}

/// A sale that was answered as sealed.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// At which outlet.
    pub outlet: usize,
    /// The seal as the till has it.
    pub seal: Seal,
    /// When it was heard, in nanoseconds of the monotonic clock.
    pub heard: u64,
}

/// What happened, counted.
#[derive(Debug, Default)]
pub struct Counts {
    /// Sales and notes that were sealed.
    pub sealed: AtomicU64,
    /// Those of them that take an original back.
    pub notes: AtomicU64,
    /// Requests that were repeated after their seal was known.
    pub repeats: AtomicU64,
    /// Requests that were sent twice at once.
    pub twins: AtomicU64,
    /// Requests that were left without an answer, or with one that says nothing of the outcome.
    pub doubts: AtomicU64,
    /// Sales in doubt that had been sealed.
    pub doubts_sealed: AtomicU64,
    /// Sales in doubt that had not, and were sealed when they were offered again.
    pub doubts_not_sealed: AtomicU64,
}

/// The shop with its tills.
pub struct Shop {
    /// The key that all tills have.
    pub api_key: String,
    /// How long a till waits for an answer.
    pub patience: Duration,
    /// Whether tills only sell and ask nothing, so that the server has one connection to its database.
    pub only_sells: bool,
    /// How long a till rests after each sale, about; tills sell as fast as they can without it.
    pub rest: Duration,
    /// What happened.
    pub counts: Counts,
    phase: AtomicU8,
    addresses: Mutex<Vec<SocketAddr>>,
    acknowledged: Mutex<Vec<Acknowledged>>,
    refusals: Mutex<BTreeMap<String, u64>>,
    violations: Mutex<Vec<String>>,
}

impl Shop {
    /// With a patience.
    pub fn new(api_key: &str, patience: Duration) -> Self {
        Self {
            api_key: api_key.to_owned(),
            patience,
            only_sells: false,
            rest: Duration::ZERO,
            counts: Counts::default(),
            phase: AtomicU8::new(Phase::Selling as u8),
            addresses: Mutex::default(),
            acknowledged: Mutex::default(),
            refusals: Mutex::default(),
            violations: Mutex::default(),
        }
    }

    /// What tills are to do.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Selling,
            1 => Phase::Settling,
            _ => Phase::Over,
        }
    }

    /// Tells tills what to do.
    pub fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    /// Where a process listens from now on.
    pub fn moved(&self, process: usize, address: SocketAddr) {
        let mut addresses = locked(&self.addresses);
        if addresses.len() < process {
            addresses.resize(process, address);
        }
        addresses[process - 1] = address;
    }

    /// Where processes listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        locked(&self.addresses).clone()
    }

    /// A till has a seal.
    pub fn acknowledge(&self, acknowledged: Acknowledged) {
        self.counts.sealed.fetch_add(1, Ordering::SeqCst);
        locked(&self.acknowledged).push(acknowledged);
    }

    /// What was acknowledged since the last question.
    pub fn take_acknowledged(&self) -> Vec<Acknowledged> {
        std::mem::take(&mut *locked(&self.acknowledged))
    }

    /// A till was refused for the time being.
    pub fn refused(&self, code: String) {
        *locked(&self.refusals).entry(code).or_default() += 1;
    }

    /// Refusals for the time being since the last question.
    pub fn take_refusals(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *locked(&self.refusals))
    }

    /// Something that must never be.
    pub fn violation(&self, what: String) {
        eprintln!("VIOLATION: {what}");
        locked(&self.violations).push(what);
    }

    /// Everything that must never be and was.
    pub fn violations(&self) -> Vec<String> {
        locked(&self.violations).clone()
    }
}

/// A till that panicked has left lists whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
