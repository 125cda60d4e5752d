//! What a device delivers, on its way into the ledger: in order, one stretch after the other.

use std::{sync::Arc, time::Duration};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Epoch, Record};
use ledger::{ChainId, Delivered, Delivery, Refusal, Taken};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};
use tunnel::{FromCloud, JournalLine};

use super::{
    alerts, grants,
    link::{Link, Progress},
    upkeep,
};
use crate::app::App;

/// Records as they came.
pub(super) struct Stretch {
    pub(super) epoch: u32,
    pub(super) first_position: u64,
    pub(super) lines: Vec<JournalLine>,
}

/// The way in of one session.
pub(super) struct Intake {
    stretches: mpsc::Sender<Stretch>,
    said: mpsc::UnboundedReceiver<FromCloud>,
}

/// So many stretches wait; then the proxy does.
const WAITING: usize = 8;
/// After a fault that passes, it is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// The device is told at most so often up to where the ledger holds everything, or after so many invoices (D10).
const TOLD_EVERY: Duration = Duration::from_secs(5);
const TOLD_INVOICES: u64 = 64;

impl Intake {
    pub(super) fn start(app: Arc<App>, link: Arc<Link>) -> Self {
        let (stretches, mut coming) = mpsc::channel::<Stretch>(WAITING);
        // Each stretch has one answer, so that there are no more of them than of stretches.
        let (says, said) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut teller = Teller { told: None, number: 0 };
            loop {
                let due = teller.due(&link);
                tokio::select! {
                    stretch = coming.recv() => {
                        let Some(stretch) = stretch else { break };
                        if let Some(message) = take(&app, &link, stretch).await {
                            // The session may be over.
                            let _ = says.send(message);
                        }
                    }
                    () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                        teller.tell(&app, &link).await;
                    }
                }
            }
        });
        Self { stretches, said }
    }

    pub(super) async fn take(&self, stretch: Stretch) {
        // Its task ends with the session only.
        let _ = self.stretches.send(stretch).await;
    }

    /// What the proxy is to hear of it; dropped before it is over, it has taken nothing.
    pub(super) async fn said(&mut self) -> Option<FromCloud> {
        self.said.recv().await
    }
}

/// Has the ledger take a stretch, however long that takes; what the proxy is to hear of it.
async fn take(app: &Arc<App>, link: &Arc<Link>, stretch: Stretch) -> Option<FromCloud> {
    let Some(records) = read(&stretch) else {
        tracing::error!(device = %link.device, epoch = stretch.epoch, first = stretch.first_position,
            "a device delivered what cannot be read as records: nothing of it was taken");
        return None;
    };
    let (device, outlet) = (link.device, link.outlet);
    loop {
        let records = records.clone();
        let taken = app.consult(move |ledger| {
            let standing = grants::standing(ledger, device, outlet)?;
            let delivery = Delivery::examine(records, &standing)
                .map_err(|_| Refusal::NotFound("a delivery has at least one record"))?;
            let chain = delivery.chain();
            Ok((chain, ledger.deliver(delivery, Some(grants::by(device)?))?))
        });
        match taken.await {
            Ok((chain, taken)) => return entered(app, link, chain, taken).await,
            Err(refusal) if !refusal.is_temporary() => {
                tracing::error!(device = %link.device, %refusal, "a device's records were not taken");
                return None;
            }
            // What is not held is delivered again when the session is over.
            Err(_) if link.is_over() => return None,
            Err(refusal) => {
                tracing::warn!(device = %link.device, %refusal, "a device's records wait");
                sleep(AGAIN).await;
            }
        }
    }
}

fn read(stretch: &Stretch) -> Option<Vec<Delivered>> {
    let delivered = |line: &JournalLine| {
        let record = Base64UrlUnpadded::decode_vec(line.record.as_str()).ok()?;
        let record = Record::from_bytes(&record).ok()?;
        let body = line.payload.as_ref().map_or_else(String::new, |payload| payload.as_str().to_owned());
        // A key that is none is no reason to refuse what was sealed.
        let idempotency_key = line.idempotency_key.as_ref().and_then(|key| key.as_str().parse().ok());
        Some(Delivered { record, body, idempotency_key })
    };
    stretch.lines.iter().map(delivered).collect()
}

/// The ledger has taken a stretch: what it said of it.
async fn entered(app: &Arc<App>, link: &Arc<Link>, chain: ChainId, taken: Taken) -> Option<FromCloud> {
    for bad in &taken.non_compliant {
        tracing::warn!(device = %link.device, place = ?bad.place, causes = ?bad.causes, "an invoice does not keep the rules");
    }
    for (first, second) in &taken.duplicates {
        tracing::warn!(device = %link.device, ?first, ?second, "a sale was sealed twice");
    }
    if !taken.unfit.is_empty() {
        let reasons: Vec<_> =
            taken.unfit.iter().map(|unfit| (unfit.position.value(), unfit.reason)).collect();
        tracing::error!(device = %link.device, ?reasons, "records of a device have no place in its chain, and are kept aside");
    }
    if !taken.duplicates.is_empty() {
        let (app, outlet) = (Arc::clone(app), link.outlet);
        tokio::spawn(async move {
            if let Err(problem) = upkeep::take_back(&app, outlet).await {
                let detail = problem.detail(crate::Language::English);
                tracing::error!(%outlet, detail, "what was sealed twice could not be looked at");
            }
        });
    }
    app.metrics.delivered(taken.entered as u64, taken.non_compliant.len() as u64, taken.unfit.len() as u64);
    if taken.entered > 0 {
        app.wake_dispatcher();
    }
    alerts::taken(app, link, &taken).await;
    let held = taken.held?;
    link.note_held(Progress {
        epoch: chain.epoch,
        position: held.position.value(),
        number: held.newest.map(|newest| newest.number),
    });
    if let Some(position) = taken.again {
        again(link, chain.epoch, position.value());
    }
    Some(FromCloud::Held { epoch: chain.epoch.0, position: held.position.value() })
}

/// Has the proxy read records from the device again: what it sent has no place in the chain.
fn again(link: &Arc<Link>, epoch: Epoch, position: u64) {
    const PAUSE: Duration = Duration::from_secs(30);
    let link = Arc::clone(link);
    tokio::spawn(async move {
        // What is wrong in the device itself would come again at once.
        sleep(PAUSE).await;
        let work = tunnel::Work::Again { epoch: epoch.0, position };
        if let Err(fault) = link.ask(work, PAUSE).await {
            tracing::debug!(device = %link.device, ?fault, "records were not read again");
        }
    });
}

/// Tells a device up to where the ledger holds everything (D10).
struct Teller {
    told: Option<Instant>,
    /// The newest number when it was told.
    number: u64,
}

impl Teller {
    /// When it is to be told at the latest, if there is something to tell.
    fn due(&self, link: &Link) -> Option<Instant> {
        let number = link.held().number.map_or(0, |number| number.value());
        if number == self.number {
            return None;
        }
        let now = Instant::now();
        let is_much = number.abs_diff(self.number) >= TOLD_INVOICES;
        Some(match self.told {
            Some(told) if !is_much => told + TOLD_EVERY,
            _ => now,
        })
    }

    async fn tell(&mut self, app: &Arc<App>, link: &Arc<Link>) {
        self.told = Some(Instant::now());
        self.number = link.held().number.map_or(0, |number| number.value());
        if !link.retired && self.number > 0 {
            grants::acknowledge(app, link).await;
        }
    }
}
