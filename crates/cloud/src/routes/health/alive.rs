use axum::{
    http::header,
    response::{IntoResponse, Response},
};

/// The process lives. Whether it can serve is [`super::ready`]'s to say.
pub(crate) async fn alive() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"status":"alive"}"#).into_response()
}
