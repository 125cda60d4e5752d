use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{app::App, metrics::Metrics};

/// Figures for Prometheus
///
/// They name no outlet and no merchant.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "readMetrics",
    tag = "Service",
    responses((status = 200, description = "Text of Prometheus.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn show(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.write(&app.gauges());
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response()
}
