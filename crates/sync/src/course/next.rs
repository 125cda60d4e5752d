use std::time::Duration;

use edef::AuthorityCode;

use super::{Move, ORIGINAL_AGAIN, backoff, may_request};
use crate::{At, Cause, Job, JobState, OriginalStanding, Problem, lane::NoSheet};

/// So often an invoice is looked at that cannot be turned into a request, for about an hour: then a person has to.
const LOOKS: u32 = 14;

/// What is to be done with a job whose time has come.
#[expect(clippy::large_enum_variant, reason = "one at a time, and gone at once")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is requested, with the code of its original if it has one.
    Request(Option<AuthorityCode>),
    /// It waits, or fails, and nothing is sent.
    Put(Move),
    /// Nothing: it is not one that may be requested.
    Leave,
}

/// The next step of a job that is due.
pub fn next(job: Job, original: OriginalStanding, withheld: Option<&str>, now: At) -> Next {
    if !may_request(&job) {
        return Next::Leave;
    }
    if let Some(text) = withheld {
        return Next::Put(withhold(job, text, now));
    }
    match original {
        OriginalStanding::None => Next::Request(None),
        OriginalStanding::Synced(code) => Next::Request(Some(code)),
        OriginalStanding::Waits(JobState::Failed | JobState::Differs | JobState::Withdrawn) => {
            Next::Put(wait(job, Cause::OriginalStuck, now))
        }
        OriginalStanding::Waits(_) | OriginalStanding::Unknown => {
            Next::Put(wait(job, Cause::WaitsForOriginal, now))
        }
    }
}

fn withhold(mut job: Job, text: &str, now: At) -> Move {
    job.error =
        Some(Problem { word: Cause::NonCompliant.name().to_owned(), code: None, text: text.to_owned() });
    Move::to(job, JobState::Failed, Cause::NonCompliant, text, now)
}

/// There is no request of it: by what is known now, which may change within minutes, or for good.
pub fn without_sheet(mut job: Job, why: &NoSheet, now: At) -> Move {
    let (cause, text) = (Cause::NotTranslated, why.to_string());
    let before = job.error.as_ref().is_some_and(|error| error.word == cause.name());
    job.attempts = if before { job.attempts + 1 } else { 1 };
    job.error = Some(Problem { word: cause.name().to_owned(), code: None, text: text.clone() });
    if matches!(why, NoSheet::Ever(_)) || job.attempts >= LOOKS {
        return Move::to(job, JobState::Failed, cause, text, now);
    }
    job.due = now.plus(backoff(job.attempts, 500));
    Move::to(job, JobState::Retry, cause, text, now)
}

/// It counts as no attempt, and is told once.
fn wait(mut job: Job, cause: Cause, now: At) -> Move {
    let waited = job.error.as_ref().is_some_and(|error| error.word == cause.name());
    // As long again as it has waited.
    let wait = if waited { now.since(job.since) } else { Duration::ZERO };
    job.due = now.plus(wait.clamp(ORIGINAL_AGAIN.0, ORIGINAL_AGAIN.1));
    if waited && job.state == JobState::Retry {
        return Move::quiet(job);
    }
    job.error = Some(Problem { word: cause.name().to_owned(), code: None, text: String::new() });
    Move::to(job, JobState::Retry, cause, "", now)
}
