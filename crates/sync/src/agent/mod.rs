//! Drives machines on threads of its own: follows the ledger, takes leases, runs lanes.

mod bell;
mod drive;
mod feed;
mod gate;
mod rates;
mod record;
mod seat;
mod serve;
mod turns;
mod watch;

use std::{
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use edef::{Authority, Token, Tolerance};
use ledger::{By, Ledger, SinceEpoch, StoreFault};
use webhooks::{Entropy, Vault};

use self::turns::Turns;
use crate::{At, Machine, lane::Translate, scribe::Scribe, store::StoreBook};

/// Makes the authority's side of a machine: a client of its address, with its token.
pub type AuthorityOf = Arc<dyn Fn(&Machine, Token) -> Box<dyn Authority> + Send + Sync>;

/// What an agent works with.
pub struct AgentParts {
    /// Whose invoices.
    pub ledger: Ledger,
    /// How long ago 1970 began.
    pub clock: SinceEpoch,
    /// Randomness.
    pub entropy: Entropy,
    /// What opens the tokens of machines.
    pub vault: Arc<dyn Vault>,
    /// How machines are called.
    pub authority: AuthorityOf,
    /// How invoices become requests.
    pub translate: Arc<dyn Translate>,
    /// This process, as the log of acts names it.
    pub by: By,
}

/// How an agent works.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many machines are driven at once. Each has four threads; the others wait for their turn.
    pub machines: NonZeroUsize,
    /// How often it is looked for new records and for what is due. While there is much of it, it is gathered a little longer.
    pub poll: Duration,
    /// How long a machine is driven before another that waits has its turn.
    pub turn: Duration,
    /// How long a call may take. Whoever ends waits so long for the answers that are on their way.
    pub patience: Duration,
    /// By how much the authority's totals may differ from ours and are confirmed still.
    pub tolerance: Tolerance,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // 64 is not 0.
            machines: NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN),
            poll: Duration::from_millis(500),
            turn: Duration::from_secs(30),
            // The longest that a cloud may be configured for.
            patience: Duration::from_secs(60),
            tolerance: Tolerance::default(),
        }
    }
}

/// What an agent did since it was started, and does now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentFigures {
    /// Jobs that it made of invoices.
    pub jobs: u64,
    /// Invoices that it noted in the ledger with the authority's elements.
    pub recorded: u64,
    /// Turns of machines that it took.
    pub turns: u64,
    /// Turns that ended by a panic.
    pub panics: u64,
    /// Machines that it drives now.
    pub driven: usize,
}

/// Follows the ledger and brings its invoices to the authority, on threads of its own.
///
/// Several processes may do this over one database: each invoice becomes one job, and one machine is driven by one of them
/// at a time. One that ends without a word loses nothing: another takes its machines, and finds out what was sent.
pub struct Agent {
    shared: Arc<Shared>,
    scribe: Scribe,
    /// The scribe's thread, which ends last, comes first.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What all threads of an agent have.
pub(crate) struct Shared {
    pub(crate) ledger: Ledger,
    pub(crate) clock: SinceEpoch,
    pub(crate) entropy: Mutex<Entropy>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) authority: AuthorityOf,
    pub(crate) translate: Arc<dyn Translate>,
    pub(crate) settings: Settings,
    /// This process, as leases name it.
    pub(crate) holder: String,
    pub(crate) book: StoreBook,
    pub(crate) turns: Turns,
    pub(crate) counters: Counters,
    pub(crate) rates: rates::Due,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) jobs: AtomicU64,
    pub(crate) turns: AtomicU64,
    pub(crate) panics: AtomicU64,
}

