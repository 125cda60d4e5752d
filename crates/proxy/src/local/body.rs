use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, header},
};
use serde::de::DeserializeOwned;

use super::Problem;

/// So long a body may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest body of what is no invoice.
const SMALL: usize = 64 * 1024;

/// A whole body, if it is not too large and arrives in time.
pub(super) async fn read_body(body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    match tokio::time::timeout(PATIENCE, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(Problem::said(
            "PAYLOAD_TOO_LARGE",
            format!("le corps a au plus {most} octets, et arrive en entier"),
            format!("the body has at most {most} bytes, and comes whole"),
        )),
        Err(_) => Err(Problem::of("BODY_TOO_SLOW")),
    }
}

/// A body of JSON.
pub(super) async fn read_json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Problem> {
    if media_type(headers) != "application/json" {
        return Err(Problem::said(
            "MEDIA_TYPE_UNSUPPORTED",
            "envoyez du JSON, en Content-Type: application/json",
            "send JSON, as Content-Type: application/json",
        ));
    }
    let bytes = read_body(body, SMALL).await?;
    serde_json::from_slice(&bytes)
        .map_err(|fault| Problem::new("REQUEST_INVALID", format!("the body cannot be read: {fault}")))
}

/// The media type of the body, without its parameters, in small letters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
