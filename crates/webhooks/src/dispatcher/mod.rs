mod board;

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use ledger::{By, Ledger, SinceEpoch};

use self::board::Board;
use crate::{
    Entropy, Networks, OutletsOf, Vault,
    engine::{Ask, Counters, Engine},
    follow::Following,
    send::HttpSender,
    store::{forget, waiting, with_work},
};

/// Follows the ledger and tells webhooks, on threads of its own.
///
/// Several processes may do this over one database: each record becomes one delivery, and one webhook is told by one of
/// them at a time. A delivery is sent at least once: who crashes after sending sends it again, under the same id.
///
/// Deliveries of one webhook are sent one after the other, each chain's in the order of its records. One that failed waits
/// for its next time, and those behind it do not wait for it.
pub struct Dispatcher {
    ledger: Ledger,
    engine: Arc<Engine>,
    board: Arc<Board>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What a dispatcher works with.
pub struct DispatcherParts {
    /// Whose records.
    pub ledger: Ledger,
    /// Which outlets a merchant has.
    pub outlets: OutletsOf,
    /// What opens the secrets of webhooks.
    pub vault: Arc<dyn Vault>,
    /// How long ago 1970 began.
    pub clock: SinceEpoch,
    /// Randomness.
    pub entropy: Entropy,
}

/// How a dispatcher works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many receivers are talked to at once. Slow ones together have half of them at most, so that others need not
    /// wait for them; with one worker they do.
    pub workers: NonZeroUsize,
    /// How often it is looked for new records and for what is due.
    pub poll: Duration,
    /// How long a request may take.
    pub timeout: Duration,
    /// Which networks events are sent to.
    pub networks: Networks,
    /// Authorities that are trusted besides the system's, in DER.
    pub roots: Vec<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // 4 is not 0.
            workers: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN),
            poll: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            networks: Networks::PublicOnly,
            roots: Vec::new(),
        }
    }
}

/// What a dispatcher did since it was started, and what waits now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Attempts that were answered 200 to 299.
    pub delivered: u64,
    /// Attempts that failed and are made again.
    pub retried: u64,
    /// Attempts that failed and were the last.
    pub failed: u64,
    /// Deliveries of all webhooks that wait, whoever will send them; none when the database does not say.
    pub waiting: Option<u64>,
}

/// How often what is old is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
const FORGOTTEN_AT_ONCE: usize = 500;
/// So many webhooks wait for a worker at most; the others are found again.
const QUEUE: usize = 256;

impl Dispatcher {
    /// Starts the threads.
    pub fn start(parts: DispatcherParts, settings: &Settings) -> std::io::Result<Self> {
        let DispatcherParts { ledger, outlets, vault, clock, mut entropy } = parts;
        let mut holder = [0; 8];
        entropy(&mut holder);
        let holder = format!("{:016x}", u64::from_be_bytes(holder));
        let name = |text: &str| text.parse().map_err(std::io::Error::other);
        let by =
            By { actor: name("webhooks")?, tenant: None, request: name(&format!("dispatcher-{holder}"))? };
        let sender = Box::new(HttpSender::new(settings.networks, settings.timeout, &settings.roots));
        let engine = Arc::new(Engine {
            outlets,
            vault,
            sender,
            clock,
            entropy: Mutex::new(entropy),
            timeout: settings.timeout,
            holder,
            by,
            counters: Counters::default(),
        });
        let board = Arc::new(Board::new(settings.workers.get()));
        let dispatcher = Self { ledger, engine, board, threads: Mutex::default() };
        dispatcher.spawn(settings).inspect_err(|_| dispatcher.stop())?;
        Ok(dispatcher)
    }

    /// Has it looked for new records at once, as after a sale was sealed.
    pub fn wake(&self) {
        self.board.wake();
    }

    /// What it did and what waits.
    pub fn figures(&self) -> Figures {
        let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { delivered, retried, failed } = &self.engine.counters;
        Figures {
            delivered: count(delivered),
            retried: count(retried),
            failed: count(failed),
            waiting: Ask::ask(&self.ledger, |store| waiting(store)).ok(),
        }
    }

    /// Ends the threads; what is being sent is finished first.
    pub fn stop(&self) {
        self.board.stop();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the webhooks had panicked");
            }
        }
    }

    fn spawn(&self, settings: &Settings) -> std::io::Result<()> {
        let poll = settings.poll;
        self.thread("webhooks", move |ledger, engine, board| look_around(&ledger, &engine, &board, poll))?;
        for worker in 0..settings.workers.get() {
            self.thread(&format!("webhooks-{worker}"), |ledger, engine, board| {
                work(&ledger, &engine, &board)
            })?;
        }
        Ok(())
    }

    fn thread(
        &self,
        name: &str,
        run: impl FnOnce(Ledger, Arc<Engine>, Arc<Board>) + Send + 'static,
    ) -> std::io::Result<()> {
        let (ledger, engine, board) =
            (self.ledger.clone(), Arc::clone(&self.engine), Arc::clone(&self.board));
        let thread =
            std::thread::Builder::new().name(name.to_owned()).spawn(move || run(ledger, engine, board))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Writes deliveries, and says which webhooks have something due.
fn look_around(ledger: &Ledger, engine: &Engine, board: &Board, poll: Duration) {
    let mut following = Following::default();
    let mut forgotten = Duration::ZERO;
    while !board.is_stopping() {
        let now = (engine.clock)();
        let followed = Ask::ask(ledger, |store| engine.follow(store, &mut following));
        let has_more = *followed.as_ref().unwrap_or(&false);
        let offered = Ask::ask(ledger, |store| with_work(store, (engine.clock)(), QUEUE))
            .map(|webhooks| board.offer(webhooks));
        let kept = if now.saturating_sub(forgotten) >= FORGET_EVERY {
            forgotten = now;
            Ask::ask(ledger, |store| forget(store, engine.now(), FORGOTTEN_AT_ONCE)).map(|count| {
                // The rest is forgotten in the next round.
                if count == FORGOTTEN_AT_ONCE {
                    forgotten = Duration::ZERO;
                }
            })
        } else {
            Ok(())
        };
        for fault in [followed.err(), offered.err(), kept.err()].into_iter().flatten() {
            tracing::warn!(%fault, "webhooks wait for the database");
        }
        if !has_more {
            board.rest(poll);
        }
    }
}

/// Serves one webhook after the other.
fn work(ledger: &Ledger, engine: &Engine, board: &Board) {
    while let Some(webhook) = board.take() {
        let served = engine.serve(ledger, &webhook, &|| board.is_stopping());
        if let Err(fault) = &served {
            tracing::warn!(webhook = webhook.as_str(), %fault, "a webhook waits for the database");
        }
        board.done(webhook, served.unwrap_or_default());
    }
}
