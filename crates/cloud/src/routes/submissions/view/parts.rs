use serde::Serialize;
use sync::{Doubt, Elements};
use utoipa::ToSchema;

use super::time_of;

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
    /// Who told: `api`, the authority's answer; `imported`, a file that a person gave; `hand`, a person who typed.
    #[schema(example = "api")]
    source: &'static str,
    /// They are of a test service or a simulator, and have no fiscal value.
    test: bool,
}

impl From<&sync::Problem> for ErrorView {
    fn from(problem: &sync::Problem) -> Self {
        Self { code: problem.word.clone(), authority_code: problem.code, text: problem.text.clone() }
    }
}

impl From<&Doubt> for DoubtView {
    fn from(doubt: &Doubt) -> Self {
        Self {
            cause: doubt.cause.name(),
            since: time_of(doubt.since),
            probably_finalised: doubt.probably_finalised,
        }
    }
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
