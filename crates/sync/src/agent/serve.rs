use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use ledger::StoreFault;

use super::{
    Shared,
    bell::Bell,
    drive::drive,
    turns::{Ended, Looks},
};
use crate::{
    At, Lease, MachineId,
    store::{LASTS, Watch, candidates, give_back, outlets_of, renew, take},
};

/// How often the beats of leases are moved: three times while a lease lasts.
const RENEW_EVERY: Duration = Duration::from_secs(LASTS.as_secs() / 3);
/// How long a machine whose turn ended by a panic, or that could not be driven, rests.
const AFTER_PANIC: Duration = Duration::from_secs(60);
/// After so many turns in a row in which nothing was sent a machine rests: at first so long, and at most as after a panic.
const IDLE_TURNS: u32 = 3;
const AFTER_IDLE: Duration = Duration::from_secs(5);
/// However much news there is, it looks around no more often.
const BREATH: Duration = Duration::from_millis(25);
/// How often it is looked, at the end, who is driven still.
const LAST_LOOK: Duration = Duration::from_millis(10);
/// So many machines are looked at for each that may be driven: some are another process's.
const LOOKED_AT: usize = 4;

/// Takes machines' leases and has each driven on threads of its own, until the agent stops.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut round = Round {
        shared: Arc::clone(shared),
        threads: Vec::new(),
        watch: Watch::default(),
        resting: BTreeMap::new(),
        idle: BTreeMap::new(),
        renewed: At(0),
    };
    let mut known = 0;
    while !shared.turns.is_stopping() {
        // A panic ends this round: the threads of those who are driven are kept.
        match catch_unwind(AssertUnwindSafe(|| round.once())) {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => tracing::warn!(%fault, "machines wait for the database"),
            Err(_) => shared.panicked("sync-turns"),
        }
        shared.turns.breathe(BREATH);
        known = shared.turns.rest(Looks::Serve, shared.settings.poll, known);
    }
    // Leases last shorter than a call may take.
    while round.threads.iter().any(|thread| !thread.is_finished()) {
        let now = shared.now();
        if let Err(fault) = round.beat(now) {
            tracing::warn!(%fault, "leases wait for the database");
            round.renewed = now;
        }
        std::thread::sleep(LAST_LOOK);
    }
    round.threads.drain(..).for_each(super::join);
}

struct Round {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    watch: Watch,
    /// Machines that are left alone, since when and for how long.
    resting: BTreeMap<MachineId, (At, Duration)>,
    /// How many turns in a row a machine had in which nothing was sent.
    idle: BTreeMap<MachineId, u32>,
    renewed: At,
}

impl Round {
    fn once(&mut self) -> Result<(), StoreFault> {
        let now = self.shared.now();
        let (ended, running) = self.threads.drain(..).partition::<Vec<_>, _>(JoinHandle::is_finished);
        self.threads = running;
        ended.into_iter().for_each(super::join);
        self.beat(now)?;
        self.let_rest(now);
        self.take(now)
    }

    /// Who could not be driven rests, and who has nothing to send again and again, ever longer.
    fn let_rest(&mut self, now: At) {
        for (machine, ended) in self.shared.turns.take_ended() {
            let rest = match ended {
                Ended::Worked => {
                    self.idle.remove(&machine);
                    continue;
                }
                Ended::Failed => AFTER_PANIC,
                Ended::Idle => {
                    let turns = self.idle.entry(machine.clone()).or_insert(0);
                    *turns += 1;
                    let Some(more) = turns.checked_sub(IDLE_TURNS) else { continue };
                    AFTER_IDLE.saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX)).min(AFTER_PANIC)
                }
            };
            self.resting.insert(machine, (now, rest));
        }
        self.resting.retain(|_, (since, rest)| now >= *since && now.since(*since) < *rest);
    }

    fn beat(&mut self, now: At) -> Result<(), StoreFault> {
        if now.since(self.renewed) >= RENEW_EVERY || now < self.renewed {
            self.renew()?;
            self.renewed = now;
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
        // Without them it finds its invoices a little later.
        let outlets = shared.ask(|store| outlets_of(store, &lease.machine)).unwrap_or_default();
        let bell = shared.turns.begin(lease.clone(), outlets);
        let name = format!("sync-{}", lease.machine);
        let (turn, given) = (Arc::clone(&shared), lease.clone());
        match std::thread::Builder::new().name(name).spawn(move || one_turn(&turn, &given, bell)) {
            Ok(thread) => self.threads.push(thread),
            Err(fault) => {
                tracing::warn!(%fault, "a machine waits for a thread");
                end(&shared, &lease, Ended::Failed);
            }
        }
    }
}

/// Drives a machine until its turn is over, and gives its lease back. A panic ends this turn and no other.
fn one_turn(shared: &Arc<Shared>, lease: &Lease, bell: Arc<Bell>) {
    let driven = catch_unwind(AssertUnwindSafe(|| drive(shared, lease, bell)));
    let ended = driven.unwrap_or_else(|_| {
        shared.panicked(lease.machine.as_str());
        Ended::Failed
    });
    end(shared, lease, ended);
}

fn end(shared: &Shared, lease: &Lease, ended: Ended) {
    if let Err(fault) = shared.ask(|store| give_back(store, lease)) {
        // It lapses.
        tracing::warn!(%fault, machine = lease.machine.as_str(), "a lease could not be given back");
    }
    shared.turns.end(&lease.machine, ended);
}
