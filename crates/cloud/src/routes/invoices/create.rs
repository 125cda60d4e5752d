use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use def_protocol::reply::Seal;
use fiscal::{Epoch, FiscalNumber, InvoiceNumber, OutletId, limits};
use ledger::{IdempotencyKey, Sealing};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::{
    document::{CANONICAL_SALE, InvoiceDocument, SealDocument, sale},
    offered::{Form, Offered},
    sealing::{Done, seal},
    view::{InvoiceView, json},
};
use crate::{
    answer::locate,
    app::App,
    auth::Caller,
    extract::{Query, media_type, read_body},
    problem::{Kind, Problem, words},
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
pub(crate) struct Asked {
    /// Compute what a friendly invoice leaves out: tax groups, totals, and the amount of one payment.
    #[serde(default)]
    #[param(example = true)]
    complete: bool,
}

/// Seal an invoice
///
/// A friendly invoice (`application/json`) has its members in any order, decimals as numbers or strings, and is made
/// canonical here; with `complete=true`, tax groups and totals that are left out are computed from the items and the tax
/// manifest. Canonical bytes (`application/vnd.stelala.canonical+json`) are taken as they are.
///
/// A sale needs the scope `invoices:seal`, a credit note `invoices:credit`.
///
/// An outlet whose line a fiscal memory holds is sealed for by that one, through its tunnel, and by no other: while it
/// cannot be reached the answer is `DEVICE_UNREACHABLE`, and `DEVICE_OUTCOME_UNKNOWN` asks for the same bytes with the same
/// key again.
///
/// 201 when it was sealed now; 200 when its idempotency key had this very sale's seal already. Without a key, the same
/// sale again is `REPLAY_DETECTED` with its fiscal number.
#[utoipa::path(
    post,
    path = "/api/v1/invoices",
    operation_id = "sealInvoice",
    tag = "Invoices",
    params(
        Asked,
        ("Idempotency-Key" = Option<String>, Header,
            description = "One for each sale, 8 to 64 letters, digits or `._:-`. Keep it with the sale before you send.",
            pattern = "^[A-Za-z0-9._:-]{8,64}$"),
    ),
    request_body(
        content(
            (InvoiceDocument = "application/json", example = json!(sale())),
            (String = "application/vnd.stelala.canonical+json", example = json!(CANONICAL_SALE)),
        ),
        description = "The sale."
    ),
    responses(
        (status = 201, description = "It is sealed.", body = SealDocument,
            headers(("Location" = String, description = "The invoice's address."))),
        (status = 200, description = "It was sealed before, under the same idempotency key.", body = SealDocument),
        (status = 409, description = "The sale, or the key, was used; or the original has not so much left to credit.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
        (status = 507, description = "The epoch has no numbers left, or the fiscal memory is full.",
            body = crate::problem::ProblemBody<'static>, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let form = form(&headers, &asked)?;
    let key = idempotency_key(&headers)?;
    let most = if form == Form::Canonical { limits::PAYLOAD_BYTES } else { MOST_FRIENDLY };
    let body = read_body(&app, body, most).await?;
    let began = Instant::now();
    let Offered { offer, made } = Offered::read(&app, &caller, body, form, key).await?;
    answer(seal(&app, offer, began).await?, made)
}

fn form(headers: &HeaderMap, asked: &Asked) -> Result<Form, Problem> {
    match media_type(headers).as_str() {
        CANONICAL => Ok(Form::Canonical),
        FRIENDLY => Ok(Form::Friendly { complete: asked.complete }),
        _ => Err(Problem::new(
            Kind::MediaType,
            words(
                format!("envoyez la facture en Content-Type: {FRIENDLY}, ou canonique en {CANONICAL}"),
                format!("send the invoice as Content-Type: {FRIENDLY}, or canonical as {CANONICAL}"),
            ),
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut all = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(given) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(Problem::new(
            Kind::RequestInvalid,
            words("Idempotency-Key : envoyez-en une seule", "Idempotency-Key: send one, not several"),
        ));
    }
    given.to_str().ok().and_then(|text| text.parse().ok()).map(Some).ok_or_else(key_invalid)
}

/// The text is no idempotency key.
pub(super) fn key_invalid() -> Problem {
    Problem::of_member(
        Kind::RequestInvalid,
        "Idempotency-Key",
        words(
            "une clé d'idempotence a de 8 à 64 lettres, chiffres, points, deux-points, traits d'union ou soulignés : \
             prenez un UUID",
            ledger::IdempotencyKeyFault.to_string(),
        ),
    )
}

pub(super) fn answer(done: Done, made: Option<String>) -> Result<Response, Problem> {
    let Done { seal, repeated } = done;
    let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
    let path = format!("invoices/{}", seal.fiscal_number);
    let mut response = match made {
        // The one that tills send by the thousand.
        None => json(status, &seal),
        made => json(status, &InvoiceView::new(seal, made)),
    };
    locate(&mut response, &path);
    Ok(response)
}

/// The seal that the ledger answered with.
pub(crate) fn seal_of(sealing: &Sealing) -> Result<Seal, Problem> {
    Seal::of(&sealing.sealed, sealing.prefix).ok_or_else(|| {
        Problem::new(
            Kind::Internal,
            words(
                "le registre a répondu par autre chose qu'une facture : signalez-le",
                "the ledger answered with what is no invoice: please report this",
            ),
        )
    })
}

/// The sale is sealed already: which it is.
pub(crate) async fn replay(
    app: &Arc<App>,
    outlet: OutletId,
    epoch: Epoch,
    number: InvoiceNumber,
    keyed: bool,
) -> Problem {
    let outlet = match app.ask(move |store| store.outlet(outlet)).await {
        Ok(outlet) => outlet,
        // An answer without the number would be of no use: asked again, there is one.
        Err(refusal) => return refusal.into(),
    };
    replayed(outlet.map(|outlet| FiscalNumber { prefix: outlet.prefix, epoch, number }), keyed)
}

/// The same, of a sale whose number is known.
pub(crate) fn replayed(number: Option<FiscalNumber>, keyed: bool) -> Problem {
    let detail = if keyed {
        words(
            "cette vente est déjà scellée, sous une autre clé d'idempotence ou sans clé : demandez cette facture",
            "this very sale is sealed already: another idempotency key, or none, was used for it: ask for that invoice",
        )
    } else {
        words(
            "cette vente est déjà scellée : demandez cette facture ; avec une Idempotency-Key, la même demande reçoit la \
             même réponse",
            "this very sale is sealed already: ask for that invoice; with an Idempotency-Key the same request gets the \
             same answer",
        )
    };
    Problem::new(Kind::ReplayDetected, detail).with_fiscal_number(number)
}
