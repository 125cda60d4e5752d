use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::HeaderMap,
};
use fiscal::FiscalNumber;

use super::{
    super::caller::Caller,
    answer::{Invoice, not_found},
};
use crate::{
    app::App,
    problem::{Language, Problem},
};

/// A sealed invoice with its payload.
pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Caller(grant): Caller,
    number: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Invoice, Problem> {
    // A path that is no UTF-8 names none either.
    let Path(number) = number.map_err(|_| not_found())?;
    let number: FiscalNumber = number.parse().map_err(|_| not_found())?;
    let found = app.ask(move |store| {
        let outlet = store.outlet_by_prefix(number.prefix)?.filter(|outlet| grant.covers(outlet.id));
        let Some(outlet) = outlet else { return Ok(None) };
        match store.by_number(outlet.id, number.epoch, number.number)? {
            Some(row) => Invoice::of(row, store),
            None => Ok(None),
        }
    });
    let found = found.await.map_err(|refusal| Problem::of(&refusal, Language::of(&headers)))?;
    found.ok_or_else(not_found)
}
