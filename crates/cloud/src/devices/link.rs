//! A device whose proxy is connected, as the rest of the cloud sees it.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use def_protocol::reply::{DeviceStatus, ErrorCount};
use fiscal::{DeviceId, Epoch, InvoiceNumber, OutletId, PayloadHash, PublicKey, Timestamp};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use tunnel::{FromCloud, Outcome, ProxyHealth, Work};

use super::wire::Farewell;

/// A device's own answer to `QRY|STATUS`, as a host reads it.
pub(crate) type Status = DeviceStatus<String, Vec<ErrorCount>>;

/// One session with one device.
pub(crate) struct Link {
    pub(crate) device: DeviceId,
    pub(crate) outlet: OutletId,
    pub(crate) key: PublicKey,
    /// Which session it is: a later one of the same device takes its place.
    pub(super) session: u64,
    /// Since when.
    pub(crate) since: Timestamp,
    /// Revoked, lost or taken out of use: it delivers what it has, and is asked for nothing.
    pub(super) retired: bool,
    commands: mpsc::Sender<Command>,
    live: Mutex<Live>,
    /// Up to which invoice the ledger holds what it sealed.
    held: watch::Sender<Progress>,
    /// Whether it is to stand by, as far as this process knows the line.
    expected: Mutex<Option<bool>>,
    /// The newest invoice that it answered with.
    answered: Mutex<Progress>,
    /// The sales that it answered with a seal.
    sales: Mutex<VecDeque<[u8; 32]>>,
}

/// How a device was when it said so last.
#[derive(Clone, Default)]
pub(crate) struct Live {
    pub(crate) status: Option<Arc<Status>>,
    pub(crate) proxy: Option<ProxyHealth>,
    pub(crate) at: Option<Timestamp>,
    /// What will need someone soon.
    pub(crate) warnings: BTreeSet<&'static str>,
    /// The version of the tax groups that it was given.
    pub(crate) manifest: Option<u32>,
    /// When this was kept last.
    pub(super) kept: Option<Timestamp>,
    /// When its clock was to be set last.
    pub(super) clock_set: Option<Timestamp>,
}

/// A place in a device's journal and the newest invoice up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Progress {
    pub(crate) epoch: Epoch,
    pub(crate) position: u64,
    pub(crate) number: Option<InvoiceNumber>,
}

/// What a session's own task does for others.
pub(super) enum Command {
    /// Has the device do something.
    Ask(Work, oneshot::Sender<Outcome>),
    /// Says something.
    Say(FromCloud),
    /// Ends the session.
    End(Option<Farewell>),
}

/// Why there is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The device is not there: nothing was asked.
    Gone,
    /// It was asked, and nothing came back: it may have been done.
    Lost,
}

/// How many commands wait at most.
const WAITING: usize = 256;

impl Link {
    pub(super) fn new(
        (device, outlet, key): (DeviceId, OutletId, PublicKey),
        session: u64,
        since: Timestamp,
        retired: bool,
        held: Progress,
    ) -> (Arc<Self>, mpsc::Receiver<Command>) {
        let (commands, receiver) = mpsc::channel(WAITING);
        let link = Self {
            device,
            outlet,
            key,
            session,
            since,
            retired,
            commands,
            live: Mutex::default(),
            expected: Mutex::default(),
            held: watch::channel(held).0,
            answered: Mutex::new(held),
            sales: Mutex::default(),
        };
        (Arc::new(link), receiver)
    }

    /// Has the device do something, and waits so long for what becomes of it.
    pub(crate) async fn ask(&self, work: Work, patience: Duration) -> Result<Outcome, NoAnswer> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(Command::Ask(work, answer)).await.map_err(|_| NoAnswer::Gone)?;
        match timeout(patience, answered).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) | Err(_) => Err(NoAnswer::Lost),
        }
    }

    /// Whether the session has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.commands.is_closed()
    }

    /// Waits until the session has ended.
    pub(super) async fn over(&self) {
        self.commands.closed().await;
    }

    /// Says something, if it is still there.
    pub(super) async fn say(&self, message: FromCloud) {
        let _ = self.commands.send(Command::Say(message)).await;
    }

    /// Ends the session, if it has not ended.
    pub(super) async fn end(&self, why: Option<Farewell>) {
        let _ = self.commands.send(Command::End(why)).await;
    }

    /// How the device was when it said so last.
    pub(crate) fn live(&self) -> Live {
        locked(&self.live).clone()
    }

    pub(super) fn note(&self, live: Live) {
        *locked(&self.live) = live;
    }

    /// It is to stand by, or not.
    pub(super) fn expect(&self, stands_by: bool) {
        *locked(&self.expected) = Some(stands_by);
    }

    /// Whether it stands by, or does not, against what is expected.
    pub(super) fn stands_by_otherwise(&self, stands_by: bool) -> bool {
        *locked(&self.expected) == Some(!stands_by)
    }

    /// The ledger holds so much of it.
    pub(super) fn note_held(&self, held: Progress) {
        self.held.send_replace(held);
    }

    pub(crate) fn held(&self) -> Progress {
        *self.held.borrow()
    }

    /// Wakes when the ledger holds more.
    pub(super) fn watch_held(&self) -> watch::Receiver<Progress> {
        self.held.subscribe()
    }

    /// It answered with this invoice.
    pub(super) fn note_answered(&self, answered: Progress) {
        let mut newest = locked(&self.answered);
        *newest = (*newest).max(answered);
    }

    /// Whether a sale is answered with its seal for the first time, as far as this session remembers.
    pub(super) fn is_first_answer(&self, sale: PayloadHash) -> bool {
        /// So many are remembered.
        const MOST: usize = 1_024;
        let mut known = locked(&self.sales);
        if known.contains(&sale.0) {
            return false;
        }
        if known.len() == MOST {
            known.pop_front();
        }
        known.push_back(sale.0);
        true
    }

    /// Waits until the ledger holds what the device answered with, but not for long; whether it does.
    pub(crate) async fn settle(&self, patience: Duration) -> bool {
        let answered = *locked(&self.answered);
        self.delivered(answered.epoch, answered.position, patience).await
    }

    /// Waits until the ledger holds its records up to a position; whether it does.
    pub(crate) async fn delivered(&self, epoch: Epoch, position: u64, patience: Duration) -> bool {
        let mut held = self.held.subscribe();
        let there = held.wait_for(|held| (held.epoch, held.position) >= (epoch, position));
        timeout(patience, there).await.is_ok_and(|there| there.is_ok())
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked with it left it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
