//! What the API shows of an invoice on its way.

mod file;
mod parts;
mod state;

use edef::Words;
use fiscal::Timestamp;
use registry::Permission;
use serde::Serialize;
use sync::{At, JobState, Listed};
use utoipa::ToSchema;

pub(super) use self::file::FileView;
pub(crate) use self::{
    parts::{DoubtView, ElementsView, ErrorView},
    state::StateName,
};
use crate::{auth::Caller, problem::Language};

/// How an invoice stands with the tax authority.
#[derive(Serialize, ToSchema)]
#[schema(as = Submission)]
pub(crate) struct SubmissionView {
    /// Its number.
    #[schema(example = "KINGOMBE01-0-00000001")]
    fiscal_number: String,
    /// Where it was sold.
    #[schema(example = "KIN-GOMBE-01")]
    outlet_id: String,
    /// What it is.
    #[schema(example = "sale")]
    invoice_type: &'static str,
    /// When it was sealed.
    #[schema(example = "2026-03-14T07:32:11Z")]
    sealed: String,
    /// How far it is.
    state: StateName,
    /// Since when.
    #[schema(example = "2026-03-14T07:32:12Z")]
    since: String,
    /// Why it is in this state: a stable word.
    #[schema(example = "confirmed")]
    cause: String,
    /// What that means, in the language of the request.
    #[schema(example = "La DGI l'a normalisée.")]
    explanation: String,
    /// What to do about it, if there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    advice: Option<String>,
    /// How often it was tried since it was last put into the queue.
    #[schema(example = 1)]
    attempts: u32,
    /// When it is tried next, while it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
    /// To which machine of the authority it went, or goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "mcf_0123456789abcdefghjk")]
    machine_id: Option<String>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    error: Option<ErrorView>,
    /// How the authority's amounts differ from ours, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    difference: Option<String>,
    /// What is not known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    doubt: Option<DoubtView>,
    /// The authority's elements, once they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    elements: Option<ElementsView>,
    /// What who asks may have done about it now.
    may: Vec<Act>,
}

/// What may be done about an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SubmissionAct)]
pub(crate) enum Act {
    /// Send it again.
    Retry,
    /// Say what became of it at the authority.
    Settle,
    /// Say that it is not to be sent, together with its cancellation.
    Withdraw,
}

impl SubmissionView {
    pub(crate) fn of(listed: &Listed, caller: &Caller, language: Language) -> Self {
        let job = &listed.job;
        let waits = matches!(job.state, JobState::Retry | JobState::Pending) && job.due > job.since;
        Self {
            fiscal_number: job.fiscal.to_string(),
            outlet_id: job.place.chain.outlet.to_string(),
            invoice_type: job.kind.name(),
            sealed: format!("{}Z", job.sealed),
            state: job.state.into(),
            since: time_of(job.since),
            cause: listed.cause.clone(),
            explanation: said(listed.explanation(), language).to_owned(),
            advice: listed.advice().map(|advice| said(advice, language).to_owned()),
            attempts: job.attempts,
            next: waits.then(|| time_of(job.due)),
            machine_id: job.machine.as_ref().map(ToString::to_string),
            error: job.error.as_ref().map(ErrorView::from),
            difference: job.difference.clone(),
            doubt: job.doubt.as_ref().map(DoubtView::from),
            elements: job.elements.as_ref().map(ElementsView::from),
            may: acts(listed, caller),
        }
    }
}

/// What the rules of the desk allow, to this caller.
fn acts(listed: &Listed, caller: &Caller) -> Vec<Act> {
    use JobState::{Ambiguous, Differs, Failed, Retry, SyncedWithoutCode};
    let job = &listed.job;
    let refused = matches!(job.state, Failed | Differs);
    let may = [
        (Act::Retry, (refused || job.state == Retry) && !job.may_be_finalised(), Permission::WriteAuthority),
        (Act::Settle, matches!(job.state, Ambiguous | SyncedWithoutCode), Permission::SettleAuthority),
        (
            Act::Withdraw,
            refused && !job.may_be_finalised() && job.original.is_none(),
            Permission::SettleAuthority,
        ),
    ];
    let allowed = may.into_iter().filter(|(_, is_open, permission)| *is_open && caller.permits(*permission));
    allowed.map(|(act, ..)| act).collect()
}

/// A time by our clock as the API writes it.
pub(crate) fn time_of(at: At) -> String {
    let time = Timestamp::from_unix(at.0 / 1_000).unwrap_or(Timestamp::LATEST);
    format!("{time}Z")
}

/// A sentence of the desk, in the language of the request.
pub(crate) const fn said(words: Words, language: Language) -> &'static str {
    match language {
        Language::French => words.french,
        Language::English => words.english,
    }
}