impl Agent {
    /// Starts the threads. The database was prepared ([`Sync::prepare`](crate::Sync::prepare)).
    pub fn start(parts: AgentParts, settings: Settings) -> std::io::Result<Self> {
        let AgentParts { ledger, clock, mut entropy, vault, authority, translate, by } = parts;
        let mut holder = [0; 16];
        entropy(&mut holder);
        let holder = format!("{:032x}", u128::from_be_bytes(holder));
        let (scribe, writing) = Scribe::start(ledger.clone())?;
        let book = StoreBook::new(ledger.clone(), scribe.clone(), Arc::clone(&clock), holder.clone(), by);
        let turns = Turns::new(settings.machines.get());
        let entropy = Mutex::new(entropy);
        let counters = Counters::default();
        let shared = Arc::new(Shared {
            ledger,
            clock,
            entropy,
            vault,
            authority,
            translate,
            settings,
            holder,
            book,
            turns,
            counters,
            rates: rates::Due::default(),
        });
        let agent = Self { shared, scribe, threads: Mutex::new(vec![writing]) };
        agent.spawn("sync-feed", |shared| feed::run(shared))?;
        agent.spawn("sync-turns", serve::run)?;
        agent.spawn("sync-record", |shared| record::run(shared))?;
        agent.spawn("sync-watch", |shared| watch::run(shared))?;
        Ok(agent)
    }

    /// Has everything looked at at once, as after a person changed something.
    pub fn nudge(&self) {
        self.shared.turns.nudge();
    }

    /// Has new records and codes looked for at once, as when a receipt waits for the authority's elements.
    pub fn look_soon(&self) {
        self.shared.turns.look_soon();
    }

    /// What it did and does.
    pub fn figures(&self) -> AgentFigures {
        let Shared { counters, turns, book, .. } = &*self.shared;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        AgentFigures {
            jobs: count(&counters.jobs),
            recorded: count(&book.recorded),
            turns: count(&counters.turns),
            panics: count(&counters.panics),
            driven: turns.driven(),
        }
    }

    /// Ends the threads: calls that are out are waited for, what was answered is written, and the leases are given back.
    pub fn stop(&self) {
        self.shared.turns.stop();
        let mut threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let others = threads.split_off(1.min(threads.len()));
        // Who writes to a database that is away would wait without end: at last the scribe gives up, and they hear it.
        let mut left = self.shared.settings.patience.saturating_mul(LAST_CALLS);
        while !left.is_zero() && !others.iter().all(JoinHandle::is_finished) {
            std::thread::sleep(LAST_LOOK);
            left = left.saturating_sub(LAST_LOOK);
        }
        self.scribe.stop();
        threads.into_iter().chain(others).for_each(join);
    }

    fn spawn(&self, name: &'static str, run: fn(&Arc<Shared>)) -> std::io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            // A panic ends a round, and not the work.
            while catch_unwind(AssertUnwindSafe(|| run(&shared))).is_err() && !shared.turns.is_stopping() {
                shared.panicked(name);
                std::thread::sleep(AFTER_PANIC);
            }
        });
        let thread = thread.inspect_err(|_| self.stop())?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How long a thread rests that ended by a panic.
const AFTER_PANIC: Duration = Duration::from_secs(1);
/// So many calls one after the other a thread that is to end may wait for: its own, those that finish what is in hand, the
/// last of these, and a worker's.
const LAST_CALLS: u32 = 4;
/// How often it is looked whether all have ended.
const LAST_LOOK: Duration = Duration::from_millis(10);

fn join(thread: JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a thread of the sync had panicked");
    }
}

impl Shared {
    pub(crate) fn now(&self) -> At {
        At(u64::try_from((self.clock)().as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        (*entropy)(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// An error of the program: it is counted, logged and shown.
    pub(crate) fn panicked(&self, about: &str) {
        self.counters.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!(about, "a part of the sync ended by an error of the program: tell the maker");
        let (told, now) = ("it ended by an error of the program: tell the maker", self.now());
        // It is in the log, whatever the database says.
        let _ = self.ask(|store| crate::store::alert_corrupt(store, about, None, told, now));
    }

    /// Asks the database.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn ledger::LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        self.ledger.ask(question).map_err(|refusal| match refusal {
            ledger::Refusal::Store(fault) => fault,
            other => StoreFault::Unavailable(other.to_string()),
        })
    }
}
