//! The rules: what becomes of a job by each thing that happens to it. They are pure: a job, an event and the time in, the
//! job as it becomes out.

mod backoff;
mod breaker;
mod cancel;
mod confirm;
mod counters;
mod next;
mod orphan;
mod person;
mod reading;
mod request;
mod restored;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::{At, Cause, Job, JobState, Transition};

pub use backoff::{backoff, bounded_retry_after};
pub use breaker::{BREAKER_OPENS_AFTER, after_fault, after_slow, after_success, may_call};
pub use cancel::after_cancel;
pub(crate) use confirm::elements;
pub use confirm::{AfterConfirm, after_confirm, confirm_again, never_send, not_sent};
pub use counters::{Judgement, Known, judge, machine_changed};
pub use next::{Next, next, without_sheet};
pub use orphan::orphan;
pub use person::{SettleFault, retry_by_hand, settle_finalised, settle_not_there, withdraw};
pub use reading::{Heard, Reading, read};
pub use request::{AfterRequest, Agreement, after_request, intend_request, may_request};
pub use restored::restored;

/// How long a uid lives at the authority.
pub const UID_LIFE: Duration = Duration::from_secs(120);
/// How much sooner than that a uid is taken for expired where that is the careful side.
pub const UID_SPARE: Duration = Duration::from_secs(5);
/// A uid older than this is not confirmed for the first time.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(90);
/// How many uids the authority lets wait per e-MCF.
pub const PENDING_LIMIT: usize = 10;
/// How many of them we use: two are left to others and to answers that were lost.
pub const PENDING_KEPT: usize = 8;
/// How far apart two readings of the pending list are that count as two.
pub const READINGS_APART: Duration = Duration::from_secs(2);
/// How long packets of a confirm may be on their way: five times what a uid lives.
pub const LATE_PACKETS: Duration = Duration::from_secs(600);
/// When a person may say that an invoice is not at the authority although nobody could read the list.
pub const UNREAD_FOR: Duration = Duration::from_secs(3_600);
/// How long a credit note waits until its original is looked at again, if nothing wakes it: at first, and at most.
pub const ORIGINAL_AGAIN: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));

/// A job as it becomes, and what is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The job; `version` is that of the job before.
    pub job: Job,
    /// What is told; none when only something was noted.
    pub transition: Option<Transition>,
}

impl Move {
    fn to(mut job: Job, state: JobState, cause: Cause, detail: impl Into<String>, now: At) -> Self {
        let (from, detail) = (Some(job.state), detail.into());
        if job.state != state {
            job.since = now;
        }
        job.state = state;
        let transition = Transition { job: job.id, at: now, from, to: state, cause, detail };
        Self { job, transition: Some(transition) }
    }

    const fn quiet(job: Job) -> Self {
        Self { job, transition: None }
    }
}

impl From<Move> for crate::Change {
    fn from(made: Move) -> Self {
        Self { jobs: vec![made.job], transitions: made.transition.into_iter().collect(), machine: None }
    }
}

/// What an answer says of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It works.
    Fine,
    /// It does not.
    Fault,
    /// It wants to be left alone for so long.
    Slow(Duration),
    /// It takes our token no more.
    Unauthorized,
}

/// The rules as they are, or with one of them broken, so that a simulation shows that it would notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    broken: Option<Broken>,
}

impl Rules {
    /// With one rule broken.
    #[cfg(any(test, feature = "simulation"))]
    pub const fn with(broken: Broken) -> Self {
        Self { broken: Some(broken) }
    }

    const fn breaks(self, rule: Broken) -> bool {
        matches!(self.broken, Some(broken) if broken as u8 == rule as u8)
    }

    /// Whether a code is kept when the job was changed by somebody else.
    pub(crate) const fn keeps_codes(self) -> bool {
        !self.breaks(Broken::DropOvertakenCode)
    }

    /// Whether jobs are doubted after a backup was restored.
    #[cfg(any(test, feature = "simulation"))]
    pub(crate) const fn doubts_restored(self) -> bool {
        !self.breaks(Broken::IgnoreRestored)
    }

    /// Whether intents are durable before the call.
    pub(crate) const fn writes_first(self) -> bool {
        !self.breaks(Broken::CallBeforeWriting)
    }

    /// Whether a write of which nothing is known is taken as one that was made.
    pub(crate) const fn believes_unknown_writes(self) -> bool {
        self.breaks(Broken::IgnoreUnknownWrite)
    }
}

crate::words::words! {
    /// One rule broken.
    Broken {
        /// A confirm that was not answered is followed by a new request.
        RequestAfterLostConfirm "request-after-lost-confirm",
        /// 401 and 403 of a confirm count as without effect.
        UnauthorizedIsNoEffect "unauthorized-is-no-effect",
        /// 429 and 5xx of a confirm count as without effect.
        ServerErrorIsNoEffect "server-error-is-no-effect",
        /// Error 20 of a confirm counts as not finalised.
        UnknownUidIsNoEffect "unknown-uid-is-no-effect",
        /// One reading of the list is enough.
        OneReading "one-reading",
        /// A list that was not read whole counts.
        PartialList "partial-list",
        /// A uid that is gone counts as expired.
        GoneIsExpired "gone-is-expired",
        /// Counters decide about doubts of before a change of machine.
        CountersAfterChange "counters-after-change",
        /// Counters decide without waiting for late packets.
        NoLatePackets "no-late-packets",
        /// A job whose confirm was cut short by the end of its agent is requested again.
        OrphanIsRequested "orphan-is-requested",
        /// Nothing is doubted after a backup was restored.
        IgnoreRestored "ignore-restored",
        /// A code is dropped when somebody else changed the job.
        DropOvertakenCode "drop-overtaken-code",
        /// A confirm is sent before its intent is durable.
        CallBeforeWriting "call-before-writing",
        /// A write of which nothing is known counts as made.
        IgnoreUnknownWrite "ignore-unknown-write",
    }
}
