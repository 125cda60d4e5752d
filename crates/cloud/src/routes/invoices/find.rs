use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
};
use fiscal::{OutletId, PayloadHash, Timestamp};
use ledger::IdempotencyKey;
use serde::Deserialize;

use super::{
    super::caller::Caller,
    answer::{Invoice, not_found},
};
use crate::{
    app::App,
    problem::{Kind, Language, Problem},
};

/// The fate of a sale whose answer was lost, by its idempotency key or by its payload: the sealed invoice, or 404 when
/// it was not sealed yet. What is not sealed now may still be on its way: offer the same bytes again.
pub(crate) async fn find(
    State(app): State<Arc<App>>,
    Caller(grant): Caller,
    question: Result<Query<Question>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Invoice, Problem> {
    let Query(question) = question.map_err(|_| unclear())?;
    let outlet = question.outlet().filter(|outlet| grant.covers(*outlet)).ok_or_else(not_found)?;
    let by = question.by().ok_or_else(unclear)?;
    let found = app.ask(move |store| {
        let row = match by {
            By::Key(key) => store.known(outlet, &[], &[key])?.keys.pop().map(|(_, row)| row),
            By::Sale(sale) => store.known(outlet, &[sale], &[])?.sales.pop(),
        };
        match row {
            Some(row) => Invoice::of(row, store),
            None => Ok(None),
        }
    });
    let found = found.await.map_err(|refusal| Problem::of(&refusal, Language::of(&headers)))?;
    found.ok_or_else(not_found)
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    outlet_id: String,
    idempotency_key: Option<String>,
    payload_hash: Option<String>,
    timestamp: Option<String>,
}

enum By {
    Key(IdempotencyKey),
    Sale((Timestamp, PayloadHash)),
}

impl Question {
    fn outlet(&self) -> Option<OutletId> {
        self.outlet_id.parse().ok()
    }

    fn by(&self) -> Option<By> {
        match (&self.idempotency_key, &self.payload_hash, &self.timestamp) {
            (Some(key), None, None) => key.parse().ok().map(By::Key),
            (None, Some(hash), Some(timestamp)) => {
                Some(By::Sale((timestamp.parse().ok()?, PayloadHash::from_hex(hash)?)))
            }
            _ => None,
        }
    }
}

fn unclear() -> Problem {
    Problem::new(
        Kind::RequestInvalid,
        "ask with outlet_id and idempotency_key, or with outlet_id, payload_hash (64 hexadecimal digits) and timestamp \
         (the payload's own, as 2026-02-04T10:15:30)",
    )
}
