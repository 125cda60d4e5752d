use std::{sync::Arc, time::Duration};

use fiscal::{CivilDate, OutletId};
use ledger::{By, Clock, Ledger, LedgerStore, ManifestBook, Offer, Recorded, Refusal, Sealing, StoreFault};
use registry::{Place, Registry, RegistryFault, Vault};
use signing::{KeyRing, Signer};
use sync::{At, Desk, DeskFault};
use tokio::{
    sync::{Semaphore, oneshot},
    time::Instant,
};
use webhooks::{Dispatcher, Networks, WebhookFault, Webhooks};

use crate::{
    auth::{KnownPlaces, KnownPrincipals},
    devices::{Devices, Trust},
    drawings::Drawings,
    held::Held,
    limits::Limiters,
    metrics::{Gauges, Metrics},
    problem::{Kind, Problem, words},
    request_id::RequestIds,
    routes::{Exports, Published},
    start::{AuthorityWay, Entropy},
};

/// What handlers have.
pub struct App {
    pub(crate) ledger: Held<Ledger>,
    /// Who tells webhooks, if this process does.
    pub(crate) dispatcher: Option<Held<Dispatcher>>,
    /// To which networks webhooks may lead.
    pub(crate) networks: Networks,
    /// Devices that seal, if this cloud serves any.
    pub(crate) devices: Option<Arc<Devices>>,
    /// The way to the tax authority, if anything is sent there.
    pub(crate) authority: Option<AuthorityWay>,
    questions: Arc<Semaphore>,
    /// Of those who say they have a key or a session, and were not looked up a moment ago.
    pub(crate) strangers: Arc<Semaphore>,
    pub(crate) exports: Exports,
    /// What was signed for everybody a moment ago.
    pub(crate) published: Published,
    /// Receipts that are being drawn: each keeps a core busy.
    drawings: Drawings,
    files: Drawings,
    passwords: Arc<Semaphore>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) ring: Option<Arc<KeyRing>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Entropy,
    pub(crate) vault: Arc<Vault>,
    pub(crate) principals: KnownPrincipals,
    pub(crate) places: KnownPlaces,
    pub(crate) limiters: Limiters,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) queue: usize,
    pub(crate) body: Duration,
    pub(crate) ids: RequestIds,
}

/// So many questions are asked of the database at once; later ones wait.
const QUESTIONS: usize = 32;
/// Of these so many at most find out who somebody is: who guesses leaves room for the others.
const STRANGERS: usize = 4;
/// So many passwords are looked at once: each takes some memory, and a processor for a while.
const PASSWORDS: usize = 2;
/// Who has waited so long for that is told to come again.
const PASSWORD_WAIT: Duration = Duration::from_secs(5);

/// What a server serves.
pub struct AppParts {
    /// The ledger.
    pub ledger: Ledger,
    /// Who seals, to say whether it can.
    pub signer: Arc<dyn Signer>,
    /// The keys that attest, for the published list.
    pub ring: Option<Arc<KeyRing>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub entropy: Entropy,
    /// What seals secrets that have to be read again.
    pub vault: Arc<Vault>,
    /// Who tells webhooks, if this process does.
    pub dispatcher: Option<Dispatcher>,
    /// To which networks webhooks may lead.
    pub networks: Networks,
    /// By what devices know this cloud, if it serves any.
    pub devices: Option<DeviceTrust>,
    /// The way to the tax authority, if anything is sent there.
    pub authority: Option<AuthorityWay>,
    /// How often who may ask.
    pub limits: crate::config::LimitsConfig,
    /// How many sales may wait, over all writers.
    pub queue: usize,
    /// How long a body may take.
    pub body: Duration,
}

/// Keys and certificates by which devices know this cloud.
pub struct DeviceTrust(pub(crate) Trust);

impl App {
    /// Brings the parts together.
    pub fn new(parts: AppParts) -> Arc<Self> {
        let AppParts {
            ledger,
            signer,
            ring,
            clock,
            entropy,
            vault,
            dispatcher,
            networks,
            devices,
            authority,
            limits,
            queue,
            body,
        } = parts;
        Arc::new(Self {
            ledger: Held::new(ledger),
            dispatcher: dispatcher.map(Held::new),
            networks,
            devices: devices.map(|DeviceTrust(trust)| Arc::new(Devices::new(trust))),
            authority,
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            strangers: Arc::new(Semaphore::new(STRANGERS)),
            exports: Exports::default(),
            published: Published::default(),
            drawings: Drawings::of_receipts(),
            files: Drawings::of_files(),
            passwords: Arc::new(Semaphore::new(PASSWORDS)),
            signer,
            ring,
            clock,
            entropy,
            vault,
            principals: KnownPrincipals::default(),
            places: KnownPlaces::default(),
            limiters: Limiters::new(limits),
            metrics: Arc::default(),
            queue,
            body,
            ids: RequestIds::new(crate::start::number(entropy)),
        })
    }

