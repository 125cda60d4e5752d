use serde::Serialize;
use sync::{JobFile, Transition};
use utoipa::ToSchema;

use super::{StateName, SubmissionView, time_of};
use crate::{auth::Caller, problem::Language};

/// An invoice with all that happened to it.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionFile)]
pub(crate) struct FileView {
    #[serde(flatten)]
    submission: SubmissionView,
    /// What happened, the oldest first.
    transitions: Vec<TransitionView>,
    /// Other invoices of the same machine of which it is not known either: counters cannot tell them apart.
    #[schema(example = json!(["KINGOMBE01-0-00000002"]))]
    candidates: Vec<String>,
    /// The original of a credit note, and how far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    original: Option<OriginalView>,
}

/// What a credit note takes back.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionOriginal)]
pub(crate) struct OriginalView {
    /// Its number.
    fiscal_number: String,
    /// How far it is.
    state: StateName,
}

/// What happened to an invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionTransition)]
pub(crate) struct TransitionView {
    /// When.
    time: String,
    /// The state before, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    from: Option<StateName>,
    /// The state after.
    to: StateName,
    /// Why: a stable word.
    cause: &'static str,
    /// More of it, for people.
    detail: String,
}

impl FileView {
    pub(crate) fn of(file: &JobFile, caller: &Caller, language: Language) -> Self {
        Self {
            submission: SubmissionView::of(&file.listed, caller, language),
            transitions: file.transitions.iter().map(TransitionView::from).collect(),
            candidates: file.candidates.iter().map(|other| other.job.fiscal.to_string()).collect(),
            original: file.original.as_ref().map(|original| OriginalView {
                fiscal_number: original.job.fiscal.to_string(),
                state: original.job.state.into(),
            }),
        }
    }
}

impl From<&Transition> for TransitionView {
    fn from(transition: &Transition) -> Self {
        Self {
            time: time_of(transition.at),
            from: transition.from.map(Into::into),
            to: transition.to.into(),
            cause: transition.cause.name(),
            detail: transition.detail.clone(),
        }
    }
}
