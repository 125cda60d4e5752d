//! What a dispatcher does, step by step, without its threads.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fiscal::{OutletId, Timestamp};
use ledger::{By, Ledger, LedgerStore, Refusal, SinceEpoch, StoreFault};
use registry::MerchantId;

use crate::{
    AttemptFault, DeliveryState, Entropy, Vault, WebhookId,
    message::Message,
    send::Sender,
    store::{Due, Outcome, Turn},
};

/// Says which outlets a merchant has now, as the registry knows them.
pub type OutletsOf =
    Arc<dyn Fn(&mut dyn LedgerStore, &MerchantId) -> Result<Vec<OutletId>, StoreFault> + Send + Sync>;

/// So many deliveries are sent in one turn; then others have theirs.
const IN_A_TURN: usize = 32;
/// Who takes longer to answer is slow.
const SLOW: Duration = Duration::from_secs(2);
/// How much longer than a request a turn lasts.
const TURN_SPARE: Duration = Duration::from_secs(50);

/// Whom to ask for the database.
pub(crate) trait Ask {
    /// Asks it, with any connection.
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault>;
}

impl Ask for Ledger {
    fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, StoreFault> {
        Self::ask(self, question).map_err(|refusal| match refusal {
            Refusal::Store(fault) => fault,
            other => StoreFault::Unavailable(other.to_string()),
        })
    }
}

pub(crate) struct Engine {
    pub(crate) outlets: OutletsOf,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) sender: Box<dyn Sender>,
    pub(crate) clock: SinceEpoch,
    pub(crate) entropy: Mutex<Entropy>,
    /// How long a request may take.
    pub(crate) timeout: Duration,
    /// This process, as turns name it.
    pub(crate) holder: String,
    /// This process, as the log of acts names it.
    pub(crate) by: By,
    pub(crate) counters: Counters,
}

/// What was done since the start.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) delivered: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) failed: AtomicU64,
}

/// A delivery and what is sent, or why nothing can be.
type Next = (Due, Result<Message, AttemptFault>);

/// How a turn ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Served {
    /// There may be more to send now.
    pub(crate) has_more: bool,
    /// The receiver took long to answer.
    pub(crate) is_slow: bool,
}

impl Engine {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix((self.clock)().as_secs()).unwrap_or(Timestamp::LATEST)
    }

    /// Sends what is due to one webhook. Whatever comes of it, the turn is given back.
    pub(crate) fn serve(
        &self,
        ask: &impl Ask,
        webhook: &WebhookId,
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<Served, StoreFault> {
        let (now, lasts) = ((self.clock)(), self.timeout + TURN_SPARE);
        let turn = ask.ask(|store| Turn::take(store, webhook, &self.holder, now, lasts))?;
        let Some(turn) = turn else { return Ok(Served::default()) };
        let served = self.serve_in(ask, &turn, is_stopping);
        let ended = ask.ask(|store| turn.end(store));
        let served = served?;
        ended.map(|()| served)
    }

    fn serve_in(
        &self,
        ask: &impl Ask,
        turn: &Turn,
        is_stopping: &dyn Fn() -> bool,
    ) -> Result<Served, StoreFault> {
        let mut served = Served { has_more: true, is_slow: false };
        for _ in 0..IN_A_TURN {
            if is_stopping() {
                break;
            }
            let Some((due, message)) = ask.ask(|store| self.next(store, turn))? else {
                served.has_more = false;
                break;
            };
            let (goes_on, is_slow) = self.attempt(ask, turn, &due, message)?;
            served = Served { has_more: goes_on, is_slow };
            if !goes_on || is_slow {
                break;
            }
        }
        Ok(served)
    }

    fn next(&self, store: &mut dyn LedgerStore, turn: &Turn) -> Result<Option<Next>, StoreFault> {
        let Some(due) = turn.next(store, (self.clock)())? else { return Ok(None) };
        let message = match Message::read(store, &due.delivery, &*self.vault, self.now()) {
            // It waits like what no receiver took, so that those behind it do not wait for it.
            Err(StoreFault::Corrupt(what)) => {
                let (webhook, delivery) = (turn.webhook().as_str(), due.delivery.id.as_str());
                tracing::error!(webhook, delivery, what, "a record cannot be told of: verify the ledger");
                Some(Err(AttemptFault::Corrupt))
            }
            read => read?,
        };
        Ok(message.map(|message| (due, message)))
    }

    /// Sends one delivery and notes what came of it; says whether the turn goes on, and whether that took long.
    fn attempt(
        &self,
        ask: &impl Ask,
        turn: &Turn,
        due: &Due,
        message: Result<Message, AttemptFault>,
    ) -> Result<(bool, bool), StoreFault> {
        let (began, time) = ((self.clock)(), self.now());
        let result = message.and_then(|message| self.sender.send(&message, time));
        let now = (self.clock)();
        let outcome = Outcome { began: time, took: now.saturating_sub(began), result };
        let random = self.random();
        let (state, goes_on) = ask.ask(|store| turn.note(store, due, &outcome, now, random, &self.by))?;
        let counter = match state {
            DeliveryState::Delivered => &self.counters.delivered,
            DeliveryState::Waiting => &self.counters.retried,
            DeliveryState::Failed => &self.counters.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(
            webhook = turn.webhook().as_str(),
            delivery = due.delivery.id.as_str(),
            state = state.name(),
            "sent"
        );
        Ok((goes_on, outcome.took > SLOW || outcome.result == Err(AttemptFault::Timeout)))
    }

    fn random(&self) -> u32 {
        let mut bytes = [0; 4];
        let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        (*entropy)(&mut bytes);
        u32::from_be_bytes(bytes)
    }
}
