//! The page on which a merchant reads how his invoices stand with the tax authority, and does what is to be done: all of it from this program, and it asks this program only.

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::app::App;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");

/// Nothing comes from elsewhere, and nothing goes there.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// It is not in the document: it is for people.
pub(crate) fn page() -> Router<Arc<App>> {
    Router::new()
        .route("/authority", get(|| async { file("text/html; charset=utf-8", PAGE) }))
        .route("/authority/page.js", get(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/authority/page.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let header = |name: HeaderName, value| (name, HeaderValue::from_static(value));
    let headers = [
        header(header::CONTENT_TYPE, kind),
        header(header::CACHE_CONTROL, "max-age=300"),
        header(header::CONTENT_SECURITY_POLICY, POLICY),
        header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        header(header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, text).into_response()
}
