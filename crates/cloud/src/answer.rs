use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::{Kind, Problem, words};

/// Something was made, and has an address under [`API`].
pub(crate) fn created<T: Serialize>(path: &str, value: &T) -> Response {
    let mut response = json(StatusCode::CREATED, value);
    locate(&mut response, path);
    response
}

/// Says under which address of [`API`] that is which is answered.
pub(crate) fn locate(response: &mut Response, path: &str) {
    // Ids are letters, digits and punctuation, which are a header's value.
    if let Ok(location) = HeaderValue::try_from(format!("{API}/{path}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
}

/// Where all that can be made stands.
const API: &str = "/api/v1";

/// An answer of the API.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let Ok(text) = serde_json::to_vec(value) else {
        let detail = words(
            "la réponse n'a pu être écrite : signalez-le",
            "the answer could not be written: please report this",
        );
        return Problem::new(Kind::Internal, detail).into_response();
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
