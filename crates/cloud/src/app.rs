use std::{ops::Deref, sync::Arc, time::Duration};

use ledger::{Ledger, LedgerStore, Refusal, StoreFault};
use signing::{KeyRing, Signer};
use tokio::sync::{Semaphore, oneshot};

use crate::{
    access::Access,
    metrics::{Gauges, Metrics},
    request_id::RequestIds,
};

/// What handlers have.
pub struct App {
    pub(crate) ledger: HeldLedger,
    questions: Semaphore,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) ring: Option<Arc<KeyRing>>,
    pub(crate) access: Access,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) queue: usize,
    pub(crate) body: Duration,
    pub(crate) ids: RequestIds,
}

/// So many questions are asked of the database at once; later ones wait.
const QUESTIONS: usize = 32;

/// What a server serves.
pub struct AppParts {
    /// The ledger.
    pub ledger: Ledger,
    /// Who seals, to say whether it can.
    pub signer: Arc<dyn Signer>,
    /// The keys that attest, for the published list.
    pub ring: Option<Arc<KeyRing>>,
    /// Who may ask.
    pub access: Access,
    /// How many sales may wait, over all writers.
    pub queue: usize,
    /// How long a body may take.
    pub body: Duration,
    /// A random number, for the names of requests.
    pub process: u64,
}

impl App {
    /// Brings the parts together.
    pub fn new(parts: AppParts) -> Arc<Self> {
        let AppParts { ledger, signer, ring, access, queue, body, process } = parts;
        let ids = RequestIds::new(process);
        let (ledger, questions) = (HeldLedger(Some(ledger)), Semaphore::new(QUESTIONS));
        Arc::new(Self { ledger, questions, signer, ring, access, metrics: Arc::default(), queue, body, ids })
    }

    /// Asks the database on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, Refusal> {
        // It is never closed.
        let _place = self.questions.acquire().await;
        let app = Arc::clone(self);
        let answer = tokio::task::spawn_blocking(move || app.ledger.ask(question)).await;
        // A question that panicked has no answer.
        answer.unwrap_or(Err(Refusal::Stopping))
    }

    /// Has a sale sealed. Who stops waiting changes nothing for the sale.
    pub(crate) async fn seal(&self, offer: ledger::Offer) -> Result<ledger::Sealing, Refusal> {
        let (sender, receiver) = oneshot::channel();
        self.ledger.submit(offer, move |answer| {
            // The client may have gone.
            let _ = sender.send(answer);
        });
        receiver.await.unwrap_or(Err(Refusal::OutcomeUnknown))
    }

    pub(crate) fn gauges(&self) -> Gauges {
        Gauges {
            queue_depth: self.ledger.depth(),
            queue_capacity: self.queue,
            signer_active: self.signer.active_key().is_ok(),
        }
    }
}

/// A ledger that is let go on a thread of its own: a connection to PostgreSQL waits for its end, which a thread that
/// serves others must not.
pub(crate) struct HeldLedger(Option<Ledger>);

impl Deref for HeldLedger {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        // Only dropping takes it.
        self.0.as_ref().expect("a ledger that is held is there")
    }
}

impl Drop for HeldLedger {
    fn drop(&mut self) {
        let ledger = self.0.take();
        if let Err(error) = std::thread::Builder::new().spawn(move || drop(ledger)) {
            tracing::error!(%error, "the ledger could not be let go");
        }
    }
}
