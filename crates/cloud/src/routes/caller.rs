use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    access::{ApiKey, Grant},
    app::App,
    problem::{Kind, Problem},
};

/// Who asks, by the API key in `Authorization: Bearer stk_…`.
pub(crate) struct Caller(pub(super) Grant);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(header) = header else {
            return Err(unauthenticated("send your API key: Authorization: Bearer stk_…"));
        };
        let key = header.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let key = key.and_then(|(_, key)| key.trim().parse::<ApiKey>().ok());
        let grant = key.and_then(|key| app.access.grant(&key));
        grant
            .map(Self)
            .ok_or_else(|| unauthenticated("this API key is not known here: check that all of it was copied"))
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(Kind::Unauthenticated, detail)
}
