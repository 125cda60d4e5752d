//! Who sends invoices to the tax authority while a cloud runs.

use std::sync::Arc;

use edef::{ApiUrl, Authority, Hosts, HttpAuthority, HttpClient, Patience, Tolerance};
use ledger::{By, Ledger};
use registry::Vault;
use sync::{Agent, AgentParts, Desk, Settings};

use super::{Entropy, StartFault, not_allowed::NotAllowed, number, translating::ByManifest};
use crate::{app::App, clock::SystemClock, config::AuthorityConfig, held::Held};

/// To which hosts invoices are sent, and who does.
pub struct AuthorityWay {
    hosts: Hosts,
    names: Vec<String>,
    agent: Held<Agent>,
}

impl AuthorityWay {
    /// Starts it. The database was prepared.
    pub(super) fn open(
        config: &AuthorityConfig,
        ledger: &Ledger,
        vault: &Arc<Vault>,
        entropy: Entropy,
    ) -> Result<Self, StartFault> {
        let (names, hosts) = (config.names(), config.allowed());
        let patience =
            Patience { whole: config.timeout, connect: config.timeout.min(Patience::default().connect) };
        let (client, allowed) = (HttpClient::new(patience, &[]), hosts.clone());
        let parts = AgentParts {
            ledger: ledger.clone(),
            clock: Arc::new(SystemClock::since_epoch),
            entropy: Box::new(entropy),
            vault: Arc::clone(vault) as Arc<dyn webhooks::Vault>,
            authority: Arc::new(move |machine, token| {
                // The configuration may have been another one when the machine was entered.
                match ApiUrl::read(machine.url.as_str(), &allowed) {
                    Ok(url) => Box::new(HttpAuthority::new(&client, url, token, machine.dialect.clone())),
                    Err(fault) => {
                        tracing::error!(machine = machine.id.as_str(), %fault, "nothing is sent to this machine");
                        Box::new(NotAllowed) as Box<dyn Authority>
                    }
                }
            }),
            translate: Arc::new(ByManifest::of(ledger.clone())),
            by: by(entropy)?,
        };
        let tolerance = Tolerance::new(config.tolerance).unwrap_or_default();
        let (machines, patience) = (config.machines, config.timeout);
        let settings = Settings { machines, patience, tolerance, ..Settings::default() };
        let agent = Agent::start(parts, settings).map_err(StartFault::Threads)?;
        Ok(Self { hosts, names, agent: Held::new(agent) })
    }

    /// Where the authority may be.
    pub(crate) const fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The same as they are shown.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// A person changed something.
    pub(crate) fn wake(&self) {
        self.agent.nudge();
    }

    /// Somebody waits for what is new.
    pub(crate) fn hurry(&self) {
        self.agent.look_soon();
    }
}

/// This process in the log of acts.
fn by(entropy: Entropy) -> Result<By, StartFault> {
    let name = |text: &str| text.parse().map_err(|fault| StartFault::Threads(std::io::Error::other(fault)));
    Ok(By {
        actor: name("authority")?,
        tenant: None,
        request: name(&format!("agent-{:016x}", number(entropy)))?,
    })
}

/// Notes how much waits.
pub(super) fn count(app: &App) {
    let Some(way) = &app.authority else { return };
    let now = app.at();
    match app.ledger.ask(|store| Ok(Desk::over(store).figures(now))) {
        Ok(Ok(figures)) => app.metrics.on_the_way(figures, way.agent.figures()),
        Ok(Err(fault)) => tracing::debug!(%fault, "the figures of the way to the authority were not read"),
        Err(refusal) => tracing::debug!(%refusal, "the figures of the way to the authority were not read"),
    }
}

/// Ends it; what is under way is written first. The ledger is there still.
pub(super) async fn stop(app: Arc<App>) {
    let stop = move || app.authority.as_ref().map(|way| way.agent.stop());
    if tokio::task::spawn_blocking(stop).await.is_err() {
        tracing::error!("the way to the authority did not stop in good order");
    }
}
