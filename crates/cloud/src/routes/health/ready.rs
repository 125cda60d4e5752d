use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::alive::Health;
use crate::{
    app::App,
    problem::{Kind, Problem, words},
};

/// A database that takes longer is not ready to serve.
const PATIENCE: Duration = Duration::from_secs(2);
/// When to ask again.
const LATER: Duration = Duration::from_secs(2);

/// Whether sales can be sealed now
///
/// The signer has a proven key, the database answers, all writers work, the queue has room.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "isReady",
    tag = "Service",
    responses((status = 200, description = "They can.", body = Health))
)]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let mut reasons = Vec::new();
    if let Err(fault) = app.signer.active_key() {
        tracing::warn!(%fault, "not ready: the signer");
        reasons.push(if fault.is_temporary() {
            words(
                "le signataire n'a pas de clé utilisable pour l'instant",
                "the signer has no key that it can use now",
            )
        } else {
            words(
                "le signataire n'a pas de clé utilisable : l'exploitant doit intervenir",
                "the signer has no key that it can use until someone has looked",
            )
        });
    }
    match tokio::time::timeout(PATIENCE, app.ask(|store| store.outlets(None, 1))).await {
        Ok(Ok(_)) => {}
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "not ready: the database");
            reasons.push(words(
                "la base de données ne répond pas comme elle devrait",
                "the database does not answer as it should",
            ));
        }
        Err(_) => {
            let seconds = PATIENCE.as_secs();
            reasons.push(words(
                format!("la base de données n'a pas répondu en {seconds} s"),
                format!("the database did not answer within {seconds} s"),
            ));
        }
    }
    if !app.ledger.is_sound() {
        tracing::error!("not ready: a writer has ended");
        reasons.push(words(
            "un écrivain du registre s'est arrêté : redémarrez le processus",
            "a writer has ended: restart the process",
        ));
    }
    if app.ledger.depth() >= app.queue {
        reasons.push(words("la file des ventes est pleine", "as many sales wait as may"));
    }
    let Some(first) = reasons.first().cloned() else { return Ok(Health::READY.into_response()) };
    Err(Problem::new(Kind::NotReady, first).with_reasons(reasons).with_retry_after(LATER))
}
