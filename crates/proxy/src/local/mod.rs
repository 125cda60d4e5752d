//! What tills ask the proxy: REST on this machine, and on the LAN for paired tills over TLS (L10).

mod activation;
mod body;
mod guard;
mod health;
mod invoices;
mod journal;
mod pairings;
mod places;
mod problem;
mod reports;
mod server;
mod status;
#[cfg(test)]
mod tests;
mod vouchers;

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::{
    OpenApi,
    openapi::{InfoBuilder, OpenApi as Document},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::problem::Problem;
pub(crate) use self::server::Server;
use crate::{desk::Desk, pair::Tills};

/// What every route has.
pub(crate) struct Local {
    pub(crate) desk: Arc<Desk>,
    pub(crate) tills: Mutex<Tills>,
    pub(crate) entropy: fn(&mut [u8]),
    /// Names by which this machine is called.
    pub(crate) names: Vec<String>,
}

#[derive(OpenApi)]
#[openapi()]
struct Empty;

fn table() -> OpenApiRouter<Arc<Local>> {
    OpenApiRouter::with_openapi(Empty::openapi())
        .routes(routes!(invoices::create, invoices::find))
        .routes(routes!(invoices::show))
        .routes(routes!(invoices::reprint))
        .routes(routes!(status::status))
        .routes(routes!(reports::close))
        .routes(routes!(reports::snapshot))
        .routes(routes!(reports::articles))
        .routes(routes!(journal::journal))
        .routes(routes!(vouchers::create))
        .routes(routes!(pairings::create))
        .routes(routes!(activation::activate))
        .routes(routes!(health::health))
        .routes(routes!(health::metrics))
}

/// The document of the local interface.
pub(crate) fn document() -> Document {
    let (_, mut document) = table().split_for_parts();
    document.info = InfoBuilder::new()
        .title("Stelala proxy")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(include_str!("about.md")))
        .build();
    document
}

/// All routes.
pub(crate) fn router(local: Arc<Local>) -> Router {
    let (router, _) = table().split_for_parts();
    router
        .route("/openapi.json", get(openapi))
        .fallback(|| async { Problem::of("NOT_FOUND") })
        .method_not_allowed_fallback(|| async { Problem::of("METHOD_NOT_ALLOWED") })
        .layer(middleware::from_fn_with_state(Arc::clone(&local), guard::guard))
        .with_state(local)
}

async fn openapi(State(_): State<Arc<Local>>) -> Response {
    // A document that was made of types always serialises.
    json(document().to_json().unwrap_or_default())
}

/// A body of JSON that was written already.
fn json(text: String) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
