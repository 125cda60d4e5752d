//! Around every request: its name, its line in the log, its count.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use tokio::time::Instant;

use crate::{
    app::App,
    metrics,
    problem::{Language, Noted, Problem},
    request_id::{self, RequestId},
};

pub(crate) async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = app.ids.of(request.headers());
    let language = Language::of(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(language);
    request.extensions_mut().insert(Arc::clone(&app));
    let method = method(request.method());
    // Paths that nobody serves are counted together, or a scanner would fill the memory.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let mut response = next.run(request).await;
    Problem::speak(&mut response, language);
    let status = response.status();
    let noted = response.extensions_mut().remove::<Noted>();
    let code = noted.as_ref().map(|noted| noted.code);
    let micros = began.elapsed().as_micros();
    let request_id = id.to_str().unwrap_or_default();
    if status.is_server_error() {
        let cause = noted.and_then(|noted| noted.cause);
        tracing::warn!(
            request_id,
            method,
            route,
            status = status.as_u16(),
            code,
            cause,
            micros,
            "not served"
        );
    } else if status.is_client_error() {
        // It is counted all the same. A line for each would let anybody fill the disk.
        tracing::debug!(request_id, method, route, status = status.as_u16(), code, micros, "refused");
    } else {
        tracing::debug!(request_id, method, route, status = status.as_u16(), micros, "served");
    }
    response.headers_mut().insert(request_id::HEADER, id);
    app.metrics.answered(metrics::Request { method, route, status: status.as_u16() }, code);
    response
}

/// Methods that clients make up are counted together.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}
