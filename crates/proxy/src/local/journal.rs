use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State},
    response::Response,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::{Value, json as object};
use utoipa::IntoParams;

use super::{Local, Problem, guard::Who, invoices::unreadable, json};

/// How many records an answer has.
const CHUNK: u32 = 200;

/// From where on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// Records at later positions only: the answer's `next`.
    #[serde(default)]
    after: u64,
}

/// The device's journal, as far as it is kept here
///
/// `records` are the lines of a journal file: `record` in base64url and `payload`. Ask again with `next` as `after` until
/// `last`.
#[utoipa::path(
    get, path = "/v1/journal", operation_id = "journal", tag = "Device", params(After),
    responses((status = 200, description = "A part of the journal.", body = Object))
)]
pub(crate) async fn journal(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    Query(After { after }): Query<After>,
) -> Result<Response, Problem> {
    if let Who::Till(_) = who {
        // It has every till's customers.
        return Err(Problem::of("FORBIDDEN"));
    }
    let Some((journal, filled)) = *local.desk.watch_filled().borrow() else {
        return Ok(json(object!({ "records": [], "next": after, "last": true }).to_string()));
    };
    let entries = local.desk.reader.entries_after(journal, after, CHUNK).map_err(unreadable)?;
    let next = entries.last().map_or(after, |entry| entry.position());
    let records: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let record = Base64UrlUnpadded::encode_string(&entry.record.to_bytes());
            object!({ "record": record, "payload": entry.payload })
        })
        .collect();
    Ok(json(object!({ "records": records, "next": next, "last": next >= filled }).to_string()))
}
