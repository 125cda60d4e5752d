use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use signing::{KeyDocument, PublishedKey, Purpose};

use crate::{
    app::App,
    problem::{Language, Problem},
};

/// All keys that sealed or seal, and those that attest.
pub(crate) async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let sealing = app.ask(|store| store.keys()).await;
    let sealing = sealing.map_err(|refusal| Problem::of(&refusal, Language::of(&headers)))?;
    let sealing = sealing.into_iter().map(|known| PublishedKey {
        public_key: known.key,
        signer: known.signer,
        purpose: Purpose::Seal,
        since: known.since,
        until: known.until,
    });
    let ring = app.ring.iter().flat_map(|ring| ring.keys());
    let attesting = ring.filter(|key| key.stored.purpose == Purpose::Attest).map(|key| PublishedKey {
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
