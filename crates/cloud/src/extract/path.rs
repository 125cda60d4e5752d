use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::problem::{Kind, Problem, words};

/// The id in a path. One that cannot be one names nothing, like one that nobody has.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

/// Two ids in a path: what something belongs to, and its own.
pub(crate) struct Ids<T, U>(pub(crate) T, pub(crate) U);

impl<T: FromStr, U: FromStr, S: Send + Sync> FromRequestParts<S> for Ids<T, U> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((whole, part)) = path.map_err(|_| not_found())?;
        match (whole.parse(), part.parse()) {
            (Ok(whole), Ok(part)) => Ok(Self(whole, part)),
            _ => Err(not_found()),
        }
    }
}

/// There is no such thing, or it is another's: nobody learns which.
pub(crate) fn not_found() -> Problem {
    Problem::new(
        Kind::NotFound,
        words(
            "rien de tel ne vous appartient : vérifiez ce que vous demandez",
            "there is no such thing of yours: check what you ask for",
        ),
    )
}
