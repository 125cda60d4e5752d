use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use edef::{Authority, Token};

use super::{Shared, bell::Bell, gate::Gate, rates};
use crate::{
    At, Book, BookFault, Lease,
    lane::{Lane, Role, Task, Turn},
    store::{StoreBook, sealed_token},
};

/// How often who waits with the next confirm looks whether the turn is over.
const LOOK: Duration = Duration::from_millis(100);
/// A worker with nothing to do rests so long at most, and longer each time up to that.
const LONGEST_REST: Duration = Duration::from_millis(1_600);
const SHORTEST_REST: Duration = Duration::from_millis(25);
/// After so long with nothing to call, a turn is over.
const IDLE_FOR: Duration = Duration::from_secs(3);
/// How long a worker waits for a database that is away.
const AWAY: Duration = Duration::from_millis(500);

/// A machine whose turn it is.
pub(super) struct Seat {
    pub(super) shared: Arc<Shared>,
    pub(super) lease: Lease,
    lane: Mutex<Lane>,
    line: Mutex<Option<Line>>,
    pub(super) bell: Arc<Bell>,
    gate: Gate,
    began: At,
    /// Nothing new is begun.
    is_over: AtomicBool,
    /// Whether a worker ended by a panic, or by what only a person mends.
    pub(super) has_failed: AtomicBool,
    pub(super) requesters: AtomicUsize,
    /// When it was called last, in milliseconds.
    called: AtomicU64,
    /// Whether something else than a status was called.
    pub(super) has_worked: AtomicBool,
}

/// The authority's side of a machine as it was configured in a generation.
#[derive(Clone)]
struct Line {
    generation: u64,
    authority: Arc<dyn Authority>,
}

impl Seat {
    pub(super) fn new(shared: &Arc<Shared>, lease: &Lease, bell: Arc<Bell>) -> Self {
        let lane = Lane::new(lease.clone(), Arc::clone(&shared.translate), shared.settings.tolerance);
        Self {
            shared: Arc::clone(shared),
            lease: lease.clone(),
            lane: Mutex::new(lane),
            line: Mutex::default(),
            bell,
            gate: Gate::default(),
            began: shared.now(),
            is_over: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            requesters: AtomicUsize::new(0),
            called: AtomicU64::new(shared.now().0),
            has_worked: AtomicBool::new(false),
        }
    }

    /// Makes call after call until the turn is over.
    pub(super) fn work(&self, role: Role) {
        let (mut book, mut rest) = (self.shared.book.clone(), SHORTEST_REST);
        while !self.is_over() {
            let heard = self.bell.count(role);
            let turn = self.next(role, &mut book);
            match turn {
                Ok(Turn::Call(task)) => {
                    rest = SHORTEST_REST;
                    self.called.store(self.shared.now().0, Ordering::Relaxed);
                    self.has_worked.fetch_or(task.job().is_some(), Ordering::Relaxed);
                    self.call(*task, role, &mut book);
                }
                Ok(Turn::Rest(_)) if role == Role::Confirm && self.follow(&mut book) => rest = SHORTEST_REST,
                Ok(Turn::Rest(_)) => {
                    if self.is_idle() {
                        self.end();
                    }
                    // Whoever has news rings: what is due later is found at the next look.
                    if self.bell.wait(role, rest, heard) {
                        rest = SHORTEST_REST
                    } else {
                        rest = (rest * 2).min(LONGEST_REST)
                    }
                }
                Err(fault) => self.stumble(&fault, role),
            }
        }
    }

    pub(super) fn next(&self, role: Role, book: &mut StoreBook) -> Result<Turn, BookFault> {
        let mut lane = self.lane();
        let turn = lane.next(role, book, self.shared.now());
        // As long as the lane is locked nobody takes the one that follows.
        if let Ok(Turn::Call(task)) = &turn
            && task.is_confirm()
        {
            self.gate.begin();
        }
        turn
    }

    /// Takes the next confirm while one is out, and calls it as soon as that is answered. Says whether there was one.
    fn follow(&self, book: &mut StoreBook) -> bool {
        let Some(task) = self.lane().ahead(self.shared.now()) else { return false };
        loop {
            match self.gate.follow(LOOK) {
                Some(true) if !self.is_over() && task.may_be_sent(self.shared.now()) => {
                    self.called.store(self.shared.now().0, Ordering::Relaxed);
                    self.call(*task, Role::Confirm, book);
                    return true;
                }
                Some(true) => {
                    drop(self.gate.answered(false));
                    break;
                }
                Some(false) => break,
                None if self.is_over() => break,
                None => {}
            }
        }
        self.lane().unsent(*task);
        self.bell.ring();
        true
    }

