//! One connection, from its first request to its end.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, response::Response};
use hyper::{
    Request,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{client_address::ClientAddress, impatient::Impatient, places::Places};
use crate::config::Network;

/// The largest header of a request, in bytes.
const HEADER_BYTES: usize = 16 * 1024;
/// Its most members.
const HEADERS: usize = 64;
/// A connection is closed after so many requests: a client opens another.
const REQUESTS: u64 = 100_000;
/// It takes no more requests after this time.
const AGE: Duration = Duration::from_secs(600);
/// And is dropped so long after that: as long as the slowest body may take by any configuration, and some for its
/// answer.
const LAST_ANSWER: Duration = Duration::from_secs(660);
/// While few places are free, a header or a handshake may take so long at most.
const HASTE: Duration = Duration::from_secs(5);
/// So long the last answers may take when the server stops.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// What all connections of a server have.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) router: Router,
    pub(super) idle: Duration,
    pub(super) places: Places,
    pub(super) stopping: watch::Receiver<bool>,
    /// None if nothing is encrypted.
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) proxies: Arc<[Network]>,
}

impl Serving {
    /// Serves a client until it goes, does too much or too little, or the server stops.
    pub(super) async fn serve(mut self, stream: TcpStream, peer: IpAddr) {
        // Below what is encrypted: of that it sees every byte go out, those of the handshake too.
        let stream = Impatient::new(stream, self.idle);
        let Some(tls) = self.tls.take() else { return self.converse(stream, peer).await };
        // Whoever has not finished it has asked for nothing: it need not be waited for.
        let shaken = tokio::select! {
            shaken = timeout(self.patience(), tls.accept(stream)) => shaken,
            () = stop(&mut self.stopping) => return,
        };
        match shaken {
            Ok(Ok(stream)) => self.converse(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    /// How long whoever comes now may be about to say what he wants.
    fn patience(&self) -> Duration {
        if self.places.are_few() { self.idle.min(HASTE) } else { self.idle }
    }

    /// A connection that becomes a tunnel is over here: its place is free again, and the hub has the stream.
    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, peer: IpAddr) {
        let patience = self.patience();
        let Self { router, places, mut stopping, proxies, .. } = self;
        let router = TowerToHyperService::new(router);
        let asked = AtomicU64::new(0);
        let service = service_fn(|mut request: Request<Incoming>| {
            let client = ClientAddress::of(peer, &proxies, request.headers());
            request.extensions_mut().insert(client);
            let answer = router.call(request);
            let is_last = asked.fetch_add(1, Ordering::Relaxed) + 1 >= REQUESTS;
            let places = &places;
            async move {
                let mut answer: Response = answer.await?;
                if is_last || places.are_scarce() {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_buf_size(HEADER_BYTES)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = stop(&mut stopping) => None,
            () = sleep(AGE) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                let farewell = async {
                    stop(&mut stopping).await;
                    sleep(FAREWELL).await;
                };
                tokio::select! {
                    ended = connection => ended,
                    () = farewell => return tracing::debug!("a client was not done when the server stopped"),
                    () = sleep(LAST_ANSWER) => return tracing::debug!("a client did not take its last answer"),
                }
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Over when the server stops, which waits until its last receiver is dropped.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // A server that is gone has stopped.
    drop(stopping.wait_for(|stopping| *stopping).await);
}
