use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use fiscal::OutletId;

use super::bell::Bell;
use crate::{Lease, MachineId, lane::Role};

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
    /// What there is to look at for each, which rises with each nudge.
    nudges: [u64; 4],
    is_stopping: bool,
}

struct Driven {
    lease: Lease,
    /// Whose invoices went to it when its turn began.
    outlets: Vec<OutletId>,
    /// Another process has it.
    is_lost: bool,
    /// Its turn is over but for answers that are on their way.
    is_aside: bool,
    bell: Arc<Bell>,
}

/// Who looks around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looks {
    /// For new records.
    Feed,
    /// For e-MCFs with something to do.
    Serve,
    /// For codes that are not in the ledger.
    Record,
    /// For what time makes wrong.
    Watch,
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

impl Turns {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), news: Condvar::new(), most }
    }

    /// How many more machines may be driven.
    pub(super) fn places(&self) -> usize {
        let taken = self.state().driven.values().filter(|driven| !driven.is_aside).count();
        self.most.saturating_sub(taken)
    }

    pub(super) fn driven(&self) -> usize {
        self.state().driven.len()
    }

    pub(super) fn drives(&self, machine: &MachineId) -> bool {
        self.state().driven.contains_key(machine)
    }

    pub(super) fn begin(&self, lease: Lease, outlets: Vec<OutletId>) -> Arc<Bell> {
        let bell = Arc::<Bell>::default();
        let driven = Driven { lease, outlets, is_lost: false, is_aside: false, bell: Arc::clone(&bell) };
        self.state().driven.insert(driven.lease.machine.clone(), driven);
        bell
    }

    /// The turn of a machine is over but for answers that are on their way: another has its place meanwhile, and nobody
    /// the machine.
    pub(super) fn step_aside(&self, machine: &MachineId) {
        let mut state = self.state();
        if let Some(driven) = state.driven.get_mut(machine) {
            driven.is_aside = true;
        }
        self.wake(&mut state, &[Looks::Serve]);
    }

    /// The turn of a machine is over. There is a place for another; who has one is not disturbed.
    pub(super) fn end(&self, machine: &MachineId, ended: Ended) {
        let mut state = self.state();
        state.driven.remove(machine);
        state.ended.push((machine.clone(), ended));
        self.wake(&mut state, &[Looks::Serve]);
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
    pub(super) fn rest(&self, looks: Looks, time: Duration, known: u64) -> u64 {
        let asleep = |state: &mut State| state.nudges[looks as usize] == known && !state.is_stopping;
        let waited = self.news.wait_timeout_while(self.state(), time, asleep);
        waited.unwrap_or_else(PoisonError::into_inner).0.nudges[looks as usize]
    }

    /// There are new jobs of these outlets: who has their turn is told, and for the others it is looked around.
    pub(super) fn news_of(&self, outlets: &BTreeSet<OutletId>) {
        let mut state = self.state();
        let mut told = BTreeSet::<OutletId>::new();
        for driven in state.driven.values() {
            let known = told.len();
            told.extend(driven.outlets.iter().filter(|outlet| outlets.contains(outlet)));
            if told.len() > known {
                driven.bell.ring_for(Role::Request);
            }
        }
        if told.len() < outlets.len() {
            self.wake(&mut state, &[Looks::Serve]);
        }
    }

    /// A code is durable, and can be noted in the ledger.
    pub(super) fn news_of_a_code(&self) {
        self.wake(&mut self.state(), &[Looks::Record]);
    }

    /// Somebody waits for what may be new: it is looked for, and e-MCFs hear what is found.
    pub(super) fn look_soon(&self) {
        self.wake(&mut self.state(), &[Looks::Feed, Looks::Serve, Looks::Record]);
    }

    fn wake(&self, state: &mut State, those: &[Looks]) {
        for looks in those {
            state.nudges[*looks as usize] += 1;
        }
        self.news.notify_all();
    }

    /// Waits for so long, whatever the news.
    pub(super) fn breathe(&self, time: Duration) {
        let waited = self.news.wait_timeout_while(self.state(), time, |state| !state.is_stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn nudge(&self) {
        let mut state = self.state();
        state.driven.values().for_each(|driven| driven.bell.ring());
        self.wake(&mut state, &[Looks::Feed, Looks::Serve, Looks::Record, Looks::Watch]);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn outlets(names: &[&str]) -> BTreeSet<OutletId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn driven(turns: &Turns, machine: &str, names: &[&str]) -> Arc<Bell> {
        let lease = Lease { machine: machine.parse().unwrap(), holder: "one".to_owned(), fence: 1 };
        turns.begin(lease, outlets(names).into_iter().collect())
    }

    fn served(turns: &Turns) -> u64 {
        turns.rest(Looks::Serve, Duration::ZERO, u64::MAX)
    }

    #[test]
    fn news_of_an_outlet_wakes_who_drives_its_machine_and_nobody_else() {
        let turns = Turns::new(4);
        let (its, other) = (
            driven(&turns, "mcf_ctmy08crv9hrqv61fkrr", &["OUTLET-1", "OUTLET-2"]),
            driven(&turns, "mcf_tfa5f4e3k50y3tyn0yxc", &["OUTLET-3"]),
        );
        turns.news_of(&outlets(&["OUTLET-1", "OUTLET-2"]));
        assert_eq!((its.count(Role::Request), its.count(Role::Confirm)), (1, 0));
        assert_eq!((other.count(Role::Request), served(&turns)), (0, 0));
    }

    #[test]
    fn news_of_an_outlet_that_nobody_drives_has_it_looked_for() {
        let turns = Turns::new(4);
        // Two machines may believe to have it for a while: it hides no other.
        let one = driven(&turns, "mcf_ctmy08crv9hrqv61fkrr", &["OUTLET-1"]);
        driven(&turns, "mcf_tfa5f4e3k50y3tyn0yxc", &["OUTLET-1"]);
        turns.news_of(&outlets(&["OUTLET-1", "OUTLET-9"]));
        assert_eq!((one.count(Role::Request), served(&turns)), (1, 1));
        assert_eq!(turns.rest(Looks::Record, Duration::ZERO, u64::MAX), 0);
    }

    #[test]
    fn who_waits_for_answers_alone_takes_nobodys_place_and_keeps_his_machine() {
        let turns = Turns::new(1);
        driven(&turns, "mcf_ctmy08crv9hrqv61fkrr", &[]);
        let machine = "mcf_ctmy08crv9hrqv61fkrr".parse().unwrap();
        assert_eq!(turns.places(), 0);
        turns.step_aside(&machine);
        assert_eq!((turns.places(), turns.drives(&machine), turns.leases().len()), (1, true, 1));
        assert_eq!(served(&turns), 1);
    }

    #[test]
    fn who_waits_for_a_receipt_wakes_no_lane() {
        let turns = Turns::new(4);
        let bell = driven(&turns, "mcf_ctmy08crv9hrqv61fkrr", &["OUTLET-1"]);
        turns.look_soon();
        assert_eq!((bell.count(Role::Request), bell.count(Role::Confirm), served(&turns)), (0, 0, 1));
        turns.nudge();
        assert_eq!((bell.count(Role::Request), bell.count(Role::Confirm), served(&turns)), (1, 1, 2));
    }
}