    /// Asks the database on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.consult(move |ledger| ledger.ask(question)).await
    }

    /// Asks the ledger on a thread that may wait.
    pub(crate) async fn consult<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        // It is never closed.
        let place = Arc::clone(&self.questions).acquire_owned().await;
        let app = Arc::clone(self);
        // A question that panicked has no answer.
        worked(place, move || question(&app.ledger)).await.unwrap_or(Err(Refusal::Stopping))
    }

    /// Draws for a merchant on a thread that may be busy; none of what panicked.
    pub(crate) async fn draw<T: Send + 'static>(
        &self,
        merchant: &str,
        drawing: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Option<T>, Problem> {
        Ok(worked(self.drawings.place(merchant).await?, drawing).await)
    }

    /// Reads a merchant's file on a thread that may be busy.
    pub(crate) async fn read_file<T: Send + 'static>(
        &self,
        merchant: &str,
        reading: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let read = worked(self.files.place(merchant).await?, reading).await;
        read.ok_or_else(|| Problem::from(Refusal::Stopping))
    }

    /// Asks or changes the registry on a thread that may wait.
    pub(crate) async fn registry<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Registry<'_>) -> Result<T, RegistryFault> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.ask(|store| Ok(question(&mut Registry::over(store)))).await??)
    }

    /// The same, with the work that a password is, which few may do at once.
    pub(crate) async fn registry_with_password<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Registry<'_>) -> Result<T, RegistryFault> + Send + 'static,
    ) -> Result<T, Problem> {
        let waits = Arc::clone(&self.passwords).acquire_owned();
        let Ok(place) = tokio::time::timeout(PASSWORD_WAIT, waits).await else {
            let detail = words(
                "trop de personnes se connectent à la fois : réessayez dans quelques secondes",
                "too many people sign in at once: try again in some seconds",
            );
            return Err(Problem::new(Kind::Busy, detail).with_retry_after(PASSWORD_WAIT));
        };
        self.registry(move |registry| {
            // The work goes on when nobody waits for it any more.
            let _place = place;
            question(registry)
        })
        .await
    }

    /// Asks or changes webhooks on a thread that may wait.
    pub(crate) async fn webhooks<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Webhooks<'_>) -> Result<T, WebhookFault> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.ask(|store| Ok(question(&mut Webhooks::over(store)))).await??)
    }

    /// Asks or changes how invoices stand with the authority, on a thread that may wait.
    pub(crate) async fn desk<T: Send + 'static>(
        self: &Arc<Self>,
        question: impl FnOnce(&mut Desk<'_>) -> Result<T, DeskFault> + Send + 'static,
    ) -> Result<T, Problem> {
        Ok(self.ask(|store| Ok(question(&mut Desk::over(store)))).await??)
    }

    /// What time it is, as the desk counts.
    pub(crate) fn at(&self) -> At {
        At(self.clock.now().unix().saturating_mul(1_000))
    }

    /// Something is to be sent: no need to wait until it is looked for.
    pub(crate) fn wake_agent(&self) {
        if let Some(authority) = &self.authority {
            authority.wake();
        }
    }

    /// Somebody waits for the authority's elements of what may have been sealed just now.
    pub(crate) fn hurry_agent(&self) {
        if let Some(authority) = &self.authority {
            authority.hurry();
        }
    }

    /// Something waits to be told: no need to wait until it is looked for.
    pub(crate) fn wake_dispatcher(&self) {
        if let Some(dispatcher) = &self.dispatcher {
            dispatcher.wake();
        }
    }

    /// Takes a tax manifest, unless it has that version or a newer one.
    pub(crate) fn take_manifest(&self, book: Arc<ManifestBook>) {
        if book.version() > self.ledger.manifest().version() {
            tracing::info!(version = book.version(), "another tax manifest holds");
            self.ledger.use_manifest(book);
        }
    }

    /// Who may do what has changed: what was known of it is asked for again.
    pub(crate) fn forget_who_may(&self) {
        self.principals.forget_all();
        self.places.forget_all();
    }

    /// Where an outlet is and whose.
    pub(crate) async fn place(self: &Arc<Self>, outlet: OutletId) -> Result<Option<Arc<Place>>, Problem> {
        let now = Instant::now();
        if let Some(known) = self.places.find(&outlet, now) {
            return Ok(Some(known));
        }
        let asking = self.places.ask(now);
        let found = self.registry(move |registry| registry.place_of(outlet)).await?.map(Arc::new);
        if let Some(place) = &found {
            self.places.keep(outlet, place, asking);
        }
        Ok(found)
    }

    /// Has a sale sealed. Who stops waiting changes nothing for the sale.
    pub(crate) async fn seal(&self, offer: Offer) -> Result<Sealing, Refusal> {
        self.submit(offer).await.unwrap_or(Err(Refusal::OutcomeUnknown))
    }

    /// Hands a sale in, behind those that were handed in before.
    pub(crate) fn submit(&self, offer: Offer) -> oneshot::Receiver<Result<Sealing, Refusal>> {
        let (sender, receiver) = oneshot::channel();
        self.ledger.submit(offer, move |answer| {
            // The client may have gone.
            let _ = sender.send(answer);
        });
        receiver
    }

    /// Has a business day closed. Who stops waiting changes nothing for it.
    pub(crate) async fn close(&self, outlet: OutletId, date: CivilDate, by: By) -> Result<Recorded, Refusal> {
        let (sender, receiver) = oneshot::channel();
        self.ledger.submit_closure(outlet, date, Some(by), move |answer| {
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
            devices: self.devices.as_ref().map(|devices| devices.connected()),
        }
    }
}

/// Does work that holds a place until it is done, also when nobody waits for it any more; none when it panicked.
async fn worked<P: Send + 'static, T: Send + 'static>(
    place: P,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let done = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    done.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_hangs_up_frees_no_place_before_the_work_is_done() {
        let places = Arc::new(Semaphore::new(1));
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let place = Arc::clone(&places).acquire_owned().await;
        let asking = tokio::spawn(worked(place, move || ends.recv().is_ok()));
        tokio::task::yield_now().await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(places.available_permits(), 0);
        end.send(()).unwrap();
        assert!(places.acquire().await.is_ok());
    }
}
