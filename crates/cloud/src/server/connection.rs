//! One connection, from its first request to its end.

use std::{
    convert::Infallible,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering},
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
use tokio::{net::TcpStream, sync::watch, time::sleep};

use super::{impatient::Impatient, places::Places};

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
/// So long the last answers may take when the server stops.
pub(super) const FAREWELL: Duration = Duration::from_secs(5);

/// Serves a client until it goes, does too much or too little, or the server stops.
pub(super) async fn serve(
    stream: TcpStream,
    router: Router,
    idle: Duration,
    places: Places,
    mut stopping: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let asked = AtomicU64::new(0);
    let service = service_fn(|request: Request<Incoming>| {
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
        .header_read_timeout(idle)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(Impatient::new(stream, idle)), service);
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

/// Over when the server stops, which waits until its last receiver is dropped.
async fn stop(stopping: &mut watch::Receiver<bool>) {
    // A server that is gone has stopped.
    drop(stopping.wait_for(|stopping| *stopping).await);
}
