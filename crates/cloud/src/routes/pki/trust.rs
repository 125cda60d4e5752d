use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{DeviceId, Epoch, InvoiceNumber, Timestamp};
use ledger::{ChainId, LedgerStore, Refusal, StoreFault};
use registry::{Device, Registry, RegistryFault};
use serde::Serialize;
use sha2::{Digest, Sha256};
use signing::{Attester, KeyRing, SignerFault};

use crate::{app::App, devices::stretches, problem::Problem};

/// The trust bundle
///
/// What an inspector carries, to look at receipts without a network: which key seals for which outlet, from which number
/// to which (S6, formats.md section 10). A signed JWT (RFC 7519). Its signer is the newest key of the list of fiscal keys
/// that attests (`kid` is its id): give that key to `stelala verify --root`, after you compared it with the operator's.
#[utoipa::path(
    get,
    path = "/.well-known/fiscal-trust.jwt",
    operation_id = "readTrustBundle",
    tag = "Service",
    responses((status = 200, description = "The bundle.", body = String, content_type = "application/jwt"))
)]
pub(crate) async fn bundle(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let Some(ring) = app.ring.clone() else {
        return Err(Refusal::Signer(SignerFault::Temporary("no key attests".to_owned())).into());
    };
    let text = app.published.bundle.or_make(signed(&app, ring)).await?;
    let headers = [(header::CONTENT_TYPE, "application/jwt"), (header::CACHE_CONTROL, "max-age=60")];
    Ok((headers, text.to_vec()).into_response())
}

async fn signed(app: &Arc<App>, ring: Arc<KeyRing>) -> Result<Vec<u8>, Problem> {
    let keys = app.ask(keys).await?;
    let issued = app.clock.now();
    let text = app.consult(move |_| {
        let attester = ring.attester(ring.attesting_key()?);
        Ok(sign(&Bundle { version: 1, issued: issued.to_string(), keys }, &attester)?)
    });
    Ok(text.await?.into_bytes())
}

#[derive(Serialize)]
struct Bundle {
    version: u32,
    issued: String,
    keys: Vec<BoundKey>,
}

#[derive(Serialize)]
struct BoundKey {
    r#use: &'static str,
    public_key: String,
    seals: Binding,
}

/// For which outlet a key seals, from which number to which.
#[derive(Serialize)]
struct Binding {
    device_id: String,
    outlet_id: String,
    merchant_nif: String,
    first: Spot,
    last: Option<LastSpot>,
}

#[derive(Clone, Copy, Serialize)]
struct Spot {
    epoch: u32,
    invoice_seq: u64,
}

#[derive(Serialize)]
struct LastSpot {
    epoch: u32,
    invoice_seq: u64,
    time: String,
}

/// So many outlets are read at a time.
const PAGE: usize = 500;

fn keys(store: &mut dyn LedgerStore) -> Result<Vec<BoundKey>, StoreFault> {
    let mut known = Vec::new();
    for key in store.keys()? {
        known.push((device(store, key.signer)?, key));
    }
    let (mut bound, mut after) = (Vec::new(), None);
    loop {
        let outlets = store.outlets(after, PAGE)?;
        let is_last = outlets.len() < PAGE;
        after = outlets.last().map(|outlet| outlet.id);
        for outlet in outlets {
            let chains: Vec<ChainId> = store.chains(outlet.id)?.into_iter().map(|(chain, _)| chain).collect();
            for (device, key) in &known {
                let of_signer: Vec<_> =
                    chains.iter().copied().filter(|chain| chain.signer == key.signer).collect();
                let span = match (device, of_signer.as_slice()) {
                    (_, []) => None,
                    (Some(device), chains) => of_device(store, device, chains)?,
                    (None, [first, .., newest] | [first @ newest]) => {
                        Some((first_of(store, *first)?, last_of(store, *newest, key.until)?))
                    }
                };
                let Some((first, last)) = span else { continue };
                bound.push(BoundKey {
                    r#use: "seal",
                    public_key: Base64UrlUnpadded::encode_string(&key.key.to_spki()),
                    seals: Binding {
                        device_id: key.signer.to_string(),
                        outlet_id: outlet.id.to_string(),
                        merchant_nif: outlet.nif.to_string(),
                        first,
                        last,
                    },
                });
            }
        }
        if is_last {
            return Ok(bound);
        }
    }
}

