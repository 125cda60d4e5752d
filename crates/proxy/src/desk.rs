//! What tills and tunnels have in common: the queue, the spool's questions, and what is known of the device.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use def_client::Offer;
use fiscal::{DeviceId, PayloadHash};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tunnel::Place;

use crate::{
    clock,
    device::{Asked, Here, Job, News, Offering, Sold, Trouble},
    metrics::{Depth, Metrics, TunnelState},
    queue::{Full, Lane, Queue, Room},
    spool::{JournalId, Reader},
};

/// How many jobs wait in all, and of one till.
const ROOM: Room = Room { all: 256, lane: 32 };

const ENDING: &str = "the proxy ends: ask again in a few seconds";

/// A counter at which both sides of the proxy stand.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) queue: Queue<Job>,
    pub(crate) reader: Reader,
    pub(crate) metrics: Metrics,
    /// The only device that is spoken to, if one is named.
    pub(crate) serial: Option<DeviceId>,
    /// The clouds, by the names of the configuration.
    clouds: Vec<String>,
    news: watch::Sender<News>,
    filled: watch::Sender<Option<(JournalId, u64)>>,
    /// A technician's code, for whichever tunnel can use it.
    activations: watch::Sender<Option<Arc<Activation>>>,
    /// The tunnel that is open, for questions of tills to a cloud.
    cloud: Mutex<Option<mpsc::Sender<VoucherAsked>>>,
    tunnels: Mutex<BTreeMap<String, TunnelView>>,
}

/// How a tunnel is, for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct TunnelView {
    pub(crate) state: TunnelState,
    /// Why it is down, or the cloud's refusal.
    pub(crate) code: Option<String>,
    pub(crate) detail: Option<String>,
}

/// A till needs a voucher.
#[derive(Debug)]
pub(crate) struct VoucherAsked {
    pub(crate) body: Value,
    pub(crate) tell: oneshot::Sender<(u16, Value)>,
}

/// A code that was typed, and who waits for what comes of it.
#[derive(Debug)]
pub(crate) struct Activation {
    pub(crate) code: String,
    pub(crate) came: watch::Sender<Activated>,
}

/// How far an activation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Activated {
    /// It is on its way.
    Underway,
    /// The device is the outlet's, has its certificate and its time.
    Done,
    /// It was refused.
    Refused { code: String, detail: String },
}

impl Desk {
    pub(crate) fn new(
        reader: Reader,
        metrics: Metrics,
        serial: Option<DeviceId>,
        clouds: Vec<String>,
    ) -> Self {
        // Until the device answers; one that cannot be read says so when it is written.
        let filled = reader.newest().unwrap_or_default();
        Self {
            queue: Queue::new(ROOM),
            reader,
            metrics,
            serial,
            clouds,
            news: watch::Sender::default(),
            filled: watch::Sender::new(filled),
            activations: watch::Sender::new(None),
            cloud: Mutex::new(None),
            tunnels: Mutex::default(),
        }
    }

    /// Seals a canonical payload, once.
    pub(crate) async fn seal(&self, payload: String, key: Option<String>) -> Sold {
        let (hash, terminal) = match Offer::read(&payload) {
            Ok(offer) => (offer.hash(), offer.invoice().pos_terminal_id.to_string()),
            Err(fault) => {
                return Sold::Refused {
                    code: "SCHEMA_INVALID".to_owned(),
                    detail: fault.to_string(),
                    number: None,
                };
            }
        };
        let offering = Offering { hash, payload, terminal: terminal.clone(), key };
        let (tell, told) = oneshot::channel();
        match self.queue.push(Lane::Terminal(terminal), Job::Seal { offering, tell }) {
            Ok(()) => {}
            Err(Full::Busy(_)) => {
                self.metrics.refused("DEVICE_BUSY");
                let detail = "too many sales wait for the device: send this one again in a second".to_owned();
                return Sold::Refused { code: "DEVICE_BUSY".to_owned(), detail, number: None };
            }
            Err(Full::Closed(_)) => return Sold::Unreachable { detail: ENDING.to_owned() },
        }
        // A thread that is gone may have asked before it went.
        told.await.unwrap_or_else(|_| Sold::Unclear { detail: ENDING.to_owned() })
    }

    /// What became of a payload. One that waits to be offered is not offered any more.
    pub(crate) async fn fate(&self, hash: PayloadHash, payload: Option<String>) -> Sold {
        for job in self.queue.cancel(|job| job.seals(hash)) {
            job.give_up(
                "someone asked what became of this sale before it was offered: it was not, send it again",
            );
        }
        let (tell, told) = oneshot::channel();
        match self.queue.push(Lane::Control, Job::Fate { hash, payload, tell }) {
            Ok(()) => told.await.unwrap_or_else(|_| Sold::Unclear { detail: ENDING.to_owned() }),
            Err(_) => Sold::Unclear { detail: Trouble::Busy.to_string() },
        }
    }

    /// Asks the device.
    pub(crate) async fn ask(&self, asked: Asked) -> Result<String, Trouble> {
        let (tell, told) = oneshot::channel();
        self.put(Job::Ask { asked, tell }, told).await
    }

    /// Has the journal read again, from a place on.
    pub(crate) async fn refill(&self, place: Place) -> Result<String, Trouble> {
        self.read_again(place, false).await
    }

