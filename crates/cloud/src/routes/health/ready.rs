use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    problem::{Kind, Problem},
};

/// A database that takes longer is not ready to serve.
const PATIENCE: Duration = Duration::from_secs(2);
/// When to ask again.
const LATER: Duration = Duration::from_secs(2);

/// Whether sales can be sealed now: the signer has a proven key, the database answers, all writers work, the queue has
/// room.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let mut reasons = Vec::new();
    if let Err(fault) = app.signer.active_key() {
        tracing::warn!(%fault, "not ready: the signer");
        let when = if fault.is_temporary() { "now" } else { "until someone has looked" };
        reasons.push(format!("the signer has no key that it can use {when}"));
    }
    match tokio::time::timeout(PATIENCE, app.ask(|store| store.outlets(None, 1))).await {
        Ok(Ok(_)) => {}
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "not ready: the database");
            reasons.push("the database does not answer as it should".to_owned());
        }
        Err(_) => reasons.push(format!("the database did not answer within {} s", PATIENCE.as_secs())),
    }
    if !app.ledger.is_sound() {
        tracing::error!("not ready: a writer has ended");
        reasons.push("a writer has ended: restart the process".to_owned());
    }
    if app.ledger.depth() >= app.queue {
        reasons.push("as many sales wait as may".to_owned());
    }
    if reasons.is_empty() {
        return Ok(([(header::CONTENT_TYPE, "application/json")], r#"{"status":"ready"}"#).into_response());
    }
    Err(Problem::new(Kind::NotReady, reasons.join("; ")).with_reasons(reasons).with_retry_after(LATER))
}
