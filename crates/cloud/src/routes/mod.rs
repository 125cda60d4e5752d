//! What may be asked, one verb in each file.

mod caller;
mod health;
mod invoices;
mod keys;
mod metrics;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, Uri},
    middleware,
    routing::{get, post},
};

use crate::{
    app::App,
    observe::observe,
    problem::{Kind, Problem},
};

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/api/v1/invoices", post(invoices::create).get(invoices::find))
        .route("/api/v1/invoices/{fiscal_number}", get(invoices::show))
        .route("/.well-known/fiscal-keys.json", get(keys::list))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::show))
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn unknown(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(120).collect();
    Problem::new(Kind::NotFound, format!("{path}: there is nothing at this path"))
}

async fn not_allowed(method: Method) -> Problem {
    Problem::new(Kind::MethodNotAllowed, format!("this path does not know {method}: see the header Allow"))
}
