use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{Lease, MachineId};

/// Which machines this process drives, and whether it is to stop.
pub(crate) struct Turns {
    state: Mutex<State>,
    /// There is a reason to look around.
    news: Condvar,
    most: usize,
}

#[derive(Default)]
struct State {
    driven: BTreeMap<MachineId, Driven>,
    /// Those whose turn ended since it was asked, and how.
    ended: Vec<(MachineId, Ended)>,
    others_wait: bool,
    /// Rises with each nudge.
    nudges: u64,
    is_stopping: bool,
}

struct Driven {
    lease: Lease,
    /// Another process has it.
    is_lost: bool,
    bell: Arc<Bell>,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Something was sent.
    Worked,
    /// Nothing was, but for readings of the list.
    Idle,
    /// By a panic, or by what only a person mends.
    Failed,
}

/// Wakes the workers of a machine.
#[derive(Default)]
pub(super) struct Bell {
    count: Mutex<u64>,
    rings: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rings.notify_all();
    }

    /// How often it rang.
    pub(super) fn count(&self) -> u64 {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, or until it rings after those times; says whether it did.
    pub(super) fn wait(&self, time: Duration, heard: u64) -> bool {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.rings.wait_timeout_while(count, time, |count| *count == heard);
        *waited.unwrap_or_else(PoisonError::into_inner).0 != heard
    }
}

impl Turns {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), news: Condvar::new(), most }
    }

    /// How many more machines may be driven.
    pub(super) fn places(&self) -> usize {
        self.most.saturating_sub(self.state().driven.len())
    }

    pub(super) fn driven(&self) -> usize {
        self.state().driven.len()
    }

    pub(super) fn drives(&self, machine: &MachineId) -> bool {
        self.state().driven.contains_key(machine)
    }

    pub(super) fn begin(&self, lease: Lease) -> Arc<Bell> {
        let bell = Arc::<Bell>::default();
        let driven = Driven { lease, is_lost: false, bell: Arc::clone(&bell) };
        self.state().driven.insert(driven.lease.machine.clone(), driven);
        bell
    }

    /// The turn of a machine is over. There is a place for another; who has one is not disturbed.
    pub(super) fn end(&self, machine: &MachineId, ended: Ended) {
        let mut state = self.state();
        state.driven.remove(machine);
        state.ended.push((machine.clone(), ended));
        state.nudges += 1;
        self.news.notify_all();
    }

    pub(super) fn take_ended(&self) -> Vec<(MachineId, Ended)> {
        std::mem::take(&mut self.state().ended)
    }

    /// Whether machines wait for a place.
    pub(super) fn others_wait(&self, wait: bool) {
        self.state().others_wait = wait;
    }

    /// Whether who has a turn is to give it back when its time is over.
    pub(super) fn do_others_wait(&self) -> bool {
        self.state().others_wait
    }

    pub(super) fn leases(&self) -> Vec<Lease> {
        self.state().driven.values().map(|driven| driven.lease.clone()).collect()
    }

    /// Another process has the machine: whoever drives it here is to end.
    pub(super) fn lose(&self, lease: &Lease) {
        if let Some(driven) = self.state().driven.get_mut(&lease.machine)
            && driven.lease.fence == lease.fence
        {
            driven.is_lost = true;
            driven.bell.ring();
        }
    }

    /// Whether the lease of a machine was lost.
    pub(super) fn has_lost(&self, lease: &Lease) -> bool {
        let state = self.state();
        let driven = state.driven.get(&lease.machine);
        driven.is_none_or(|driven| driven.is_lost || driven.lease.fence != lease.fence)
    }

    /// Waits for so long, or until there is news after those that are known; says which are known now.
    pub(super) fn rest(&self, time: Duration, known: u64) -> u64 {
        let asleep = |state: &mut State| state.nudges == known && !state.is_stopping;
        let waited = self.news.wait_timeout_while(self.state(), time, asleep);
        waited.unwrap_or_else(PoisonError::into_inner).0.nudges
    }

    pub(super) fn nudge(&self) {
        let mut state = self.state();
        state.nudges += 1;
        state.driven.values().for_each(|driven| driven.bell.ring());
        self.news.notify_all();
    }

    pub(super) fn stop(&self) {
        let mut state = self.state();
        state.is_stopping = true;
        state.driven.values().for_each(|driven| driven.bell.ring());
        self.news.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.state().is_stopping
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