    /// Has one record read again, and those that come with it.
    pub(crate) async fn mend(&self, place: Place) -> Result<String, Trouble> {
        self.read_again(place, true).await
    }

    async fn read_again(&self, place: Place, is_one: bool) -> Result<String, Trouble> {
        let (tell, told) = oneshot::channel();
        self.put(Job::Refill { place, is_one, tell }, told).await
    }

    /// A cloud says up to where it holds the journal.
    pub(crate) fn cloud_holds(&self, place: Place) {
        if self.clouds.len() > 1 {
            // The others may hold less, and want it from here.
            return;
        }
        // Without room for it the journal is read from its beginning: slower, and as good.
        drop(self.queue.push(Lane::Control, Job::Held { place }));
    }

    async fn put(
        &self,
        job: Job,
        told: oneshot::Receiver<Result<String, Trouble>>,
    ) -> Result<String, Trouble> {
        match self.queue.push(Lane::Control, job) {
            Ok(()) => told.await.unwrap_or_else(|_| Err(Trouble::Absent(ENDING.to_owned()))),
            Err(Full::Busy(_)) => Err(Trouble::Busy),
            Err(Full::Closed(_)) => Err(Trouble::Absent(ENDING.to_owned())),
        }
    }

    /// What is known of the device.
    pub(crate) fn news(&self) -> News {
        self.news.borrow().clone()
    }

    pub(crate) fn watch_news(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    pub(crate) fn tell_news(&self, news: News) {
        self.news.send_replace(news);
    }

    /// The device that answers.
    pub(crate) fn here(&self) -> Option<Arc<Here>> {
        self.news.borrow().here.clone()
    }

    /// How far the journal is kept.
    pub(crate) fn watch_filled(&self) -> watch::Receiver<Option<(JournalId, u64)>> {
        self.filled.subscribe()
    }

    pub(crate) fn tell_filled(&self, journal: JournalId, position: u64) {
        let now = Some((journal, position));
        self.filled.send_if_modified(|filled| {
            let is_news = *filled != now;
            *filled = now;
            is_news
        });
    }

    pub(crate) fn watch_activations(&self) -> watch::Receiver<Option<Arc<Activation>>> {
        self.activations.subscribe()
    }

    /// Has a code used, and waits for what comes of it.
    pub(crate) async fn activate(&self, code: String) -> Activated {
        let (came, mut coming) = watch::channel(Activated::Underway);
        self.activations.send_replace(Some(Arc::new(Activation { code, came })));
        match coming.wait_for(|activated| *activated != Activated::Underway).await {
            Ok(activated) => activated.clone(),
            Err(_) => Activated::Refused {
                code: "SUPERSEDED".to_owned(),
                detail: "another code was typed".to_owned(),
            },
        }
    }

    /// A code that was used up, or refused.
    pub(crate) fn end_activation(&self, activation: &Arc<Activation>, activated: Activated) {
        activation.came.send_replace(activated);
        self.activations.send_if_modified(|now| {
            let is_it = now.as_ref().is_some_and(|now| Arc::ptr_eq(now, activation));
            if is_it {
                *now = None;
            }
            is_it
        });
    }

    /// A tunnel is open, and takes questions.
    pub(crate) fn cloud_is_there(&self, questions: mpsc::Sender<VoucherAsked>) {
        *self.cloud.lock().unwrap_or_else(PoisonError::into_inner) = Some(questions);
    }

    /// Asks a cloud for a voucher; none when there is no tunnel, or it broke meanwhile.
    pub(crate) async fn voucher(&self, body: Value) -> Option<(u16, Value)> {
        let cloud = self.cloud.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (tell, told) = oneshot::channel();
        cloud.send(VoucherAsked { body, tell }).await.ok()?;
        told.await.ok()
    }

    /// How a tunnel is.
    pub(crate) fn tell_tunnel(&self, cloud: &str, tunnel: TunnelView) {
        self.metrics.tunnel(cloud, tunnel.state);
        self.tunnels.lock().unwrap_or_else(PoisonError::into_inner).insert(cloud.to_owned(), tunnel);
    }

    /// How the tunnels are, by the names of the configuration.
    pub(crate) fn tunnels(&self) -> BTreeMap<String, TunnelView> {
        self.tunnels.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many records a cloud does not hold yet.
    pub(crate) fn behind(&self, cloud: &str) -> u64 {
        let Some((journal, _)) = *self.filled.borrow() else { return 0 };
        self.reader.behind(cloud, journal).unwrap_or_default()
    }

    /// Counts what waits, for whoever looks.
    pub(crate) fn count(&self) -> Depth {
        let unresolved = self.reader.unresolved().unwrap_or_default();
        let kept = match *self.filled.borrow() {
            Some((journal, filled)) => self.reader.kept(journal, filled).unwrap_or_default(),
            None => 0,
        };
        let waiting = self.clouds.iter().map(|cloud| self.behind(cloud)).max().unwrap_or(0);
        let depth = Depth { queued: self.queue.len() as u64, unresolved, kept, waiting };
        self.metrics.depth(depth);
        depth
    }

    /// For the cloud.
    pub(crate) fn health(&self) -> tunnel::ProxyHealth {
        self.count();
        self.metrics.health(clock::now())
    }
}
