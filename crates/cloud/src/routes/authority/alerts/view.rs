use registry::{Permission, Reach};
use serde::Serialize;
use sync::Alert;
use utoipa::ToSchema;

use crate::{
    auth::Caller,
    problem::Language,
    routes::submissions::{said, time_of},
};

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
    /// About which machine, outlet, invoice, hand-out or chain.
    #[schema(example = "mcf_0123456789abcdefghjk")]
    about: String,
    /// Whose, if it is one merchant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "mer_0123456789abcdefghjk")]
    merchant_id: Option<String>,
    /// At which outlet, if it is one's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "KIN-GOMBE-01")]
    outlet_id: Option<String>,
    /// Since when.
    #[schema(example = "2026-03-14T07:32:11Z")]
    since: String,
    /// When it was told last: who closes it says by this what was read.
    #[schema(example = "2026-03-14T07:32:11.123Z")]
    seen: String,
    /// When it was over, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    ended: Option<String>,
    /// More of it.
    detail: String,
    /// What who asks may have done about it now.
    may: Vec<AlertAct>,
}

/// What may be done about an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AuthorityAlertAct)]
pub(crate) enum AlertAct {
    /// Say that it was looked at.
    Close,
}

impl AlertView {
    pub(super) fn of(alert: &Alert, caller: &Caller, language: Language) -> Self {
        let may_close = alert.ended.is_none() && !alert.kind.ends_by_itself() && is_platform(caller);
        Self {
            cause: alert.kind.name(),
            explanation: [alert.kind.words(), alert.kind.action()]
                .map(|words| said(words, language))
                .join(" "),
            about: alert.about.clone(),
            merchant_id: alert.merchant.as_ref().map(ToString::to_string),
            outlet_id: alert.outlet.map(|outlet| outlet.to_string()),
            since: time_of(alert.since),
            seen: alert.seen.to_string(),
            ended: alert.ended.map(time_of),
            detail: alert.detail.clone(),
            may: if may_close { vec![AlertAct::Close] } else { Vec::new() },
        }
    }
}

/// Whom alerts tell what merchants do: no merchant may close one.
pub(super) fn is_platform(caller: &Caller) -> bool {
    caller.reach == Reach::Platform && caller.permits(Permission::Platform)
}
