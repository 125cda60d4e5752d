//! The pages for people, all of them from this program: `shell.html`, `shell.js` and `shell.css` are what each of them begins
//! with. They ask this program only.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderName, HeaderValue, header},
    routing::get,
};

use crate::app::App;

/// A page: the shell, and what it has of its own. Its script and its style follow the shell's.
pub(super) struct Page {
    pub(super) path: &'static str,
    /// In French, until its script knows the reader's language.
    pub(super) title: &'static str,
    /// What the button says behind which the page opens, in French.
    pub(super) show: &'static str,
    pub(super) body: &'static str,
    pub(super) script: &'static str,
    pub(super) style: &'static str,
}

const SHELL: &str = include_str!("shell.html");
const SCRIPT: &str = include_str!("shell.js");
const STYLE: &str = include_str!("shell.css");

/// Nothing comes from elsewhere, and nothing goes there.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

impl Page {
    /// It is not in the document of the API: it is for people.
    pub(super) fn routes(&self) -> Router<Arc<App>> {
        let Self { path, title, show, body, script, style } = *self;
        let holes = [("{path}", path), ("{title}", title), ("{show}", show), ("{body}", body)];
        let html = holes.iter().fold(SHELL.to_owned(), |html, (hole, text)| html.replace(hole, text));
        Router::new()
            .merge(file(path, "text/html; charset=utf-8", html))
            .merge(file(
                &format!("{path}/page.js"),
                "text/javascript; charset=utf-8",
                [SCRIPT, script].concat(),
            ))
            .merge(file(&format!("{path}/page.css"), "text/css; charset=utf-8", [STYLE, style].concat()))
    }
}

fn file(path: &str, kind: &'static str, text: String) -> Router<Arc<App>> {
    let text = Bytes::from(text);
    Router::new().route(path, get(move || async move { (headers(kind, POLICY), text) }))
}

/// What a file of a page says of itself.
pub(super) fn headers(kind: &'static str, policy: &'static str) -> [(HeaderName, HeaderValue); 5] {
    let header = |name, value| (name, HeaderValue::from_static(value));
    [
        header(header::CONTENT_TYPE, kind),
        header(header::CACHE_CONTROL, "max-age=300"),
        header(header::CONTENT_SECURITY_POLICY, policy),
        header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        header(header::REFERRER_POLICY, "no-referrer"),
    ]
}
