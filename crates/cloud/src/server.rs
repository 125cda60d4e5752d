//! Connections of clients: as many as may be, none for longer than it is good for, and an end in good order.

use std::{future::Future, num::NonZeroUsize, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use crate::{app::App, metrics::Metrics, routes::router};

/// How much clients may ask of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// How many connections it holds; later ones wait.
    pub connections: NonZeroUsize,
    /// For so long a connection may send nothing, or be about to send a header.
    pub idle: Duration,
}

/// The largest header of a request, in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// Its most members.
const HEADERS: usize = 64;
/// So long the last answers may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(30);
/// The pause after the system refused a connection, as when too many files are open.
const PAUSE: Duration = Duration::from_millis(50);

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
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(self.limits.connections.get().min(Semaphore::MAX_PERMITS)));
        let mut stop = pin!(stop);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let place = Arc::clone(&places).acquire_owned().await.ok();
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => self.attend(stream, &router, &graceful, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        tracing::info!("stopping: what was asked is still answered");
        if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
            tracing::warn!("some clients did not take their answers in time");
        }
        let ledger = ledger::Ledger::clone(&self.app.ledger);
        if tokio::task::spawn_blocking(move || ledger.stop()).await.is_err() {
            tracing::error!("the ledger did not stop in good order");
        }
    }

    fn attend(
        &self,
        stream: TcpStream,
        router: &Router,
        graceful: &GracefulShutdown,
        place: Option<tokio::sync::OwnedSemaphorePermit>,
    ) {
        // Answers are small: one that waits for a fuller packet is only late.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle)
            .max_buf_size(HEADER_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let counted = Counted::new(&self.app.metrics);
        tokio::spawn(async move {
            let _place = place;
            let _counted = counted;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
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