    fn is_idle(&self) -> bool {
        let (called, now) = (At(self.called.load(Ordering::Relaxed)), self.shared.now());
        if now < called {
            // The clock was set back.
            self.called.store(now.0, Ordering::Relaxed);
        }
        let lane = self.lane();
        now.since(called) >= IDLE_FOR && !lane.is_busy() && !lane.has_plans()
    }

    /// Makes a call and hands its answer back.
    pub(super) fn call(&self, task: Task, role: Role, book: &mut StoreBook) {
        let authority = self.line(task.generation, book);
        let answer = match &authority {
            Some(authority) => task.call(&**authority),
            // Another address, or another token: what was intended is of the one before.
            None => task.not_made(),
        };
        let chance = (self.shared.random() >> 32) as u32;
        // The next is sent before this one is written.
        let order = task.is_confirm().then(|| self.gate.answered(answer.code().is_some()));
        let wakes = task.wakes();
        let has_status = task.name() == "status" && answer.fault().is_none();
        let done = self.lane().answered(task, answer, book, self.shared.now(), chance);
        drop(order);
        if wakes == Some(Role::Request) && done.is_ok() {
            self.shared.turns.news_of_a_code();
        }
        match wakes {
            Some(role) => self.bell.ring_for(role),
            None => self.bell.ring(),
        }
        if let Some(authority) = authority.filter(|_| has_status && done.is_ok()) {
            rates::ask(&self.shared, &self.lease.machine, &*authority);
        }
        if let Err(fault) = done {
            self.stumble(&fault, role);
        }
    }

    fn stumble(&self, fault: &BookFault, role: Role) {
        let machine = self.lease.machine.as_str();
        match fault {
            BookFault::LeaseLost => self.end(),
            BookFault::Corrupt(what) => {
                tracing::error!(machine, what, "an e-MCF waits for a row that cannot be read");
                let now = self.shared.now();
                // It is in the log, whatever the database says.
                let _ = self.shared.ask(|store| crate::store::alert_corrupt(store, machine, None, what, now));
                self.fail();
            }
            _ if self.is_over.load(Ordering::SeqCst) => {}
            fault => {
                tracing::warn!(machine, %fault, "an e-MCF waits for the database");
                self.bell.wait(role, AWAY, self.bell.count(role));
            }
        }
    }

    /// The authority of a generation of the machine; none when that is over, or there is no token.
    fn line(&self, generation: u64, book: &mut StoreBook) -> Option<Arc<dyn Authority>> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = line.as_ref().filter(|line| line.generation == generation) {
            return Some(Arc::clone(&line.authority));
        }
        let id = &self.lease.machine;
        let sealed = self.shared.ask(|store| sealed_token(store, id)).ok().flatten()?;
        // Read after the token: one of a newer generation is not taken for this one's.
        let machine = book.machine(id).ok().filter(|machine| machine.generation == generation)?;
        let token = self.shared.vault.open(id.as_str(), &sealed)?;
        let token: Token = String::from_utf8(token).ok()?.parse().ok()?;
        let authority: Arc<dyn Authority> = (self.shared.authority)(&machine, token).into();
        *line = Some(Line { generation, authority: Arc::clone(&authority) });
        Some(authority)
    }

    pub(super) fn is_over(&self) -> bool {
        let turns = &self.shared.turns;
        if self.is_over.load(Ordering::SeqCst) {
            return true;
        }
        let is_long = || is_long(self.began, self.shared.now(), self.shared.settings.turn);
        let over =
            turns.is_stopping() || turns.has_lost(&self.lease) || (turns.do_others_wait() && is_long());
        if over {
            self.end();
        }
        over
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.bell.ring();
    }

    pub(super) fn fail(&self) {
        self.has_failed.store(true, Ordering::SeqCst);
        self.end();
    }

    pub(super) fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether something that began then has lasted so long. If the clock was set back since, nobody knows: it has.
pub(super) fn is_long(began: At, now: At, time: Duration) -> bool {
    now < began || now.since(began) >= time
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_over_when_its_time_is_and_when_the_clock_was_set_back() {
        let (began, turn) = (At(1_000_000), Duration::from_secs(30));
        assert!(!is_long(began, began, turn) && !is_long(began, At(1_029_999), turn));
        assert!(is_long(began, At(1_030_000), turn));
        // By a second or an hour: it would last until the clock has made up for it.
        assert!(is_long(began, At(999_000), turn) && is_long(began, At(0), turn));
    }
}
