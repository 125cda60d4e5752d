use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use ledger::{IdempotencyKey, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    create::{key_invalid, replay, seal_of},
    document::{InvoiceDocument, SealDocument, sale},
    offered::{Form, Offered},
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
    let mut waiting = Vec::with_capacity(batch.invoices.len());
    for one in batch.invoices {
        // They are handed in one behind the other, so that numbers follow their order.
        waiting.push(match read(&app, &caller, batch.complete, one).await {
            Ok(Offered { offer, made }) => Ok((offer.outlet(), made, Instant::now(), app.submit(offer))),
            Err(problem) => Err(problem),
        });
    }
    let mut outcomes = Vec::with_capacity(waiting.len());
    for one in waiting {
        outcomes.push(match one {
            Ok((outlet, made, began, answer)) => match answer.await.unwrap_or(Err(Refusal::OutcomeUnknown)) {
                Ok(sealing) => {
                    app.metrics.sealed(began.elapsed(), sealing.repeated);
                    seal_of(&sealing).map(|seal| (sealing.repeated, InvoiceView::new(seal, made)))
                }
                Err(Refusal::Replay { epoch, number }) => {
                    Err(replay(&app, outlet, epoch, number, true).await)
                }
                Err(refusal) => Err(refusal.into()),
            },
            Err(problem) => Err(problem),
        });
    }
    let results = outcomes.iter().map(|outcome| Outcome::of(outcome, language)).collect();
    let mut response = json(StatusCode::OK, &Batched { results });
    if let Some(standing) = standing {
        response.extensions_mut().insert(standing);
    }
    Ok(response)
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
