//! The tunnel to one cloud: opened from here, again and again.

mod backoff;
mod connect;
mod deliver;
mod handshake;
mod job;
mod session;

use std::{path::PathBuf, sync::Arc, time::Duration};

pub(crate) use self::connect::Trust;
use self::{backoff::Backoff, connect::connect, handshake::Greeted};
use crate::{
    CloudUrl,
    desk::{Desk, TunnelView},
    metrics::TunnelState,
};

/// Who was refused comes back after so long at least.
const REFUSED: Duration = Duration::from_secs(5);

/// What a tunnel needs.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) url: CloudUrl,
    pub(crate) desk: Arc<Desk>,
    pub(crate) trust: Trust,
    pub(crate) entropy: fn(&mut [u8]),
    /// Where the device's certificate is kept.
    pub(crate) certificate: PathBuf,
    /// Whether codes that technicians type go here.
    pub(crate) activates: bool,
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Broken(String),
    /// The cloud does not want it.
    #[error("{code}: {detail}")]
    Refused { code: String, detail: String },
    /// Another device is here now, or it has a key now.
    #[error("another device is here now")]
    OtherDevice,
}

impl Link {
    /// Keeps the tunnel open for as long as it is polled.
    pub(crate) async fn run(self) {
        let name = self.url.to_string();
        self.tell(&name, TunnelState::Down, None);
        let mut backoff = Backoff::new(self.entropy);
        loop {
            self.until_wanted().await;
            self.tell(&name, TunnelState::Opening, None);
            let ended = self.once(&name, &mut backoff).await;
            let mut pause = backoff.next();
            let state = match &ended {
                Ended::Refused { .. } => {
                    pause = pause.max(REFUSED);
                    TunnelState::Refused
                }
                Ended::Broken(_) => TunnelState::Down,
                Ended::OtherDevice => {
                    pause = Duration::ZERO;
                    TunnelState::Down
                }
            };
            self.tell(&name, state, Some(&ended));
            tracing::info!(cloud = name, why = %ended, again_ms = pause.as_millis(), "the tunnel is down");
            tokio::time::sleep(pause).await;
        }
    }

    fn tell(&self, name: &str, state: TunnelState, ended: Option<&Ended>) {
        let code = ended.and_then(|ended| match ended {
            Ended::Refused { code, .. } => Some(code.clone()),
            Ended::Broken(_) | Ended::OtherDevice => None,
        });
        self.desk.tell_tunnel(name, TunnelView { state, code, detail: ended.map(ToString::to_string) });
    }

    /// A device that answers is there; one without a key only when a technician's code is.
    async fn until_wanted(&self) {
        let mut news = self.desk.watch_news();
        let mut activations = self.desk.watch_activations();
        loop {
            let here = news.borrow_and_update().here.clone();
            let has_code = activations.borrow_and_update().is_some();
            if here.is_some_and(|here| here.signer.public_key_id.is_some() || (has_code && self.activates)) {
                return;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { std::future::pending::<()>().await },
                changed = activations.changed() => if changed.is_err() { std::future::pending::<()>().await },
            }
        }
    }

    async fn once(&self, name: &str, backoff: &mut Backoff) -> Ended {
        let mut socket = match connect(&self.url, &self.trust).await {
            Ok(socket) => socket,
            Err(why) => return Ended::Broken(why),
        };
        let greeted = match self.greet(&mut socket).await {
            Ok(greeted) => greeted,
            Err(ended) => return ended,
        };
        backoff.reset();
        let Greeted { outlet, .. } = &greeted;
        tracing::info!(cloud = name, %outlet, "the tunnel is up");
        self.tell(name, TunnelState::Up, None);
        self.converse(socket, greeted).await
    }
}
