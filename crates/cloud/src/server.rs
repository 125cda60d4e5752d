//! Connections of clients: as many as may be, none for longer than it is good for, and an end in good order.

mod certificate;
mod client_address;
mod connection;
mod impatient;
mod places;
#[cfg(test)]
mod tests;

pub use certificate::{Certificate, CertificateFault};
pub(crate) use client_address::ClientAddress;

use std::{future::Future, num::NonZeroUsize, pin::pin, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, timeout},
};

use self::{
    connection::{FAREWELL, Serving},
    places::Places,
};
use crate::{app::App, config::Network, metrics::Metrics, routes::router};

/// How much clients may ask of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// How many connections it holds; later ones wait.
    pub connections: NonZeroUsize,
    /// For so long a connection may send nothing, be about to send a header, or take nothing of its answers.
    pub idle: Duration,
}

/// The pause after the system refused a connection, as when too many files are open.
const PAUSE: Duration = Duration::from_millis(50);

/// That all places are taken is said no more often than this.
const WARNING: Duration = Duration::from_secs(60);

/// So long it takes at most until they are dropped.
const DROPPING: Duration = Duration::from_secs(1);

/// How often it is looked whether the certificate's files have changed.
const LOOK: Duration = Duration::from_secs(2);

/// Serves an app.
pub struct Server {
    app: Arc<App>,
    limits: ServerLimits,
    certificate: Option<Arc<Certificate>>,
    proxies: Arc<[Network]>,
}

impl Server {
    /// A server that does not listen yet. It neither encrypts nor trusts a proxy.
    pub fn new(app: Arc<App>, limits: ServerLimits) -> Self {
        Self { app, limits, certificate: None, proxies: Arc::default() }
    }

    /// Speaks TLS, and nothing else, if there is a certificate.
    #[must_use]
    pub fn showing(mut self, certificate: Option<Certificate>) -> Self {
        self.certificate = certificate.map(Arc::new);
        self
    }

    /// Believes these proxies when they say who asks.
    #[must_use]
    pub fn behind(mut self, proxies: &[Network]) -> Self {
        self.proxies = proxies.into();
        self
    }

    /// Serves until `stop` is over; then takes no more connections, answers what was asked, and has the ledger do what
    /// waits.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let places = Places::new(self.limits.connections);
        let (stopping, told) = watch::channel(false);
        let serving = Serving {
            router: router(Arc::clone(&self.app)),
            idle: self.limits.idle,
            places: places.clone(),
            stopping: told,
            tls: self.certificate.as_deref().map(Certificate::acceptor),
            proxies: self.proxies,
        };
        let renewal = self.certificate.map(|certificate| tokio::spawn(renew(certificate)));
        let mut stop = pin!(stop);
        let mut warned = None::<Instant>;
        loop {
            let accepted = async {
                let place = places.wait().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let peer = peer.ip();
                    let is_proxy = serving.proxies.iter().any(|proxy| proxy.contains(peer.to_canonical()));
                    let Some(held) = places.hold(place, peer, is_proxy) else {
                        tracing::debug!(%peer, "a connection was closed: its address has its share");
                        continue;
                    };
                    if places.are_full() && warned.is_none_or(|warned| warned.elapsed() >= WARNING) {
                        warned = Some(Instant::now());
                        tracing::warn!("all places of connections are taken: clients wait for one");
                    }
                    // Answers are small: one that waits for a fuller packet is only late.
                    let _ = stream.set_nodelay(true);
                    impatient::hold_little(&stream);
                    let serving = serving.clone().serve(stream, peer);
                    let counted = Counted::new(&self.app.metrics);
                    tokio::spawn(async move {
                        let _held = (held, counted);
                        serving.await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        tracing::info!("stopping: what was asked is still answered");
        if let Some(renewal) = renewal {
            renewal.abort();
        }
        // Its receiver is not one of a connection.
        drop(serving);
        stopping.send_replace(true);
        if let Some(devices) = &self.app.devices {
            devices.stop().await;
        }
        if timeout(FAREWELL, stopping.closed()).await.is_err() {
            tracing::warn!("some clients were not done in time: their connections are dropped");
            // Each drops itself.
            let _ = timeout(DROPPING, stopping.closed()).await;
        }
        let ledger = ledger::Ledger::clone(&self.app.ledger);
        if tokio::task::spawn_blocking(move || ledger.stop()).await.is_err() {
            tracing::error!("the ledger did not stop in good order");
        }
    }
}

/// Has a certificate read again when it is another one.
async fn renew(certificate: Arc<Certificate>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let looked = Arc::clone(&certificate);
        match tokio::task::spawn_blocking(move || looked.look()).await {
            Ok(Ok(true)) => tracing::info!("another certificate is shown from now on"),
            Ok(Ok(false)) => {}
            Ok(Err(fault)) => {
                tracing::error!(code = fault.code(), %fault, "the certificate before it is still shown");
            }
            Err(_) => tracing::error!("it could not be looked whether there is another certificate"),
        }
    }
}

/// A connection, as long as it lasts.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.connected();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.disconnected();
    }
}
