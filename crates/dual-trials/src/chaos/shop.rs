//! What terminals and whoever disturbs them know of each other.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use crate::{chaos::SHOPS, place::Place};

/// What terminals do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Sell.
    Selling,
    /// Find out what became of each sale, and end.
    Settling,
    /// End.
    Over,
}

/// What happened, counted.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Offers that were left without an answer, or with one that says nothing of the outcome.
    pub(super) doubts: AtomicU64,
    /// Sealed sales that were offered again, and answered with their seal.
    pub(super) repeats: AtomicU64,
    /// Sales that went to the cloud because the device at the terminal holds the line no more.
    pub(super) moved: AtomicU64,
}

/// The two outlets with their terminals.
pub(super) struct Shop {
    pub(super) api_key: String,
    /// Where terminals find the cloud: the relay's address, which stays.
    pub(super) cloud: SocketAddr,
    pub(super) counts: Counts,
    /// Where terminals keep what they know.
    pub(super) memory: PathBuf,
    phase: AtomicU8,
    locals: Mutex<[Option<SocketAddr>; SHOPS]>,
    refusals: Mutex<BTreeMap<String, u64>>,
    violations: Mutex<Vec<String>>,
}

impl Shop {
    pub(super) fn new(place: &Place, cloud: SocketAddr, folder: &Path) -> anyhow::Result<Self> {
        let memory = folder.join("terminals");
        fs::create_dir_all(&memory)?;
        Ok(Self {
            api_key: place.api_key.clone(),
            cloud,
            counts: Counts::default(),
            memory,
            phase: AtomicU8::new(Phase::Selling as u8),
            locals: Mutex::default(),
            refusals: Mutex::default(),
            violations: Mutex::default(),
        })
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::SeqCst) {
            0 => Phase::Selling,
            1 => Phase::Settling,
            _ => Phase::Over,
        }
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    /// Where the proxy of an outlet listens, if it does.
    pub(super) fn local(&self, outlet: usize) -> Option<SocketAddr> {
        locked(&self.locals)[outlet]
    }

    pub(super) fn set_local(&self, outlet: usize, address: Option<SocketAddr>) {
        locked(&self.locals)[outlet] = address;
    }

    /// A terminal was refused for the time being, or for good.
    pub(super) fn refused(&self, code: &str) {
        *locked(&self.refusals).entry(code.to_owned()).or_default() += 1;
    }

    pub(super) fn refusals(&self) -> BTreeMap<String, u64> {
        locked(&self.refusals).clone()
    }

    /// Something that must never be.
    pub(super) fn violation(&self, what: String) {
        eprintln!("VIOLATION: {what}");
        locked(&self.violations).push(what);
    }

    pub(super) fn violations(&self) -> u64 {
        locked(&self.violations).len() as u64
    }

    pub(super) fn is_clean(&self) -> bool {
        self.violations() == 0
    }
}

/// A terminal that panicked has left lists whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
