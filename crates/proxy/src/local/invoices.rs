use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use def_client::Offer;
use def_protocol::{
    LogKey,
    reply::{Logged, TaxLine},
};
use draft::{Complete, Defaults, Draft, DraftFault};
use fiscal::{DEFAULT_MANIFEST, FiscalNumber, UtcOffset, limits};
use serde::Deserialize;
use serde_json::{Value, json as object};
use utoipa::IntoParams;

use super::{
    Local, Problem,
    body::{media_type, read_body},
    guard::Who,
    json,
};
use crate::{
    device::{Asked, Sold},
    spool::{Merchant, SealedSale},
};

/// Canonical bytes, taken as they are (L8).
const CANONICAL: &str = "application/vnd.stelala.canonical+json";
/// Made canonical here.
const FRIENDLY: &str = "application/json";
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// A friendly invoice may be spaced out.
const MOST_FRIENDLY: usize = 64 * 1024;

/// How a sale is taken.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Taken {
    /// Compute what a friendly invoice leaves out: tax groups, totals, and the amount of one payment.
    #[serde(default)]
    complete: bool,
}

/// Which sale.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The key under which it was sold.
    idempotency_key: String,
}

/// Seal an invoice
///
/// 201 when it was sealed now; 200 when its idempotency key had this very sale's seal already. The answer has the members
/// of the seal, and of a friendly invoice `payload`, the bytes that were sealed.
#[utoipa::path(
    post, path = "/v1/invoices", operation_id = "sealInvoice", tag = "Invoices",
    params(Taken, ("Idempotency-Key" = Option<String>, Header, description = "One for each sale, 8 to 64 letters, digits or `._:-`.")),
    request_body(content((Object = "application/json"), (String = "application/vnd.stelala.canonical+json"))),
    responses(
        (status = 201, description = "It is sealed.", body = Object),
        (status = 200, description = "It was sealed before, under the same key.", body = Object),
        (status = 409, description = "The sale or the key was used, or another signer holds the line.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 422, description = "The sale breaks a rule.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 429, description = "Too many sales wait; come again after `Retry-After`.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 503, description = "The device cannot be asked, or it is not known what became of the sale.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    Query(taken): Query<Taken>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let is_friendly = match media_type(&headers).as_str() {
        CANONICAL => false,
        FRIENDLY => true,
        _ => {
            return Err(Problem::said(
                "MEDIA_TYPE_UNSUPPORTED",
                format!("envoyez la facture en Content-Type: {FRIENDLY}, ou canonique en {CANONICAL}"),
                format!("send the invoice as Content-Type: {FRIENDLY}, or canonical as {CANONICAL}"),
            ));
        }
    };
    let key = idempotency_key(&headers)?;
    let body = read_body(body, if is_friendly { MOST_FRIENDLY } else { limits::PAYLOAD_BYTES }).await?;
    let payload =
        if is_friendly { canonical(&local, who, &body, taken.complete).await? } else { text(body)? };
    let offer = Offer::read(&payload).map_err(|fault| Problem::of_payload(&fault))?;
    may_sell(who, &offer)?;
    let made = is_friendly.then(|| payload.clone());
    match local.desk.seal(payload, key).await {
        Sold::Sealed { seal, repeated } => Ok(sealed(&seal, repeated, made)),
        sold => Err(Problem::of_sold(sold)),
    }
}

/// Find an invoice by its idempotency key
#[utoipa::path(
    get, path = "/v1/invoices", operation_id = "findInvoice", tag = "Invoices", params(Wanted),
    responses(
        (status = 200, description = "The seal.", body = Object),
        (status = 404, description = "Nothing was sealed under this key here.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn find(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let sale = local.desk.reader.by_key(&wanted.idempotency_key).map_err(unreadable)?;
    let sale = sale.ok_or_else(|| Problem::of("NOT_FOUND"))?;
    may_read(who, sale.payload.as_deref())?;
    Ok(json(sale.seal))
}

/// Show an invoice
///
/// One that was sealed before the proxy's own memory begins is asked of the device.
#[utoipa::path(
    get, path = "/v1/invoices/{fiscal_number}", operation_id = "showInvoice", tag = "Invoices",
    params(("fiscal_number" = String, Path, description = "As the receipt has it, like KING-0-00000105.")),
    responses(
        (status = 200, description = "Seal and payload.", body = Object),
        (status = 404, description = "No such invoice of this device.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let sale = by_number(&local, &number).await?;
    may_read(who, sale.payload.as_deref())?;
    Ok(json(with_payload(&sale.seal, sale.payload.as_deref()).to_string()))
}

/// What a duplicate of a receipt shows
///
/// Seal, payload, and that it is a duplicate: print it as one.
#[utoipa::path(
    get, path = "/v1/invoices/{fiscal_number}/reprint", operation_id = "reprintInvoice", tag = "Invoices",
    params(("fiscal_number" = String, Path, description = "As the receipt has it.")),
    responses(
        (status = 200, description = "What to print.", body = Object),
        (status = 404, description = "No such invoice of this device.", body = super::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reprint(
    State(local): State<Arc<Local>>,
    Extension(who): Extension<Who>,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let sale = by_number(&local, &number).await?;
    may_read(who, sale.payload.as_deref())?;
    let seal = serde_json::from_str::<Value>(&sale.seal).unwrap_or(Value::Null);
    let payload = sale.payload.as_deref().and_then(|payload| serde_json::from_str::<Value>(payload).ok());
    Ok(json(object!({ "duplicate": true, "seal": seal, "invoice": payload }).to_string()))
}

async fn by_number(local: &Local, number: &str) -> Result<SealedSale, Problem> {
    let number: FiscalNumber = number.parse().map_err(|_| Problem::of("NOT_FOUND"))?;
    if let Some(sale) = local.desk.reader.by_number(&number.to_string()).map_err(unreadable)? {
        return Ok(sale);
    }
    let key = LogKey { epoch: Some(number.epoch), number: number.number };
    let json = local.desk.ask(Asked::Log(key)).await?;
    let entry: Logged<String, Vec<TaxLine>> =
        serde_json::from_str(&json).map_err(|fault| Problem::new("DEVICE_FAILED", fault.to_string()))?;
    let seal = entry.log_entry.sealed;
    if seal.fiscal_number != number {
        return Err(Problem::of("NOT_FOUND"));
    }
    let text = serde_json::to_string(&seal).unwrap_or_default();
    Ok(SealedSale { seal: text, payload: Some(entry.log_entry.payload) })
}

fn sealed(seal: &str, repeated: bool, made: Option<String>) -> Response {
    let number = serde_json::from_str::<Value>(seal).ok();
    let number = number.as_ref().and_then(|seal| seal["fiscal_number"].as_str());
    let location = number.and_then(|number| HeaderValue::from_str(&format!("/v1/invoices/{number}")).ok());
    let body = match made {
        None => seal.to_owned(),
        Some(payload) => with_payload(seal, Some(&payload)).to_string(),
    };
    let mut response = json(body);
    *response.status_mut() = if repeated { StatusCode::OK } else { StatusCode::CREATED };
    if let Some(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The seal's members, and the bytes that were sealed.
fn with_payload(seal: &str, payload: Option<&str>) -> Value {
    let mut value = serde_json::from_str::<Value>(seal).unwrap_or(Value::Null);
    if let (Some(members), Some(payload)) = (value.as_object_mut(), payload) {
        members.insert("payload".to_owned(), Value::String(payload.to_owned()));
    }
    value
}

fn text(body: Vec<u8>) -> Result<String, Problem> {
    let invalid = |_| Problem::said("SCHEMA_INVALID", "la facture est en UTF-8", "an invoice is UTF-8");
    String::from_utf8(body).map_err(invalid)
}

async fn canonical(local: &Local, who: Who, body: &[u8], complete: bool) -> Result<String, Problem> {
    let draft = Draft::read(body).map_err(|fault| Problem::of_draft(&fault))?;
    let known = merchant(local)?;
    match completed(&draft, who, known, complete) {
        // What the till left out is not its fault: nothing was heard of a device here, ever.
        Err(DraftFault::Missing(path))
            if known.is_none() && ["merchant_nif", "outlet_id"].contains(&path.to_string().as_str()) =>
        {
            local.desk.ask(Asked::Status).await?;
            let known = merchant(local)?.ok_or_else(|| Problem::of("NOT_PROVISIONED"))?;
            completed(&draft, who, Some(known), complete)
        }
        made => made,
    }
    .map_err(|fault| Problem::of_draft(&fault))
}

fn completed(
    draft: &Draft,
    who: Who,
    merchant: Option<Merchant>,
    complete: bool,
) -> Result<String, DraftFault> {
    let defaults = Defaults {
        nif: merchant.map(|merchant| merchant.nif),
        outlet: merchant.map(|merchant| merchant.outlet),
        terminal: if let Who::Till(till) = who { Some(till) } else { None },
        ..Defaults::default()
    };
    let day = draft.timestamp().date_at(merchant.map_or(UtcOffset::KINSHASA, Merchant::offset));
    let complete = complete.then_some(Complete { manifest: &DEFAULT_MANIFEST, day });
    draft.canonical(&defaults, complete)
}

/// Whose the device is, or was when it answered last.
fn merchant(local: &Local) -> Result<Option<Merchant>, Problem> {
    match local.desk.here() {
        Some(here) => Ok(Merchant::of(&here.status)),
        None => local.desk.reader.merchant().map_err(unreadable),
    }
}

/// A paired till sells for itself.
fn may_sell(who: Who, offer: &Offer<'_>) -> Result<(), Problem> {
    match who {
        Who::Till(till) if till != offer.invoice().pos_terminal_id => Err(Problem::said(
            "FORBIDDEN",
            format!("cette caisse est appairée comme {till} : une facture a son pos_terminal_id"),
            format!("this till is paired as {till}: an invoice has its pos_terminal_id"),
        )
        .at_member("pos_terminal_id")),
        _ => Ok(()),
    }
}

/// And reads what it sold; another till's invoice is not there for it.
fn may_read(who: Who, payload: Option<&str>) -> Result<(), Problem> {
    let Who::Till(till) = who else { return Ok(()) };
    let own = payload
        .and_then(|payload| Offer::read(payload).ok())
        .is_some_and(|offer| offer.invoice().pos_terminal_id == till);
    if own { Ok(()) } else { Err(Problem::of("NOT_FOUND")) }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(given) = all.next() else { return Ok(None) };
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    let right = |text: &&str| (8..=64).contains(&text.len()) && text.bytes().all(known);
    let key = given.to_str().ok().filter(right).filter(|_| all.next().is_none());
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::said(
            "REQUEST_INVALID",
            "une clé d'idempotence a de 8 à 64 lettres, chiffres, points, deux-points, traits d'union ou soulignés : \
             prenez un UUID",
            "an idempotency key has 8 to 64 letters, digits, dots, colons, hyphens or underscores: take a UUID",
        )
        .at_member("Idempotency-Key")
    })
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err gives it")]
pub(super) fn unreadable(fault: crate::spool::SpoolFault) -> Problem {
    Problem::new("STATE_UNAVAILABLE", fault.to_string())
}
