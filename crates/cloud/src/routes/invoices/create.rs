use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use def_protocol::reply::Seal;
use fiscal::{Epoch, FiscalNumber, InvoiceNumber, OutletId, limits};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use ledger::{IdempotencyKey, Offer, Refusal, Sealing};
use tokio::time::Instant;

use super::{super::caller::Caller, answer::json};
use crate::{
    app::App,
    problem::{Kind, Language, Problem},
};

/// Canonical bytes, taken as they are (L8).
const CANONICAL: &str = "application/vnd.stelala.canonical+json";
/// Taken the same way, when the bytes are canonical.
const PLAIN: &str = "application/json";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Seals an invoice: 201 when it was sealed now, 200 when its idempotency key had this very sale's seal already.
///
/// The key is optional. Without one, the same sale again is `REPLAY_DETECTED` with its fiscal number.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Caller(grant): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let language = Language::of(&headers);
    check_media_type(&headers)?;
    let key = idempotency_key(&headers)?;
    let keyed = key.is_some();
    let payload = read(&app, body).await?;
    let began = Instant::now();
    let offer = Offer::read(payload, key).map_err(|fault| Problem::of_payload(&fault, language))?;
    let outlet = offer.outlet();
    if !grant.covers(outlet) {
        return Err(Problem::of(&Refusal::WrongOutlet, language));
    }
    match app.seal(offer).await {
        Ok(sealing) => {
            app.metrics.sealed(began.elapsed(), sealing.repeated);
            answer(&sealing)
        }
        Err(Refusal::Replay { epoch, number }) => {
            Err(replay(&app, outlet, epoch, number, keyed, language).await)
        }
        Err(refusal) => Err(Problem::of(&refusal, language)),
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if [CANONICAL, PLAIN].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(Problem::new(Kind::MediaType, format!("send the canonical invoice as Content-Type: {CANONICAL}")))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(given) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Problem::new(Kind::RequestInvalid, "Idempotency-Key: send one, not several"));
    }
    let key = given.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some).ok_or_else(|| {
        let fault = ledger::IdempotencyKeyFault;
        Problem::new(Kind::RequestInvalid, format!("Idempotency-Key: {fault}"))
    })
}

async fn read(app: &App, body: Body) -> Result<Vec<u8>, Problem> {
    let whole = Limited::new(body, limits::PAYLOAD_BYTES).collect();
    let Ok(read) = tokio::time::timeout(app.body, whole).await else {
        let seconds = app.body.as_secs();
        return Err(Problem::new(
            Kind::BodyTooSlow,
            format!("the body did not arrive within {seconds} s: send it again"),
        ));
    };
    match read {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(fault) if fault.is::<LengthLimitError>() => {
            let most = limits::PAYLOAD_BYTES;
            Err(Problem::new(Kind::PayloadTooLarge, format!("a canonical payload has at most {most} bytes")))
        }
        Err(_) => {
            Err(Problem::new(Kind::RequestInvalid, "the body ended before it was complete: send it again"))
        }
    }
}

fn answer(sealing: &Sealing) -> Result<Response, Problem> {
    let seal = Seal::of(&sealing.sealed, sealing.prefix).ok_or_else(|| {
        Problem::new(Kind::Internal, "the ledger answered with what is no invoice: please report this")
    })?;
    let status = if sealing.repeated { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = json(status, &seal);
    let location = format!("/api/v1/invoices/{}", seal.fiscal_number);
    // Capitals, digits and hyphens are always a header's value.
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

async fn replay(
    app: &Arc<App>,
    outlet: OutletId,
    epoch: Epoch,
    number: InvoiceNumber,
    keyed: bool,
    language: Language,
) -> Problem {
    let outlet = match app.ask(move |store| store.outlet(outlet)).await {
        Ok(outlet) => outlet,
        // An answer without the number would be of no use: asked again, there is one.
        Err(refusal) => return Problem::of(&refusal, language),
    };
    let number = outlet.map(|outlet| FiscalNumber { prefix: outlet.prefix, epoch, number });
    let advice = if keyed {
        "another idempotency key, or none, was used for it: ask for that invoice"
    } else {
        "ask for that invoice; with an Idempotency-Key the same request gets the same answer"
    };
    Problem::new(Kind::ReplayDetected, format!("this very sale is sealed already: {advice}"))
        .with_fiscal_number(number)
}
