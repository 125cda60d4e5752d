//! Connections of clients: as many as may be, none for longer than it is good for, and an end in good order.

mod connection;
mod impatient;
mod places;

use std::{future::Future, num::NonZeroUsize, pin::pin, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch, time::timeout};

use self::{connection::FAREWELL, places::Places};
use crate::{app::App, metrics::Metrics, routes::router};

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

/// So long it takes at most until they are dropped.
const DROPPING: Duration = Duration::from_secs(1);

/// Serves an app.
pub struct Server {
    app: Arc<App>,
    limits: ServerLimits,
}

impl Server {
    /// A server that does not listen yet.
    pub const fn new(app: Arc<App>, limits: ServerLimits) -> Self {
        Self { app, limits }
    }

    /// Serves until `stop` is over; then takes no more connections, answers what was asked, and has the ledger do what
    /// waits.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let router = router(Arc::clone(&self.app));
        let places = Places::new(self.limits.connections);
        let (stopping, told) = watch::channel(false);
        let mut stop = pin!(stop);
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
                Ok((stream, _)) => {
                    // Answers are small: one that waits for a fuller packet is only late.
                    let _ = stream.set_nodelay(true);
                    let (router, idle) = (router.clone(), self.limits.idle);
                    let serving = connection::serve(stream, router, idle, places.clone(), told.clone());
                    let held = places.hold(place);
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
        drop(told);
        stopping.send_replace(true);
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
