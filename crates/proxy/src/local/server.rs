//! Connections of tills: as many as may be, and none for longer than it is good for.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{interval, sleep, timeout},
};

use super::{Local, guard::Peer, places::Places, router};
use crate::tls::Certificate;

/// So long a header or a handshake may take.
const HASTE: Duration = Duration::from_secs(10);
/// A connection is closed after so long.
const AGE: Duration = Duration::from_secs(3_600);
/// So long the last answers may take when the proxy ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// The pause after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(50);
/// How often it is looked whether the certificate's files have changed.
const LOOK: Duration = Duration::from_secs(5);

/// Answers tills.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
    certificate: Option<Certificate>,
}

impl Server {
    pub(crate) fn new(listener: TcpListener, local: Arc<Local>, certificate: Option<Certificate>) -> Self {
        Self { listener, router: router(local), certificate }
    }

    /// Serves until it is told to stop, and has then answered what was asked.
    pub(crate) async fn serve(self, stopping: watch::Receiver<bool>) {
        let places = Places::default();
        let mut stop = stopping.clone();
        let mut connections = JoinSet::new();
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let to = stream.local_addr().ok().map(|to| to.ip());
                        let peer = Peer { from: peer.ip(), to };
                        let Some(place) = places.take(peer) else { continue };
                        // Answers are small: one that waits for a fuller packet is only late.
                        drop(stream.set_nodelay(true));
                        let (router, stopping) = (self.router.clone(), stopping.clone());
                        let tls = self.certificate.as_ref().map(Certificate::acceptor);
                        connections.spawn(async move {
                            let _place = place;
                            serve(stream, peer, router, tls, stopping).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be taken");
                        sleep(PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                _ = look.tick() => self.renew(),
                () = told(&mut stop) => break,
            }
        }
        let answered = async { while connections.join_next().await.is_some() {} };
        drop(timeout(FAREWELL, answered).await);
    }

    fn renew(&self) {
        if let Some(certificate) = &self.certificate {
            match certificate.look() {
                Ok(true) => tracing::info!("the local certificate was read anew"),
                Ok(false) => {}
                Err(fault) => {
                    tracing::warn!(%fault, "the new local certificate cannot be used: the old one stays")
                }
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    tls: Option<tokio_rustls::TlsAcceptor>,
    stopping: watch::Receiver<bool>,
) {
    let Some(tls) = tls else { return converse(stream, peer, router, stopping).await };
    match timeout(HASTE, tls.accept(stream)).await {
        Ok(Ok(stream)) => converse(stream, peer, router, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HASTE)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = told(&mut stopping) => None,
        () = sleep(AGE) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match timeout(FAREWELL * 12, connection).await {
                Ok(ended) => ended,
                Err(_) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Over when the proxy ends.
async fn told(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}
