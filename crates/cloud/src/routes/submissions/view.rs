use fiscal::Timestamp;
use registry::Permission;
use serde::{Deserialize, Serialize};
use sync::{At, Elements, JobFile, JobState, Listed, Transition};
use utoipa::ToSchema;

use super::words::{advice, explanation};
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

/// How far an invoice is (A2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = SubmissionState)]
pub(crate) enum StateName {
    /// It waits for its turn.
    Pending,
    /// It is being sent.
    Submitted,
    /// The authority finalised it, and its code is here.
    Synced,
    /// It was not finalised, and is tried again.
    Retry,
    /// Whether it was finalised is not known.
    Ambiguous,
    /// The authority computes other amounts, and it was cancelled there.
    Differs,
    /// It was finalised, and its code has to be fetched from the authority's portal.
    SyncedWithoutCode,
    /// It is refused, and is not sent again by itself.
    Failed,
    /// It is not to be sent.
    Withdrawn,
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

/// What went wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionError)]
pub(crate) struct ErrorView {
    /// A stable word.
    #[schema(example = "AUTHORITY_REFUSED")]
    code: String,
    /// The authority's own number of it, if it answered one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = 9)]
    authority_code: Option<u32>,
    /// What the authority, or our own check, said.
    text: String,
}

/// What is not known of an invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = SubmissionDoubt)]
pub(crate) struct DoubtView {
    /// Why: a stable word.
    #[schema(example = "gone_too_late")]
    cause: &'static str,
    /// Since when.
    since: String,
    /// The authority's counters are explained best if it was finalised: look for it on the portal.
    probably_finalised: bool,
}

/// The authority's elements of an invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorityElements)]
pub(crate) struct ElementsView {
    /// Its machine (e-MCF).
    #[schema(example = "CD01002345-1")]
    nim: String,
    /// Its code, 24 characters.
    #[schema(example = "TESTFEW73TJMEJCGFOCXPDOX")]
    code: String,
    /// When, as the authority wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "14/03/2026 08:32:12")]
    date_time: Option<String>,
    /// What its QR code says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    qr: Option<String>,
    /// Its counters: of the type, of all, the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, example = "64/64 FV")]
    counters: Option<String>,
    /// Who told: `api`, `portal` or `hand`.
    #[schema(example = "api")]
    source: &'static str,
    /// They are of a test service or a simulator, and have no fiscal value.
    test: bool,
}

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
            explanation: explanation(listed).in_language(language).to_owned(),
            advice: advice(listed).map(|words| words.in_language(language).to_owned()),
            attempts: job.attempts,
            next: waits.then(|| time_of(job.due)),
            machine_id: job.machine.as_ref().map(ToString::to_string),
            error: job.error.as_ref().map(ErrorView::from),
            difference: job.difference.clone(),
            doubt: job.doubt.as_ref().map(|doubt| DoubtView {
                cause: doubt.cause.name(),
                since: time_of(doubt.since),
                probably_finalised: doubt.probably_finalised,
            }),
            elements: job.elements.as_ref().map(ElementsView::from),
            may: acts(listed, caller),
        }
    }
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

impl From<&Elements> for ElementsView {
    fn from(elements: &Elements) -> Self {
        let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        Self {
            nim: elements.nim.to_string(),
            code: elements.code.to_string(),
            date_time: given(&elements.date_time),
            qr: given(&elements.qr),
            counters: elements.counters.map(|counters| counters.to_string()),
            source: elements.source.name(),
            test: elements.test,
        }
    }
}

impl From<&ledger::AuthorityElements> for ElementsView {
    fn from(elements: &ledger::AuthorityElements) -> Self {
        Self {
            nim: elements.nim.to_string(),
            code: elements.code.to_string(),
            date_time: elements.date_time.as_ref().map(ToString::to_string),
            qr: elements.qr.as_ref().map(ToString::to_string),
            counters: elements.counters.as_ref().map(ToString::to_string),
            source: elements.source.name(),
            test: elements.is_test,
        }
    }
}

impl From<&sync::Problem> for ErrorView {
    fn from(problem: &sync::Problem) -> Self {
        Self { code: problem.word.clone(), authority_code: problem.code, text: problem.text.clone() }
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

impl From<JobState> for StateName {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Pending => Self::Pending,
            JobState::Submitted => Self::Submitted,
            JobState::Synced => Self::Synced,
            JobState::Retry => Self::Retry,
            JobState::Ambiguous => Self::Ambiguous,
            JobState::Differs => Self::Differs,
            JobState::SyncedWithoutCode => Self::SyncedWithoutCode,
            JobState::Failed => Self::Failed,
            JobState::Withdrawn => Self::Withdrawn,
        }
    }
}

impl From<StateName> for JobState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Pending => Self::Pending,
            StateName::Submitted => Self::Submitted,
            StateName::Synced => Self::Synced,
            StateName::Retry => Self::Retry,
            StateName::Ambiguous => Self::Ambiguous,
            StateName::Differs => Self::Differs,
            StateName::SyncedWithoutCode => Self::SyncedWithoutCode,
            StateName::Failed => Self::Failed,
            StateName::Withdrawn => Self::Withdrawn,
        }
    }
}
