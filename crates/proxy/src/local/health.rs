use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{Local, json};
use crate::{clock, metrics::Metrics};

/// Whether the proxy runs
#[utoipa::path(
    get, path = "/healthz", operation_id = "health", tag = "Proxy",
    responses((status = 200, description = "It does.", body = Object))
)]
pub(crate) async fn health() -> Response {
    json(r#"{"status":"ok"}"#.to_owned())
}

/// Figures for Prometheus
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics", tag = "Proxy",
    responses((status = 200, description = "The figures.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(local): State<Arc<Local>>) -> Response {
    local.desk.count();
    let mut response = local.desk.metrics.write(clock::now()).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(Metrics::CONTENT_TYPE));
    response
}
