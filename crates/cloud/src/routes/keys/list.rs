use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use ledger::Refusal;
use signing::{KeyDocument, KeyRing, PublishedKey, Purpose, RingKey, Signer, SignerFault};

use crate::{app::App, problem::Problem};

/// Keys that seal and attest
///
/// All keys that sealed or seal, and those that attest, in the form that `stelala verify --trust` takes.
// While the signer has not said which attest, there is no list: one without them would say that they
// are no keys of ours. It remembers them when it goes away later.
#[utoipa::path(
    get,
    path = "/.well-known/fiscal-keys.json",
    operation_id = "listFiscalKeys",
    tag = "Service",
    responses((status = 200, description = "The keys.", body = Object, content_type = "application/json"))
)]
pub(crate) async fn list(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let sealing = app.ask(|store| store.keys()).await;
    let sealing = sealing?.into_iter().map(|known| PublishedKey {
        public_key: known.key,
        signer: known.signer,
        purpose: Purpose::Seal,
        since: known.since,
        until: known.until,
    });
    let attesting = app.ring.as_deref().map_or(Ok(Vec::new()), attesting);
    let attesting = attesting.map_err(Refusal::Signer)?;
    let attesting = attesting.into_iter().map(|key| PublishedKey {
        public_key: key.stored.public_key,
        signer: key.stored.signer,
        purpose: Purpose::Attest,
        since: key.stored.made,
        until: None,
    });
    let document = KeyDocument::new(sealing.chain(attesting));
    let headers = [(header::CONTENT_TYPE, KeyDocument::CONTENT_TYPE), (header::CACHE_CONTROL, "max-age=60")];
    Ok((headers, document.to_json()).into_response())
}

fn attesting(ring: &KeyRing) -> Result<Vec<RingKey>, SignerFault> {
    // Asked first: a signer that comes up in between is asked again rather than listed without its keys.
    let up = ring.active_key();
    let keys: Vec<_> = ring.keys().into_iter().filter(|key| key.stored.purpose == Purpose::Attest).collect();
    match up {
        Err(fault) if keys.is_empty() => Err(fault),
        _ => Ok(keys),
    }
}