fn device(store: &mut dyn LedgerStore, signer: DeviceId) -> Result<Option<Device>, StoreFault> {
    Registry::over(store).device_of(signer).map_err(|fault| match fault {
        RegistryFault::Store(fault) => fault,
        other => StoreFault::Unavailable(other.to_string()),
    })
}

type Span = (Spot, Option<LastSpot>);

/// From the first number that a device could give to the last; none of one that never had the line. Between them others
/// may have had it.
fn of_device(
    store: &mut dyn LedgerStore,
    device: &Device,
    chains: &[ChainId],
) -> Result<Option<Span>, StoreFault> {
    let [chain, ..] = chains else { return Ok(None) };
    let mut held = Vec::new();
    for stretch in stretches(store, chain.outlet, device.serial)? {
        let chain = ChainId { epoch: stretch.epoch, ..*chain };
        // One that the line was given to, and that has not entered, seals nothing.
        if !store.line_ends(chain, 1)?.is_empty() || store.newest_invoice(chain)?.is_some() {
            held.push((chain, stretch));
        }
    }
    let (Some((_, first)), Some((chain, newest))) = (held.first(), held.last()) else { return Ok(None) };
    let spot = |epoch: Epoch, invoice_seq| Spot { epoch: epoch.0, invoice_seq };
    let last = match (&device.ended, newest.last) {
        (Some(ended), _) => {
            let before = (newest.epoch, InvoiceNumber::new(newest.first.saturating_sub(1)));
            let (epoch, number) = ended.last.unwrap_or(before);
            let invoice_seq = number.map_or(0, InvoiceNumber::value);
            Some(LastSpot { epoch: epoch.0, invoice_seq, time: ended.time.to_string() })
        }
        (None, Some(invoice_seq)) => {
            // It stands by, and says so now and then.
            let time = store.newest_of(*chain)?.map_or(Timestamp::EARLIEST, |row| row.time).to_string();
            Some(LastSpot { epoch: newest.epoch.0, invoice_seq, time })
        }
        (None, None) => None,
    };
    Ok(Some((spot(first.epoch, first.first), last)))
}

/// The first number that the ledger's own signer gave in a chain, or may have.
fn first_of(store: &mut dyn LedgerStore, chain: ChainId) -> Result<Spot, StoreFault> {
    let numbers = store.records(chain, None, PAGE)?.into_iter().filter_map(|row| row.number);
    let first = numbers.map(|number| number.value()).next();
    Ok(Spot { epoch: chain.epoch.0, invoice_seq: first.unwrap_or(1) })
}

/// Where a key of the ledger's own ended, that was retired: at its signer's last.
fn last_of(
    store: &mut dyn LedgerStore,
    newest: ChainId,
    until: Option<Timestamp>,
) -> Result<Option<LastSpot>, StoreFault> {
    let Some(until) = until else { return Ok(None) };
    let newest_invoice = store.newest_invoice(newest)?;
    let invoice_seq = newest_invoice.and_then(|row| row.number).map_or(0, |number| number.value());
    Ok(Some(LastSpot { epoch: newest.epoch.0, invoice_seq, time: until.to_string() }))
}

#[derive(Serialize)]
struct JoseHeader<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: String,
}

fn sign(bundle: &Bundle, attester: &dyn Attester) -> Result<String, SignerFault> {
    let kid = attester.public_key().id().to_string();
    let header = JoseHeader { alg: "ES256", typ: "stelala-trust+jwt", kid };
    let text = |json: Result<String, serde_json::Error>| {
        json.map(|json| Base64UrlUnpadded::encode_string(json.as_bytes()))
            .map_err(|fault| SignerFault::Permanent(fault.to_string()))
    };
    let signed =
        format!("{}.{}", text(serde_json::to_string(&header))?, text(serde_json::to_string(bundle))?);
    let signature = attester.sign(&Sha256::digest(signed.as_bytes()).into())?;
    Ok(format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature)))
}
