use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{app::App, metrics::Metrics};

/// The counters. They name no outlet and no merchant.
pub(crate) async fn show(State(app): State<Arc<App>>) -> Response {
    let text = app.metrics.write(&app.gauges());
    ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response()
}
