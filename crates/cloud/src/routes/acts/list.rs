use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use ledger::ActRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::{Page, Query},
    problem::{Problem, ProblemBody},
    routes::whose::shown,
};

/// Which part of the log.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActsPage {
    /// Those of one merchant.
    merchant_id: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u16>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A page of the log of acts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Acts {
    /// The newest first.
    acts: Vec<ActView>,
    /// Where the next page begins, while there is more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// Something that was changed, and who asked for it.
#[derive(Serialize, ToSchema)]
#[schema(as = Act)]
pub(crate) struct ActView {
    /// Its number in the log: later acts have higher ones.
    #[schema(example = 1042)]
    seq: u64,
    /// When.
    #[schema(example = "2026-03-14T07:32:11Z")]
    time: String,
    /// Who asked: the id of a key or a person, or a program's name.
    #[schema(example = "key_0123456789abcdefghjk")]
    actor: String,
    /// What: a noun and a verb.
    #[schema(example = "invoice.seal")]
    action: String,
    /// What was changed, such as a fiscal number or an id.
    #[schema(example = "KINGOMBE01-0-00000042")]
    subject: String,
    /// Whom it concerns; none is the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    merchant_id: Option<String>,
    /// At which outlet, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    outlet_id: Option<String>,
    /// With which request: `X-Request-Id` of its answer.
    request_id: String,
}

impl From<ActRow> for ActView {
    fn from(act: ActRow) -> Self {
        Self {
            seq: act.seq,
            time: format!("{}Z", act.time),
            actor: act.actor,
            action: act.action,
            subject: act.subject,
            merchant_id: act.tenant,
            outlet_id: act.outlet.map(|outlet| outlet.to_string()),
            request_id: act.request,
        }
    }
}

/// Read who did what
///
/// Every change leaves an act in the transaction that makes it; nobody changes or removes one. Who reaches one outlet sees
/// what was done there.
#[utoipa::path(
    get,
    path = "/api/v1/audit/acts",
    operation_id = "listActs",
    tag = "Audit",
    params(ActsPage),
    responses(
        (status = 200, description = "A page.", body = Acts),
        (status = 404, description = "There is no such merchant, or he is not yours: nobody learns which.",
            body = ProblemBody<'static>, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(asked): Query<ActsPage>,
) -> Result<Response, Problem> {
    let page = Page::<u64>::read(asked.limit, asked.cursor.as_deref())?;
    let reach = shown(&app, &caller, asked.merchant_id.as_deref()).await?;
    let (before, most) = (page.after, page.most());
    let found = app.registry(move |registry| registry.acts(&reach, before, most)).await?;
    let (shown, next) = page.cut(found, |act| act.seq.to_string());
    Ok(json(StatusCode::OK, &Acts { acts: shown.into_iter().map(ActView::from).collect(), next }))
}
