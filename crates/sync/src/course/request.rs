use std::time::Duration;

use edef::{CallFault, ErrorCode, Requested, Uid};

use super::{CONFIRM_WITHIN, Move, Signal, UID_LIFE, backoff, bounded_retry_after};
use crate::{At, Cause, Intent, Job, JobState, Machine, Problem, Step, Theirs, Totals};

/// After so many requests that the authority answers with an error of its own kind, a person has to look.
const MOST_ATTEMPTS: u32 = 8;
/// It has trouble of its own, for longer than hours: then it is this invoice's.
const PROCESSING_ATTEMPTS: u32 = 40;
/// The original may not be visible yet, for so many attempts.
const ORIGINAL_ATTEMPTS: u32 = 5;
/// How long a machine with too many pending uids is left alone.
const TOO_MANY: Duration = Duration::from_secs(15);
/// How long without a `Retry-After`.
const SLOW: Duration = Duration::from_secs(5);

/// How the authority's totals compare with ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// They are the same.
    Same,
    /// They differ by no more than is tolerated: it is confirmed and shown.
    Within(String),
    /// They differ by more.
    Differs(String),
}

/// What follows from a request's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterRequest {
    /// The job as it becomes: with the intent to confirm or to cancel, or waiting, or failed.
    pub made: Move,
    /// What it says of the machine.
    pub signal: Signal,
    /// Whether a uid of it may wait at the authority now.
    pub takes_a_place: bool,
}

/// Whether a request may be made: only while it is certain that no earlier uid was finalised.
pub fn may_request(job: &Job) -> bool {
    matches!(job.state, JobState::Pending | JobState::Retry)
        && job.elements.is_none()
        && !job.may_be_finalised()
}

/// A request is intended. `not_before` is what the authority's clock showed last.
pub fn intend_request(mut job: Job, machine: &Machine, not_before: Theirs, now: At) -> Option<Move> {
    let intent = Intent {
        step: Step::Request,
        uid: None,
        at: now,
        nim: machine.nim.clone()?,
        url: machine.url.clone(),
        not_before: Some(not_before),
        era: None,
        totals: None,
    };
    job.intent = Some(intent);
    (job.requested, job.expires) = (Some(now), Some(now.plus(UID_LIFE)));
    (job.confirming_since, job.last_confirm) = (None, None);
    Some(Move::to(job, JobState::Submitted, Cause::Requested, "", now))
}

/// A request was answered, or not. `compare` says how the totals agree.
pub fn after_request(
    job: Job,
    answer: Result<&Requested, &CallFault>,
    compare: impl FnOnce(&Requested) -> Agreement,
    machine: &Machine,
    now: At,
    chance: u32,
) -> AfterRequest {
    match answer {
        Ok(requested) => {
            let agreement = compare(requested);
            let made = uid_came(job, requested, agreement, machine, now);
            AfterRequest { made, signal: Signal::Fine, takes_a_place: true }
        }
        Err(fault) => failed(job, fault, now, chance),
    }
}

fn uid_came(mut job: Job, requested: &Requested, agreement: Agreement, machine: &Machine, now: At) -> Move {
    let uid: Uid = requested.uid.clone();
    let too_old = job.requested.is_none_or(|at| now < at || now.since(at) > CONFIRM_WITHIN);
    let (step, difference) = match agreement {
        Agreement::Same => (Step::Confirm, None),
        Agreement::Within(text) => (Step::Confirm, Some(text)),
        Agreement::Differs(text) => (Step::Cancel, Some(text)),
    };
    job.difference = difference;
    if step == Step::Confirm && too_old {
        (job.intent, job.due) = (None, now);
        return Move::to(job, JobState::Retry, Cause::TooOld, uid.as_str(), now);
    }
    if let Some(intent) = &mut job.intent {
        (intent.step, intent.at, intent.uid) = (step, now, Some(uid.clone()));
        intent.totals = Some(Totals { total: requested.total, vtotal: requested.vtotal });
        intent.era = machine.baseline.map(|baseline| baseline.era);
    }
    if step == Step::Cancel {
        return Move::to(job, JobState::Submitted, Cause::Differs, uid.as_str(), now);
    }
    (job.confirming_since, job.last_confirm) = (Some(now), Some(now));
    (job.attempts, job.error) = (0, None);
    Move::to(job, JobState::Submitted, Cause::Confirming, uid.as_str(), now)
}

