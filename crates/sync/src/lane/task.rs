use edef::{Authority, CallFault, Confirmed, Finalising, Requested, Status};

use super::Ready;
use crate::{At, Job, Theirs, course::CONFIRM_WITHIN};

/// What a worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Requests and cancels. Two or more of a machine at once.
    Request,
    /// Confirms, one after another (A3).
    Confirm,
}

/// What a worker does next.
#[derive(Debug)]
pub enum Turn {
    /// It makes a call and hands the answer back by [`super::Lane::answered`].
    Call(Box<Task>),
    /// Nothing until then.
    Rest(At),
}

/// A call to make. What it may bring about is durable already.
#[derive(Clone, Debug)]
pub struct Task {
    /// Of which generation of the machine's address and token. It must be made with these and no others.
    pub generation: u64,
    pub(super) call: Call,
    /// What the authority's clock showed before.
    pub(super) seen: Option<Theirs>,
}

#[derive(Clone, Debug)]
pub(super) enum Call {
    /// With the jobs that were doubted before it was asked.
    Status(Vec<Job>),
    Request(Ready),
    Confirm(Job),
    Cancel(Job),
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Answer(pub(super) Said);

#[expect(clippy::large_enum_variant, reason = "one at a time, and gone at once")]
#[derive(Clone, Debug)]
pub(super) enum Said {
    Status(Result<Status, CallFault>),
    Request(Result<Requested, CallFault>),
    Confirm(Result<Confirmed, CallFault>),
    Cancel(Result<(), CallFault>),
}

impl Task {
    /// Makes the call, which takes as long as it takes.
    pub fn call(&self, authority: &dyn Authority) -> Answer {
        Answer(match &self.call {
            Call::Status(_) => Said::Status(authority.status()),
            Call::Request(ready) => Said::Request(authority.request(&ready.request)),
            Call::Confirm(job) => Said::Confirm(match finalising(job) {
                Some((uid, totals)) => authority.confirm(&uid, &totals),
                None => Err(CallFault::Unreachable),
            }),
            Call::Cancel(job) => Said::Cancel(match finalising(job) {
                Some((uid, totals)) => authority.cancel(&uid, &totals),
                None => Err(CallFault::Unreachable),
            }),
        })
    }

    /// The answer of a call that was certainly not made.
    pub fn not_made(&self) -> Answer {
        Answer(match &self.call {
            Call::Status(_) => Said::Status(Err(CallFault::Unreachable)),
            Call::Request(_) => Said::Request(Err(CallFault::Unreachable)),
            Call::Confirm(_) => Said::Confirm(Err(CallFault::Unreachable)),
            Call::Cancel(_) => Said::Cancel(Err(CallFault::Unreachable)),
        })
    }

    /// About which job, if it is about one.
    pub fn job(&self) -> Option<crate::JobId> {
        match &self.call {
            Call::Status(_) => None,
            Call::Request(ready) => Some(ready.job.id),
            Call::Confirm(job) | Call::Cancel(job) => Some(job.id),
        }
    }

    /// Whether it finalises.
    pub const fn is_confirm(&self) -> bool {
        matches!(self.call, Call::Confirm(_))
    }

    /// Whether a confirm that waited may still be sent: its uid is not too old.
    pub fn may_be_sent(&self, now: At) -> bool {
        let Call::Confirm(job) = &self.call else { return true };
        job.requested.is_some_and(|at| now >= at && now.since(at) <= CONFIRM_WITHIN)
    }

    /// Who has something to do when it is answered: what was requested is to be confirmed, and what was confirmed has made
    /// place. After a reading of the list, everybody.
    pub const fn wakes(&self) -> Option<Role> {
        match &self.call {
            Call::Status(_) => None,
            Call::Request(_) => Some(Role::Confirm),
            Call::Confirm(_) | Call::Cancel(_) => Some(Role::Request),
        }
    }

    /// What is called: a stable word.
    pub const fn name(&self) -> &'static str {
        match &self.call {
            Call::Status(_) => "status",
            Call::Request(_) => "request",
            Call::Confirm(_) => "confirm",
            Call::Cancel(_) => "cancel",
        }
    }
}

impl Answer {
    /// The authority's code, if it is one of a confirm.
    pub fn code(&self) -> Option<edef::AuthorityCode> {
        if let Said::Confirm(Ok(confirmed)) = &self.0 { Some(confirmed.code) } else { None }
    }

    /// The fault, if it is one.
    pub fn fault(&self) -> Option<&CallFault> {
        match &self.0 {
            Said::Status(answer) => answer.as_ref().err(),
            Said::Request(answer) => answer.as_ref().err(),
            Said::Confirm(answer) => answer.as_ref().err(),
            Said::Cancel(answer) => answer.as_ref().err(),
        }
    }
}

fn finalising(job: &Job) -> Option<(edef::Uid, Finalising)> {
    let intent = job.intent.as_ref()?;
    let totals = intent.totals?;
    Some((intent.uid.clone()?, Finalising { total: totals.total, vtotal: totals.vtotal }))
}
