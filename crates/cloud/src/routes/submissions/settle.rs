use std::sync::Arc;

use axum::{Extension, extract::State, response::Response};
use edef::{AuthorityCode, AuthorityTime};
use fiscal::FiscalNumber;
use ledger::AuthorityQr;
use serde::Deserialize;
use sync::{Asked, DeskFault, Finalised, Settlement, Source};
use utoipa::ToSchema;

use super::{
    show::{answer, found},
    view::FileView,
};
use crate::{
    app::App,
    auth::Caller,
    extract::{Id, Json, member},
    problem::{Kind, Language, Problem, ProblemBody, words},
};

/// What somebody saw on the authority's portal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Settlement, example = json!({
    "outcome": "finalised", "code": "TEST-FEW7-3TJM-EJCG-FOCX-PDOX", "nim": "CD01002345-1",
    "reason": "vu sur le portail",
}))]
pub(crate) struct SettleBody {
    /// Whether it is there.
    outcome: OutcomeName,
    /// The authority's code, 24 characters with or without hyphens; if it is there.
    #[schema(required = false, min_length = 24, max_length = 40)]
    code: Option<String>,
    /// Which machine (e-MCF) finalised it; if it is there. The one to which it was sent, if it is left out.
    #[schema(required = false)]
    nim: Option<String>,
    /// When, as the portal shows it; at most a day before the sale was sealed, and at most a day in the future.
    #[serde(default)]
    #[schema(required = false, max_length = 40, example = "14/03/2026 09:32:10")]
    date_time: String,
    /// What its QR code says, if the portal shows it.
    #[serde(default)]
    #[schema(required = false, max_length = 512)]
    qr: String,
    /// How he knows. It is kept with his name.
    #[schema(min_length = 1, max_length = 128)]
    reason: String,
}

/// Whether an invoice is at the authority.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettlementOutcome)]
pub(crate) enum OutcomeName {
    /// It is.
    Finalised,
    /// Somebody looked for it, and it is not: it is sent again.
    NotThere,
}

/// Say what became of an invoice
///
/// Of one of which it is not known whether the authority has it, or whose code was lost: by what the authority's portal
/// shows. Who said so and why is kept, and the platform is told. The authority's own answer, should it come, wins.
#[utoipa::path(
    post,
    path = "/api/v1/invoices/{fiscal_number}/submission/settle",
    operation_id = "settleSubmission",
    tag = "Authority",
    params(("fiscal_number" = String, Path, description = "As the receipt shows it.", example = "KINGOMBE01-0-00000001")),
    request_body = SettleBody,
    responses(
        (status = 200, description = "How it stands now.", body = FileView),
        (status = 409, description = "It needs no person, a confirm of it may still be under way, or another invoice has \
            this code.", body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn settle(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Id(number): Id<FiscalNumber>,
    Json(body): Json<SettleBody>,
) -> Result<Response, Problem> {
    let reason = member("reason", &body.reason)?;
    let (seen, id) = found(&app, &caller, number).await?;
    let settlement = match body.outcome {
        OutcomeName::NotThere => Settlement::NotThere,
        OutcomeName::Finalised => {
            let code: AuthorityCode = body.code.as_deref().ok_or_else(|| missing("code"))?.parse()?;
            let nim = match body.nim.as_deref() {
                Some(nim) => nim.parse()?,
                None => {
                    let asked = seen.clone();
                    let file = app.desk(move |desk| desk.job(asked.sight(), id)).await?;
                    let job = file.listed.job;
                    let sent = job.intent.map(|intent| intent.nim);
                    sent.or_else(|| file.machine?.nim).ok_or_else(|| missing("nim"))?
                }
            };
            Settlement::Finalised(Box::new(Finalised {
                nim,
                code,
                date_time: time(&body.date_time)?,
                qr: qr(&body.qr)?,
                counters: None,
                uid: None,
                totals: None,
                source: Source::Hand,
            }))
        }
    };
    let (asked, by, now) = (seen.clone(), caller.by(), app.at());
    let settled =
        app.desk(move |desk| desk.settle(asked.sight(), id, &settlement, &reason, Asked { by: &by, now }));
    settled.await?;
    app.wake_agent();
    answer(&app, &caller, language, (seen, id)).await
}

fn time(text: &str) -> Result<Option<AuthorityTime>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    // What the desk cannot read it refuses in the same words.
    AuthorityTime::new(text).map(Some).ok_or_else(|| DeskFault::TimeForm.into())
}

fn qr(text: &str) -> Result<Option<AuthorityQr>, Problem> {
    let form = words(
        "le texte d'un code QR de la DGI a au plus 512 octets, sans caractère de contrôle : copiez-le de nouveau, ou \
         laissez-le vide",
        "the text of an authority's QR code has at most 512 bytes without control characters: copy it again, or leave \
         it empty",
    );
    let wrong = |_| Problem::of_member(Kind::MemberInvalid, "qr", form);
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(wrong) }
}

fn missing(member: &str) -> Problem {
    Problem::of_member(
        Kind::MemberInvalid,
        member,
        words(
            format!("dites {member} : le portail de la DGI le montre"),
            format!("say {member}: the authority's portal shows it"),
        ),
    )
}
