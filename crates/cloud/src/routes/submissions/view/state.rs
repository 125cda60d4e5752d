use serde::{Deserialize, Serialize};
use sync::JobState;
use utoipa::ToSchema;

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
