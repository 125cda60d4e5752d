//! Fiscal memories that seal for outlets, each behind a proxy that has opened a tunnel to this cloud.
//!
//! A connection proves possession of a registered device's key ([`greeting`]), and is a session from then on
//! ([`session`]), which the rest of the cloud knows as a [`Link`]: it can be asked, and says how the device was when it
//! said so last. What a device delivers goes into the ledger in its order ([`intake`]). Who is to hold an outlet's line
//! is wanted in the registry and stands in the ledger; [`switch`] brings the one to the other (L2), and goes on with what
//! was interrupted whenever the device comes back. Nothing is guessed: what was asked and not answered is asked again.

mod alerts;
mod decide;
mod grants;
mod greeting;
mod handing;
mod health;
mod intake;
mod jobs;
mod link;
mod promises;
mod readiness;
mod rereads;
mod sale;
mod session;
mod stretches;
mod switch;
mod teller;
mod trust;
mod tunnel;
mod unproven;
mod upkeep;
mod wire;

pub(crate) use alerts::Alerts;
pub(crate) use grants::{by, rotate};
pub(crate) use health::{Brief, Report, drift};
pub(crate) use link::{Link, Live, NoAnswer};
pub(crate) use sale::{Sale, seal};
pub(crate) use stretches::stretches;
pub(crate) use switch::{Switched, force, line_of, mode_of, switch};
pub(crate) use trust::{Trust, refusal};
pub(crate) use tunnel::tunnel;
pub(crate) use upkeep::keep_up;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fiscal::{DeviceId, OutletId};
use tokio::{
    sync::{Mutex as AsyncMutex, watch},
    time::timeout,
};

use self::{link::locked, unproven::Unproven, wire::Farewell};

/// The devices that are connected to this process.
pub(crate) struct Devices {
    pub(crate) trust: Arc<Trust>,
    links: Mutex<BTreeMap<DeviceId, Arc<Link>>>,
    sessions: AtomicU64,
    unproven: Unproven,
    /// One switch of an outlet at a time.
    switches: Mutex<BTreeMap<OutletId, Arc<AsyncMutex<()>>>>,
    alerts: Alerts,
    pub(crate) promises: promises::Promises,
    stopping: watch::Sender<bool>,
}

/// So long sessions have to end in good order.
const FAREWELL: Duration = Duration::from_secs(5);

impl Devices {
    pub(crate) fn new(trust: Trust) -> Self {
        Self {
            trust: Arc::new(trust),
            links: Mutex::default(),
            sessions: AtomicU64::new(0),
            unproven: Unproven::default(),
            switches: Mutex::default(),
            alerts: Alerts::default(),
            promises: promises::Promises::default(),
            stopping: watch::channel(false).0,
        }
    }

    /// A device that is connected now, and in use.
    pub(crate) fn link(&self, device: DeviceId) -> Option<Arc<Link>> {
        locked(&self.links).get(&device).filter(|link| !link.retired).cloned()
    }

    /// All that are connected now.
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        locked(&self.links).values().cloned().collect()
    }

    /// Whether a device of an outlet is connected now: then what is sealed for it may be sealed there.
    pub(crate) fn serves(&self, outlet: OutletId) -> bool {
        locked(&self.links).values().any(|link| link.outlet == outlet)
    }

    /// How many are connected now.
    pub(crate) fn connected(&self) -> u64 {
        locked(&self.links).len() as u64
    }

    /// Keeps a session that has nothing more to do open for a while, so that its proxy does not come back at once.
    async fn rest(&self, link: &Link) {
        /// Long, for a connection that is idle.
        const REST: Duration = Duration::from_secs(600);
        let mut stopping = self.stopping.subscribe();
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = link.over() => {}
            () = session::stop(&mut stopping) => {}
        }
    }

    /// Ends a device's session, which has to prove itself anew: something of it was changed.
    pub(crate) async fn disconnect(&self, device: DeviceId) {
        let link = locked(&self.links).get(&device).cloned();
        if let Some(link) = link {
            let why = Farewell::new("CHANGED", "something of this device was changed: connect again");
            link.end(why);
        }
    }

    /// Gives a device that is connected its new certificate.
    pub(crate) async fn give(&self, device: DeviceId, certificate: &pki::DeviceCertificate) {
        let message = greeting::certificate_message(self, certificate);
        if let Some(link) = self.link(device) {
            link.say(message).await;
        }
    }

    /// Ends all sessions, and waits a little for them.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        if timeout(FAREWELL, self.stopping.closed()).await.is_err() {
            tracing::warn!("some tunnels were not done in time: they are dropped");
        }
    }

    fn next_session(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes a session in; the one before it, of the same device, is over.
    async fn enter(&self, link: &Arc<Link>) {
        let before = locked(&self.links).insert(link.device, Arc::clone(link));
        if let Some(before) = before {
            tracing::info!(device = %link.device, "another connection of this device takes the place of the one before");
            before.end(Farewell::new("REPLACED", "another connection of this device has come"));
        }
    }

    /// Lets a session go, unless a later one has its place.
    fn leave(&self, link: &Link) {
        let mut links = locked(&self.links);
        if links.get(&link.device).is_some_and(|known| known.session == link.session) {
            links.remove(&link.device);
        }
    }

    /// Who holds it switches an outlet.
    pub(crate) fn switch_of(&self, outlet: OutletId) -> Arc<AsyncMutex<()>> {
        Arc::clone(locked(&self.switches).entry(outlet).or_default())
    }
}
