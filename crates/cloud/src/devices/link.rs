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
    time::{Instant, timeout, timeout_at},
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
    /// Set once the session is to end. It waits behind no command.
    ending: watch::Sender<Option<Farewell>>,
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
    /// What was told of it last.
    pub(super) told: Option<Told>,
}

/// The warnings that somebody was told of.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) warnings: BTreeSet<&'static str>,
    pub(super) at: Timestamp,
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
            ending: watch::channel(None).0,
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
        let until = Instant::now() + patience;
        // A session that takes no command in all that time has asked nothing.
        match timeout_at(until, self.commands.send(Command::Ask(work, answer))).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Err(NoAnswer::Gone),
        }
        match timeout_at(until, answered).await {
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
        /// A session that takes nothing for so long is not there any more.
        const PATIENCE: Duration = Duration::from_secs(20);
        if timeout(PATIENCE, self.commands.send(Command::Say(message))).await.is_err() {
            tracing::warn!(device = %self.device, "a session takes nothing more: what was to be said is dropped");
        }
    }

    /// Ends the session, if it has not ended, whatever it is at. The first reason counts.
    pub(super) fn end(&self, why: Farewell) {
        self.ending.send_if_modified(|ending| {
            let is_first = ending.is_none();
            ending.get_or_insert(why);
            is_first
        });
    }

    /// Waits until the session is to end, and says why.
    pub(super) async fn ends(&self) -> Farewell {
        let mut ending = self.ending.subscribe();
        loop {
            if let Some(why) = ending.borrow_and_update().clone() {
                return why;
            }
            // The sender is this link's own.
            let _ = ending.changed().await;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmMcf/tvLjgw8a631WNXpjtuYsoyD
xMaHDTMmJKAjHreKpGvak90U2N8Rxb4Z2tVu+MJc/0CyVLrVcz1rvHfPGw==
-----END PUBLIC KEY-----
";

    #[test]
    fn a_session_that_takes_nothing_more_holds_up_nobody_who_asks_it_or_ends_it() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let whose = ("DEF-1".parse().unwrap(), "KIN-1".parse().unwrap(), PublicKey::from_pem(KEY).unwrap());
        let (link, _commands) = Link::new(whose, 1, Timestamp::EARLIEST, false, Progress::default());
        let patience = Duration::from_millis(20);
        runtime.block_on(async {
            assert_eq!(link.ask(Work::Status {}, patience).await.unwrap_err(), NoAnswer::Lost);
            for _ in 1..WAITING {
                let (answer, _) = oneshot::channel();
                link.commands.send(Command::Ask(Work::Status {}, answer)).await.unwrap();
            }
            let asked = timeout(Duration::from_secs(5), link.ask(Work::Status {}, patience)).await;
            assert_eq!(asked.unwrap().unwrap_err(), NoAnswer::Gone, "it was asked nothing");
            link.end(Farewell::new("CHANGED", "first"));
            link.end(Farewell::new("REPLACED", "second"));
            let why = timeout(Duration::from_secs(5), link.ends()).await.unwrap();
            assert_eq!(why.code, "CHANGED");
        });
    }
}
