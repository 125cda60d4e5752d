use std::sync::Arc;

use axum::{Extension, extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Serialize};
use sync::Alert;
use utoipa::{IntoParams, ToSchema};

use crate::{
    answer::json,
    app::App,
    auth::Caller,
    extract::Query,
    problem::{Language, Problem},
    routes::submissions::{Affairs, said, time_of},
};

/// Whose alerts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichAlerts {
    /// Those of one merchant; the platform sees all merchants' without it.
    merchant_id: Option<String>,
    /// Those that are over, too.
    #[serde(default)]
    #[param(required = false, default = false)]
    ended: bool,
}

/// What needs someone, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityAlerts)]
pub(crate) struct Alerts {
    /// At most 500.
    alerts: Vec<AlertView>,
}

/// Something that is wrong on the way to the authority.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityAlert)]
pub(crate) struct AlertView {
    /// What: a stable word.
    #[schema(example = "token_expires")]
    cause: &'static str,
    /// What that means and what to do, in the language of the request.
    #[schema(example = "Un jeton expire dans moins de sept jours : remplacez-le.")]
    explanation: String,
    /// About which machine, outlet, invoice or chain.
    #[schema(example = "mcf_0123456789abcdefghjk")]
    about: String,
    /// At which outlet, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// Since when.
    #[schema(example = "2026-03-14T07:32:11Z")]
    since: String,
    /// When it was over, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    ended: Option<String>,
    /// More of it.
    detail: String,
}

/// The most that are shown, and counted.
pub(super) const MOST: usize = 500;

/// List what needs someone
///
/// On the way to the authority: tokens that end, machines that are blocked, outlets without one, invoices that only a person
/// can settle.
#[utoipa::path(
    get,
    path = "/api/v1/authority/alerts",
    operation_id = "listAuthorityAlerts",
    tag = "Authority",
    params(WhichAlerts),
    responses((status = 200, description = "The alerts.", body = Alerts)),
)]
pub(crate) async fn alerts(
    State(app): State<Arc<App>>,
    Extension(language): Extension<Language>,
    caller: Caller,
    Query(which): Query<WhichAlerts>,
) -> Result<Response, Problem> {
    let affairs = Affairs::of(&app, &caller, which.merchant_id.as_deref()).await?;
    let found = app.desk(move |desk| desk.alerts(affairs.alerts(), !which.ended, MOST)).await?;
    let alerts = found.iter().map(|alert| AlertView::of(alert, language)).collect();
    Ok(json(StatusCode::OK, &Alerts { alerts }))
}

impl AlertView {
    fn of(alert: &Alert, language: Language) -> Self {
        Self {
            cause: alert.kind.name(),
            explanation: [alert.kind.words(), alert.kind.action()]
                .map(|words| said(words, language))
                .join(" "),
            about: alert.about.clone(),
            outlet_id: alert.outlet.map(|outlet| outlet.to_string()),
            since: time_of(alert.since),
            ended: alert.ended.map(time_of),
            detail: alert.detail.clone(),
        }
    }
}
