use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};

use super::Allowance;

/// Whether something that is limited may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It may.
    Yes(Standing),
    /// Not before some time.
    No {
        /// How the limit stands.
        standing: Standing,
        /// Then one more may be done, unless others are faster.
        retry_after: Duration,
    },
}

/// How someone's limit stands, as the headers of the answer say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// How many may be asked for at once.
    pub(crate) limit: u32,
    /// How many come back each second.
    pub(crate) per_second: u32,
    /// How many may be asked for at once from now.
    pub(crate) remaining: u32,
    /// After so many seconds it is as many as ever.
    pub(crate) reset_seconds: u64,
}

impl Standing {
    pub(super) fn new(allowance: Allowance, remaining: u32) -> Self {
        let Allowance { limit_per_second, burst } = allowance;
        let (limit, per_second) = (burst.get(), limit_per_second.get());
        let remaining = remaining.min(limit);
        let reset_seconds = u64::from((limit - remaining).div_ceil(per_second));
        Self { limit, per_second, remaining, reset_seconds }
    }

    /// The headers that say so (draft-ietf-httpapi-ratelimit-headers, in the form of its versions before 08, which
    /// clients read).
    pub(crate) fn headers(&self) -> [(HeaderName, HeaderValue); 4] {
        let policy = format!("{};w=1;burst={}", self.per_second, self.limit);
        // Digits, letters and punctuation are a header's.
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(""));
        [
            (HeaderName::from_static("ratelimit-limit"), self.limit.into()),
            (HeaderName::from_static("ratelimit-remaining"), self.remaining.into()),
            (HeaderName::from_static("ratelimit-reset"), self.reset_seconds.into()),
            (HeaderName::from_static("ratelimit-policy"), policy),
        ]
    }
}
