use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use ledger::StoreFault;

use super::{Shared, drive::drive, turns::Bell};
use crate::{
    At, Desk, Lease, MachineId,
    store::{LASTS, Watch, alert_corrupt, candidates, give_back, renew, take},
};

/// How often the beats of leases are moved: three times while a lease lasts.
const RENEW_EVERY: Duration = Duration::from_secs(LASTS.as_secs() / 3);
/// How often it is looked for what time makes wrong.
const WATCH_EVERY: Duration = Duration::from_secs(60);
/// How long a machine whose turn ended by a panic, or that could not be driven, rests.
const AFTER_PANIC: Duration = Duration::from_secs(60);
/// So many machines are looked at for each that may be driven: some are another process's.
const LOOKED_AT: usize = 4;

/// Takes machines' leases and has each driven on threads of its own, until the agent stops.
pub(super) fn run(shared: Arc<Shared>) {
    let mut round = Round {
        shared,
        threads: Vec::new(),
        watch: Watch::default(),
        resting: BTreeMap::new(),
        renewed: At(0),
        watched: At(0),
    };
    let mut known = 0;
    while !round.shared.turns.is_stopping() {
        if let Err(fault) = round.once() {
            tracing::warn!(%fault, "machines wait for the database");
        }
        known = round.shared.turns.rest(round.shared.settings.poll, known);
    }
    round.threads.drain(..).for_each(super::join);
}

struct Round {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    watch: Watch,
    /// Machines that are left alone for a while, and since when.
    resting: BTreeMap<MachineId, At>,
    renewed: At,
    watched: At,
}

impl Round {
    fn once(&mut self) -> Result<(), StoreFault> {
        let shared = Arc::clone(&self.shared);
        let now = shared.now();
        let (ended, running) = self.threads.drain(..).partition::<Vec<_>, _>(JoinHandle::is_finished);
        self.threads = running;
        ended.into_iter().for_each(super::join);
        if now.since(self.renewed) >= RENEW_EVERY || now < self.renewed {
            self.renew()?;
            self.renewed = now;
        }
        for machine in shared.turns.take_failed() {
            self.resting.insert(machine, now);
        }
        self.resting.retain(|_, since| now.since(*since) < AFTER_PANIC);
        self.take(now)?;
        if now.since(self.watched) >= WATCH_EVERY || now < self.watched {
            self.watched = now;
            self.watch(now)?;
        }
        Ok(())
    }

    /// Alerts begin and end.
    fn watch(&self, now: At) -> Result<(), StoreFault> {
        let watched = self.shared.ask(|store| Ok(Desk::over(store).watch(now)))?;
        if let Err(fault) = watched {
            tracing::warn!(%fault, "alerts of the sync could not be looked for");
        }
        Ok(())
    }

    fn renew(&self) -> Result<(), StoreFault> {
        let leases = self.shared.turns.leases();
        let held = self.shared.ask(|store| renew(store, &leases))?;
        for (lease, _) in leases.iter().zip(held).filter(|(_, is_held)| !is_held) {
            tracing::warn!(machine = lease.machine.as_str(), "another process drives this e-MCF now");
            self.shared.turns.lose(lease);
        }
        Ok(())
    }

    /// Takes what is free, for as many as there are places; those who wait longest come first.
    fn take(&mut self, now: At) -> Result<(), StoreFault> {
        let shared = Arc::clone(&self.shared);
        let most = shared.settings.machines.get().saturating_mul(LOOKED_AT);
        let found = shared.ask(|store| candidates(store, now, most))?;
        self.watch.keep(&found);
        let mut wait = false;
        for candidate in &found {
            let machine = &candidate.machine;
            let is_free = !shared.turns.drives(machine)
                && !self.resting.contains_key(machine)
                && self.watch.is_free(candidate, &shared.holder, now);
            if !is_free {
                continue;
            }
            if shared.turns.places() == 0 {
                wait = true;
                break;
            }
            if let Some(lease) = shared.ask(|store| take(store, candidate, &shared.holder))? {
                self.begin(lease);
            }
        }
        shared.turns.others_wait(wait);
        Ok(())
    }

    fn begin(&mut self, lease: Lease) {
        let shared = Arc::clone(&self.shared);
        shared.counters.turns.fetch_add(1, Ordering::Relaxed);
        let bell = shared.turns.begin(lease.clone());
        let name = format!("sync-{}", lease.machine);
        let (turn, given) = (Arc::clone(&shared), lease.clone());
        match std::thread::Builder::new().name(name).spawn(move || one_turn(&turn, &given, bell)) {
            Ok(thread) => self.threads.push(thread),
            Err(fault) => {
                tracing::warn!(%fault, "a machine waits for a thread");
                end(&shared, &lease, true);
            }
        }
    }
}

/// Drives a machine until its turn is over, and gives its lease back. A panic ends this turn and no other.
fn one_turn(shared: &Arc<Shared>, lease: &Lease, bell: Arc<Bell>) {
    let driven = catch_unwind(AssertUnwindSafe(|| drive(shared, lease, bell)));
    let failed = match driven {
        Ok(was_well) => !was_well,
        Err(_) => {
            shared.counters.panics.fetch_add(1, Ordering::Relaxed);
            let machine = lease.machine.as_str();
            tracing::error!(machine, "an e-MCF could not be driven: tell the maker");
            let told = "its thread ended by an error of the program: tell the maker";
            let now = shared.now();
            // It is in the log, whatever the database says.
            let _ = shared.ask(|store| alert_corrupt(store, machine, None, told, now));
            true
        }
    };
    end(shared, lease, failed);
}

fn end(shared: &Shared, lease: &Lease, failed: bool) {
    if let Err(fault) = shared.ask(|store| give_back(store, lease)) {
        // It lapses.
        tracing::warn!(%fault, machine = lease.machine.as_str(), "a lease could not be given back");
    }
    shared.turns.end(&lease.machine, failed);
}
