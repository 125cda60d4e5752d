//! One thread writes what all lanes of a process have to write: what waits goes into one transaction, and while that is
//! committed the next gathers.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use ledger::{Ledger, Refusal, StoreFault};

use crate::store::{Outcome, Writing};

/// So many changes are written in one transaction at most: a few milliseconds, while which SQLite seals nothing.
const MOST: usize = 200;
/// How long it waits for a database that is away before it tries again: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// What gathers for so long after a transaction is written in one. Sealing shares the database, and each transaction of
/// ours is one that a sale may have to wait for; an e-MCF, whose answers take longer, hardly waits.
const GATHERS: Duration = Duration::from_millis(60);
/// A code of the authority waits no longer than this: until it is written, a power cut loses it.
const CODES_GATHER: Duration = Duration::from_millis(20);
/// So often it tries to write what waits when it is to stop.
const LAST_TRIES: usize = 3;
/// After so many failures each is written alone: one that the database refuses holds up no other.
const TOGETHER: usize = 5;
/// After so many more one is given back to who asked, if others wait.
const ALONE: usize = 10;

/// Writes in the order of coming. A handle: clones write through the same thread, which ends with the last of them.
#[derive(Clone)]
pub(crate) struct Scribe(Arc<Hand>);

struct Hand(Arc<Desk>);

impl Drop for Hand {
    fn drop(&mut self) {
        self.0.stop();
    }
}

struct Desk {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Order>,
    /// Of all that wait.
    weight: usize,
    /// A code of the authority is among them.
    has_code: bool,
    is_stopping: bool,
    has_ended: bool,
}

struct Order {
    writing: Writing,
    answer: mpsc::SyncSender<Answer>,
}

type Answer = Result<Outcome, StoreFault>;

impl Scribe {
    /// Starts the thread.
    pub(crate) fn start(ledger: Ledger) -> std::io::Result<(Self, JoinHandle<()>)> {
        let desk = Arc::new(Desk { state: Mutex::default(), news: Condvar::new() });
        let scribe = Self(Arc::new(Hand(Arc::clone(&desk))));
        let run = move || {
            // Whatever becomes of it, nobody waits in vain.
            let _closes = Closes(Arc::clone(&desk));
            Pen { ledger }.run(&desk);
        };
        let thread = std::thread::Builder::new().name("sync-scribe".to_owned()).spawn(run)?;
        Ok((scribe, thread))
    }

    /// Has it written, and waits until that is durable.
    pub(crate) fn write(&self, writing: Writing) -> Answer {
        let (sender, receiver) = mpsc::sync_channel(1);
        {
            let mut state = self.0.0.state();
            if state.has_ended || state.is_stopping {
                return Err(away());
            }
            state.weight += writing.weight();
            state.has_code |= writing.has_code();
            state.waiting.push_back(Order { writing, answer: sender });
        }
        self.0.0.news.notify_all();
        receiver.recv().unwrap_or_else(|_| Err(away()))
    }

    /// Takes nothing more, writes what waits and ends.
    pub(crate) fn stop(&self) {
        self.0.0.stop();
    }
}

impl Desk {
    fn stop(&self) {
        self.state().is_stopping = true;
        self.news.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits, as much as goes into one transaction; none when all is over.
    fn take(&self) -> Option<Vec<Order>> {
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.is_stopping {
                return None;
            }
            state = self.news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (mut taken, mut weight) = (Vec::new(), 0);
        while let Some(order) = state.waiting.pop_front() {
            weight += order.writing.weight();
            taken.push(order);
            if weight >= MOST {
                break;
            }
        }
        state.weight = state.weight.saturating_sub(weight);
        state.has_code = state.waiting.iter().any(|order| order.writing.has_code());
        Some(taken)
    }

    /// Waits for what goes into the next transaction.
    fn gather(&self) {
        let is_open = |state: &mut State| !state.is_stopping && state.weight < MOST;
        let waited = self.news.wait_timeout_while(self.state(), CODES_GATHER, is_open);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let rest = GATHERS.saturating_sub(CODES_GATHER);
        let waited = self.news.wait_timeout_while(state, rest, |state| is_open(state) && !state.has_code);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn do_others_wait(&self) -> bool {
        !self.state().waiting.is_empty()
    }

    /// Waits for so long; says whether it is to stop.
    fn rest(&self, time: Duration) -> bool {
        let state = self.state();
        let waited = self.news.wait_timeout_while(state, time, |state| !state.is_stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_stopping
    }
}

struct Closes(Arc<Desk>);

impl Drop for Closes {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.has_ended = true;
        // Their senders go, and with them who waits.
        state.waiting.clear();
        (state.weight, state.has_code) = (0, false);
    }
}

struct Pen {
    ledger: Ledger,
}

impl Pen {
    fn run(&self, desk: &Desk) {
        while let Some(orders) = desk.take() {
            let written = catch_unwind(AssertUnwindSafe(|| self.write(desk, orders)));
            if written.is_err() {
                // Who asked hears that nothing is known, and reads again.
                tracing::error!("what the authority answered could not be written: tell the maker");
            }
            desk.gather();
        }
    }

    /// Writes all of them, however often it takes.
    fn write(&self, desk: &Desk, orders: Vec<Order>) {
        let (mut wait, mut last, mut again, mut failed) = (RETRY.0, 0, false, 0);
        loop {
            match self.once(&orders, again) {
                Ok(done) => {
                    for (order, done) in orders.into_iter().zip(done) {
                        // Who asked may have gone.
                        let _ = order.answer.send(Ok(done));
                    }
                    return;
                }
                Err(StoreFault::Unavailable(why)) => {
                    tracing::warn!(why, "what the authority answered waits for the database");
                    (again, failed) = (true, failed + 1);
                    if failed >= TOGETHER && orders.len() > 1 {
                        for order in orders {
                            self.write(desk, vec![order]);
                        }
                        return;
                    }
                    if failed >= ALONE && desk.do_others_wait() {
                        return answer_all(orders, &StoreFault::Unavailable(why));
                    }
                    if desk.rest(wait) {
                        last += 1;
                        wait = RETRY.0;
                    }
                    wait = (wait * 2).min(RETRY.1);
                    if last >= LAST_TRIES {
                        return answer_all(orders, &StoreFault::Unavailable(why));
                    }
                }
                // One of them cannot be written: the others are.
                Err(_) if orders.len() > 1 => {
                    for order in orders {
                        self.write(desk, vec![order]);
                    }
                    return;
                }
                Err(fault) => return answer_all(orders, &fault),
            }
        }
    }

    fn once(&self, orders: &[Order], again: bool) -> Result<Vec<Outcome>, StoreFault> {
        let mut tries = 0;
        let written = self.ledger.ask(|store| {
            ledger::change(store, |statements| {
                tries += 1;
                let again = again || tries > 1;
                orders.iter().map(|order| order.writing.write(statements, again)).collect()
            })
        });
        written.map_err(|refusal| match refusal {
            Refusal::Store(fault) => fault,
            other => StoreFault::Unavailable(other.to_string()),
        })
    }
}

fn answer_all(orders: Vec<Order>, fault: &StoreFault) {
    for order in orders {
        let _ = order.answer.send(Err(fault.clone()));
    }
}

fn away() -> StoreFault {
    StoreFault::Unavailable("the sync of this process is stopping".to_owned())
}
