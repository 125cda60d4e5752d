//! What a device delivers, on its way into the ledger: in order, one stretch after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Epoch, OutletId, Record};
use ledger::{ChainId, Delivered, Delivery, Refusal, Taken};
use tokio::{sync::mpsc, time::sleep};
use tunnel::{FromCloud, JournalLine, MAX_MESSAGE, MessageFault, WINDOW};

use super::{
    alerts, grants,
    link::{Link, Progress},
    promises,
    rereads::Rereads,
    teller, upkeep,
};
use crate::app::App;

/// Records as they came.
pub(super) struct Stretch {
    pub(super) epoch: u32,
    pub(super) first_position: u64,
    pub(super) lines: Vec<JournalLine>,
}

impl Stretch {
    /// About so many bytes.
    fn weight(&self) -> usize {
        self.lines.iter().map(JournalLine::weight).sum()
    }
}

/// The way in of one session. Nothing here waits for what only the session could hear.
pub(super) struct Intake {
    stretches: mpsc::UnboundedSender<Stretch>,
    /// The weight of those that wait.
    waiting: Arc<AtomicUsize>,
    said: mpsc::UnboundedReceiver<FromCloud>,
}

/// How much waits at most. A proxy sends no more than its window ahead, and the same again after half a minute: who sends
/// much more counts wrong.
const MOST: usize = 4 * WINDOW + MAX_MESSAGE;
/// After a fault that passes, it is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// What a device has to do at once is tried so often, so far apart.
const TRIES: usize = 6;
const APART: Duration = Duration::from_secs(5);

impl Intake {
    pub(super) fn start(app: Arc<App>, link: Arc<Link>) -> Self {
        let (stretches, mut coming) = mpsc::unbounded_channel::<Stretch>();
        // Each stretch has one answer, so that there are no more of them than of stretches.
        let (says, said) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        tokio::spawn(teller::tell(Arc::clone(&app), Arc::clone(&link)));
        let weighed = Arc::clone(&waiting);
        tokio::spawn(async move {
            let mut rereads = Rereads::default();
            while let Some(stretch) = coming.recv().await {
                let weight = stretch.weight();
                if let Some(message) = take(&app, &link, &mut rereads, stretch).await {
                    // The session may be over.
                    let _ = says.send(message);
                }
                weighed.fetch_sub(weight, Ordering::Relaxed);
            }
        });
        Self { stretches, waiting, said }
    }

    /// Has a stretch wait for the ledger, unless too many do.
    pub(super) fn take(&self, stretch: Stretch) -> Result<(), MessageFault> {
        let weight = stretch.weight();
        if self.waiting.fetch_add(weight, Ordering::Relaxed) + weight > MOST {
            return Err(MessageFault::Form("more records are on their way than the window holds".to_owned()));
        }
        // Its task ends with the session only.
        let _ = self.stretches.send(stretch);
        Ok(())
    }

    /// What the proxy is to hear of it; dropped before it is over, it has taken nothing.
    pub(super) async fn said(&mut self) -> Option<FromCloud> {
        self.said.recv().await
    }
}

/// Has the ledger take a stretch, however long that takes; what the proxy is to hear of it.
async fn take(
    app: &Arc<App>,
    link: &Arc<Link>,
    rereads: &mut Rereads,
    stretch: Stretch,
) -> Option<FromCloud> {
    let (records, unreadable) = read(&stretch);
    if let Some(position) = unreadable {
        tracing::error!(device = %link.device, epoch = stretch.epoch, position,
            "a device delivered what cannot be read as a record: it is to be read again");
        rereads.ask(app, link, Epoch(stretch.epoch), position).await;
    }
    if records.is_empty() {
        return None;
    }
    let asked = rereads.asked(Epoch(stretch.epoch));
    let (device, outlet) = (link.device, link.outlet);
    let sales: Vec<_> = records.iter().map(|one| (one.record.link.payload, one.record.header.time)).collect();
    loop {
        let records = records.clone();
        let taken = app.consult(move |ledger| {
            let standing = grants::standing(ledger, device, outlet)?;
            let delivery = Delivery::examine(records, &standing)
                .map_err(|_| Refusal::NotFound("a delivery has at least one record"))?;
            let delivery = match asked {
                Some(position) => delivery.read_again(position),
                None => delivery,
            };
            let chain = delivery.chain();
            Ok((chain, ledger.deliver(delivery, Some(grants::by(device)?))?))
        });
        match taken.await {
            Ok((chain, taken)) => {
                promises::arrived(app, link, &sales).await;
                return entered(app, link, rereads, chain, taken).await;
            }
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

/// The records up to the first that is none, and the position of that.
fn read(stretch: &Stretch) -> (Vec<Delivered>, Option<u64>) {
    let delivered = |line: &JournalLine| {
        let record = Base64UrlUnpadded::decode_vec(line.record.as_str()).ok()?;
        let record = Record::from_bytes(&record).ok()?;
        let body = line.payload.as_ref().map_or_else(String::new, |payload| payload.as_str().to_owned());
        // A key that is none is no reason to refuse what was sealed.
        let idempotency_key = line.idempotency_key.as_ref().and_then(|key| key.as_str().parse().ok());
        Some(Delivered { record, body, idempotency_key })
    };
    let records: Vec<_> = stretch.lines.iter().map_while(delivered).collect();
    let next = stretch.first_position.saturating_add(records.len() as u64);
    let unreadable = (records.len() < stretch.lines.len()).then_some(next);
    (records, unreadable)
}

/// The ledger has taken a stretch: what it said of it.
async fn entered(
    app: &Arc<App>,
    link: &Arc<Link>,
    rereads: &mut Rereads,
    chain: ChainId,
    taken: Taken,
) -> Option<FromCloud> {
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
        tokio::spawn(take_back(Arc::clone(app), link.outlet));
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
        rereads.ask(app, link, chain.epoch, position.value()).await;
    }
    Some(FromCloud::Held { epoch: chain.epoch.0, position: held.position.value() })
}

/// Takes second seals back. A device may be busy; what is still left then, the upkeep takes back.
async fn take_back(app: Arc<App>, outlet: OutletId) {
    for _ in 0..TRIES {
        match upkeep::take_back(&app, outlet).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(problem) => {
                let detail = problem.detail(crate::Language::English);
                tracing::error!(%outlet, detail, "what was sealed twice could not be looked at");
            }
        }
        sleep(APART).await;
    }
}
