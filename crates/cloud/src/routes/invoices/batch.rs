use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use ledger::{IdempotencyKey, Offer, Refusal, Sealing};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::{sync::oneshot, time::Instant};
use utoipa::ToSchema;

use super::{
    create::{key_invalid, replay, seal_of},
    document::{InvoiceDocument, SealDocument, sale},
    offered::{Form, Offered},
    sealing::seal,
    view::{InvoiceView, json},
};
use crate::{
    app::App,
    auth::{Caller, admit_more},
    extract::LargeJson,
    problem::{Kind, Language, Problem, ProblemBody, words},
};

/// Several sales, in the order in which they were made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "complete": true, "invoices": [{ "idempotency_key": "day-0314-0001", "invoice": sale() }] }))]
pub(crate) struct Batch {
    /// Compute what friendly invoices leave out, as with one.
    #[serde(default)]
    complete: bool,
    /// 1 to 100.
    #[schema(min_items = 1, max_items = 100)]
    invoices: Vec<One>,
}

/// One of them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BatchedInvoice)]
pub(crate) struct One {
    /// Of this sale, and none other.
    #[schema(pattern = "^[A-Za-z0-9._:-]{8,64}$")]
    idempotency_key: String,
    /// A friendly invoice. Either this or `canonical`.
    #[schema(value_type = Option<InvoiceDocument>, required = false)]
    invoice: Option<Box<RawValue>>,
    /// Canonical bytes, as a string.
    #[schema(required = false)]
    canonical: Option<String>,
}

/// What became of each, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct Batched<'a> {
    /// As many as were sent.
    results: Vec<Outcome<'a>>,
}

/// What became of one: a seal or a problem.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchOutcome)]
pub(crate) struct Outcome<'a> {
    /// The status that it would have had alone.
    #[schema(example = 201)]
    status: u16,
    /// Its seal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<SealDocument>, required = false)]
    seal: Option<&'a InvoiceView>,
    /// Why it was not sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    problem: Option<ProblemBody<'a>>,
}

/// So many at once.
const MOST: usize = 100;

/// Seal several invoices
///
/// Each for itself, in the order in which they are sent: one that is refused does not keep the others back, and a credit
/// note may follow its original. Each has its own idempotency key; when no answer comes, send the whole batch again.
///
/// A batch counts as as many requests as it has invoices, or as all that the key may send at once, if those are fewer. When
/// they are not there, the answer is 429 and nothing is sealed.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/batch",
    operation_id = "sealInvoices",
    tag = "Invoices",
    request_body = Batch,
    responses((status = 200, description = "What became of each.", body = Batched<'static>)),
)]
pub(crate) async fn batch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Extension(language): Extension<Language>,
    LargeJson(batch): LargeJson<Batch>,
) -> Result<Response, Problem> {
    if !(1..=MOST).contains(&batch.invoices.len()) {
        return Err(Problem::of_member(
            Kind::MemberInvalid,
            "invoices",
            words(format!("de 1 à {MOST} factures par envoi"), format!("send 1 to {MOST} invoices at once")),
        ));
    }
    let standing = admit_more(&app, &caller, batch.invoices.len() - 1)?;
    let mut outcomes = Vec::with_capacity(batch.invoices.len());
    let mut waiting = Vec::with_capacity(batch.invoices.len());
    for one in batch.invoices {
        let began = Instant::now();
        let read = read(&app, &caller, batch.complete, one).await;
        let by_device = read.as_ref().is_ok_and(|offered| serves(&app, &offered.offer));
        // Those of the cloud's own line are handed in one behind the other, so that numbers follow their order; a device
        // is asked for one after the other.
        match read {
            Ok(Offered { offer, made }) if by_device => {
                outcomes.extend(finish(&app, &mut waiting).await);
                let done = seal(&app, offer, began).await;
                outcomes.push(done.map(|done| (done.repeated, InvoiceView::new(done.seal, made))));
            }
            Ok(Offered { offer, made }) => {
                let kept = offer.clone();
                waiting.push(Ok(Waiting { made, began, kept, answer: app.submit(offer) }));
            }
            Err(problem) => waiting.push(Err(problem)),
        }
    }
    outcomes.extend(finish(&app, &mut waiting).await);
    let results = outcomes.iter().map(|outcome| Outcome::of(outcome, language)).collect();
    let mut response = json(StatusCode::OK, &Batched { results });
    if let Some(standing) = standing {
        response.extensions_mut().insert(standing);
    }
    Ok(response)
}

/// A sale that was handed in.
struct Waiting {
    made: Option<String>,
    began: Instant,
    /// For a device, if the line turns out to be one's.
    kept: Offer,
    answer: oneshot::Receiver<Result<Sealing, Refusal>>,
}

type Sealed = Result<(bool, InvoiceView), Problem>;

/// Whether a device of its outlet is connected here: what is sold may be sealed there.
fn serves(app: &App, offer: &Offer) -> bool {
    app.devices.as_ref().is_some_and(|devices| devices.serves(offer.outlet()))
}

/// What became of those that were handed in.
async fn finish(app: &Arc<App>, waiting: &mut Vec<Result<Waiting, Problem>>) -> Vec<Sealed> {
    let mut outcomes = Vec::with_capacity(waiting.len());
    for one in waiting.drain(..) {
        outcomes.push(match one {
            Ok(one) => outcome(app, one).await,
            Err(problem) => Err(problem),
        });
    }
    outcomes
}

async fn outcome(app: &Arc<App>, one: Waiting) -> Sealed {
    let Waiting { made, began, kept, answer } = one;
    let outlet = kept.outlet();
    match answer.await.unwrap_or(Err(Refusal::OutcomeUnknown)) {
        Ok(sealing) => {
            app.metrics.sealed(began.elapsed(), sealing.repeated);
            seal_of(&sealing).map(|seal| (sealing.repeated, InvoiceView::new(seal, made)))
        }
        Err(Refusal::Replay { epoch, number }) => Err(replay(app, outlet, epoch, number, true).await),
        Err(Refusal::HandedOver { .. }) => {
            let done = seal(app, kept, began).await?;
            Ok((done.repeated, InvoiceView::new(done.seal, made)))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn read(app: &Arc<App>, caller: &Caller, complete: bool, one: One) -> Result<Offered, Problem> {
    let key: IdempotencyKey = one.idempotency_key.parse().map_err(|_| key_invalid())?;
    let (body, form) = match (one.invoice, one.canonical) {
        (Some(invoice), None) => (invoice.get().as_bytes().to_vec(), Form::Friendly { complete }),
        (None, Some(canonical)) => (canonical.into_bytes(), Form::Canonical),
        _ => {
            return Err(Problem::of_member(
                Kind::MemberInvalid,
                "invoice",
                words("envoyez soit invoice, soit canonical", "send either invoice or canonical"),
            ));
        }
    };
    Offered::read(app, caller, body, form, Some(key)).await
}

impl<'a> Outcome<'a> {
    fn of(outcome: &'a Result<(bool, InvoiceView), Problem>, language: Language) -> Self {
        match outcome {
            Ok((repeated, seal)) => {
                let status = if *repeated { StatusCode::OK } else { StatusCode::CREATED };
                Self { status: status.as_u16(), seal: Some(seal), problem: None }
            }
            Err(problem) => {
                let status = problem.kind().status().as_u16();
                Self { status, seal: None, problem: Some(problem.body(language)) }
            }
        }
    }
}
