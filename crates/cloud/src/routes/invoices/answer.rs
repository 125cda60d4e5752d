use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use def_protocol::reply::Seal;
use ledger::{LedgerStore, Row, StoreFault};
use serde::Serialize;

use crate::problem::{Kind, Problem};

/// A sealed invoice with its payload, as questions are answered.
#[derive(Serialize)]
pub(crate) struct Invoice {
    #[serde(flatten)]
    seal: Seal,
    /// The canonical payload as a string, byte for byte; null once it was erased past its retention (L9).
    payload: Option<String>,
}

impl Invoice {
    /// What a stored row says, if its key did seal it.
    pub(super) fn of(row: Row, store: &mut dyn LedgerStore) -> Result<Option<Self>, StoreFault> {
        let corrupt = |what: String| StoreFault::Corrupt(format!("{:?}: {what}", row.place));
        let record = row.read().map_err(|fault| corrupt(fault.to_string()))?;
        let known = store.keys()?.into_iter().find(|known| known.key.id() == record.header.key);
        let key = known.ok_or_else(|| corrupt("its key was never published".to_owned()))?.key;
        let sealed = record.verify(&key).map_err(|fault| corrupt(fault.to_string()))?;
        let Some(outlet) = store.outlet(row.place.chain.outlet)? else { return Ok(None) };
        let seal = Seal::of(&sealed, outlet.prefix);
        Ok(seal.map(|seal| Self { seal, payload: row.body }))
    }
}

impl IntoResponse for Invoice {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self)
    }
}

/// An answer of the API.
pub(super) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let Ok(text) = serde_json::to_vec(value) else {
        return Problem::new(Kind::Internal, "the answer could not be written: please report this")
            .into_response();
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// There is no such invoice, or it is another outlet's: nobody learns which.
pub(super) fn not_found() -> Problem {
    Problem::new(Kind::NotFound, "no invoice of yours was sealed under this: check what you ask for")
}