fn failed(mut job: Job, fault: &CallFault, now: At, chance: u32) -> AfterRequest {
    let (code, text) = match fault {
        CallFault::Refused { code, text } => (Some(code.number()), text.clone()),
        fault => (None, fault.to_string()),
    };
    // Only what the authority said in a row says something of the invoice: an outage before it does not.
    if job.error.as_ref().is_none_or(|before| before.code != code) {
        job.attempts = 0;
    }
    job.error = Some(Problem { word: fault.code().to_lowercase(), code, text: text.clone() });
    job.intent = None;
    let verdict = verdict(fault, job.attempts + 1);
    let signal = verdict.signal;
    let takes_a_place = !matches!(fault, CallFault::Unreachable | CallFault::Refused { .. });
    let made = match verdict.outcome {
        Outcome::Again { counted } => {
            job.attempts += u32::from(counted);
            let wait = match signal {
                Signal::Slow(wait) => wait.max(backoff(1, chance)),
                _ => backoff(job.attempts, chance),
            };
            job.due = now.plus(wait);
            Move::to(job, JobState::Retry, Cause::RequestFailed, text, now)
        }
        Outcome::Queued => {
            job.due = now;
            Move::to(job, JobState::Pending, Cause::RequestFailed, text, now)
        }
        Outcome::Failed => Move::to(job, JobState::Failed, Cause::Refused, text, now),
    };
    AfterRequest { made, signal, takes_a_place }
}

struct Verdict {
    outcome: Outcome,
    signal: Signal,
}

enum Outcome {
    Again {
        counted: bool,
    },
    /// As if nothing had been tried: it is the machine's fault.
    Queued,
    Failed,
}

fn verdict(fault: &CallFault, attempts: u32) -> Verdict {
    let counted = |signal| Verdict { outcome: Outcome::Again { counted: true }, signal };
    let at_most = |most: u32, signal| {
        let outcome = if attempts >= most { Outcome::Failed } else { Outcome::Again { counted: true } };
        Verdict { outcome, signal }
    };
    let few = |most| at_most(most, Signal::Fine);
    match fault {
        CallFault::Unreachable | CallFault::Timeout | CallFault::Broken | CallFault::Malformed => {
            counted(Signal::Fault)
        }
        CallFault::Unauthorized | CallFault::Forbidden => {
            Verdict { outcome: Outcome::Queued, signal: Signal::Unauthorized }
        }
        CallFault::TooMany { retry_after } => {
            let wait = retry_after.map_or(SLOW, bounded_retry_after);
            Verdict { outcome: Outcome::Again { counted: false }, signal: Signal::Slow(wait) }
        }
        CallFault::Server { retry_after: Some(seconds), .. } => {
            counted(Signal::Slow(bounded_retry_after(*seconds)))
        }
        CallFault::Server { .. } => counted(Signal::Fault),
        // What it cannot read the tenth time neither: not the machine's fault, and not to be sent for ever.
        CallFault::WrongStatus { status: 400 | 413 | 415 | 422 } => few(MOST_ATTEMPTS),
        CallFault::WrongStatus { .. } => counted(Signal::Fault),
        CallFault::Refused { code, .. } => match code {
            ErrorCode::TooManyPending => {
                Verdict { outcome: Outcome::Again { counted: false }, signal: Signal::Slow(TOO_MANY) }
            }
            ErrorCode::InvoiceType
            | ErrorCode::ReferenceMissing
            | ErrorCode::ReferenceLength
            | ErrorCode::Aib
            | ErrorCode::PaymentType
            | ErrorCode::NoItems
            | ErrorCode::TaxGroup
            | ErrorCode::CreditExceeds => Verdict { outcome: Outcome::Failed, signal: Signal::Fine },
            ErrorCode::OriginalNotNow => counted(Signal::Fine),
            ErrorCode::OriginalNotFound => few(ORIGINAL_ATTEMPTS),
            ErrorCode::Processing => at_most(PROCESSING_ATTEMPTS, Signal::Fault),
            ErrorCode::UnknownOrFinalised | ErrorCode::Other(_) => few(MOST_ATTEMPTS),
        },
    }
}
