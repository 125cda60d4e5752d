//! Browsable documentation, all of it from this program.

use axum::{
    Router,
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use std::sync::{Arc, OnceLock};

use super::pages::headers;
use crate::{app::App, openapi};

const PAGE: &str = include_str!("page.html");
const START: &str = include_str!("start.js");
/// Swagger UI: see `swagger-ui/README.md`.
const SCRIPT: &[u8] = include_bytes!("swagger-ui/swagger-ui-bundle.js.gz");
const STYLE: &[u8] = include_bytes!("swagger-ui/swagger-ui.css.gz");

/// Nothing comes from elsewhere, and nothing goes there. Swagger UI writes styles into its elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The document, and the page that shows it. They are not described by themselves.
pub(crate) fn pages() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/docs") }))
        .route("/openapi.json", get(|| async { file("application/json", document()) }))
        .route("/docs", get(|| async { file("text/html; charset=utf-8", PAGE) }))
        .route("/docs/start.js", get(|| async { file("text/javascript; charset=utf-8", START) }))
        .route(
            "/docs/swagger-ui-bundle.js",
            get(|headers| async move { zipped("text/javascript; charset=utf-8", SCRIPT, &headers) }),
        )
        .route(
            "/docs/swagger-ui.css",
            get(|headers| async move { zipped("text/css; charset=utf-8", STYLE, &headers) }),
        )
}

/// It does not change while the program runs.
fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    // A document that is made of strings and numbers always serialises.
    DOCUMENT.get_or_init(|| openapi::document().to_json().unwrap_or_default())
}

fn file(kind: &'static str, text: &'static str) -> Response {
    (headers(kind, POLICY), text).into_response()
}

/// Browsers take it as it is kept.
fn zipped(kind: &'static str, bytes: &'static [u8], asked: &HeaderMap) -> Response {
    let takes = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    if !takes.is_some_and(|takes| takes.contains("gzip")) {
        let detail = "this file is kept compressed: ask with Accept-Encoding: gzip (curl --compressed)\n";
        return (axum::http::StatusCode::NOT_ACCEPTABLE, detail).into_response();
    }
    let encoding = [(header::CONTENT_ENCODING, "gzip"), (header::VARY, "accept-encoding")];
    (headers(kind, POLICY), encoding, bytes).into_response()
}
