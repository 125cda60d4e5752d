use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request},
    http::HeaderMap,
};
use serde::de::DeserializeOwned;

use super::{media_type, read_body, said};
use crate::{
    app::App,
    problem::{Kind, Problem, words},
};

/// A body of JSON.
pub(crate) struct Json<T>(pub(crate) T);

/// A body of JSON that holds many things.
pub(crate) struct LargeJson<T>(pub(crate) T);

/// The largest of one thing, in bytes.
const MOST: usize = 64 * 1024;
/// The largest of many.
const MOST_OF_MANY: usize = 2 * 1024 * 1024;

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        take(request, app, MOST).await.map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<App>> for LargeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        take(request, app, MOST_OF_MANY).await.map(Self)
    }
}

async fn take<T: DeserializeOwned>(request: Request, app: &App, most: usize) -> Result<T, Problem> {
    check_media_type(request.headers())?;
    read(&read_body(app, request.into_body(), most).await?)
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    if media_type(headers) == "application/json" {
        return Ok(());
    }
    Err(Problem::new(
        Kind::MediaType,
        words("envoyez Content-Type: application/json", "send Content-Type: application/json"),
    ))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut reader);
    let value = read.map_err(|fault| {
        let (member, fault) = (fault.path().to_string(), fault.into_inner());
        if fault.is_data() {
            return Problem::of_member(Kind::MemberInvalid, member, said::member(&fault.to_string()));
        }
        syntax()
    })?;
    reader.end().map_err(|_| syntax())?;
    Ok(value)
}

fn syntax() -> Problem {
    Problem::new(
        Kind::RequestInvalid,
        words("le corps n'est pas du JSON : envoyez un objet", "the body is no JSON: send one object"),
    )
}
