use edef::{CallFault, Confirmed, Effect};

use super::{Broken, CONFIRM_WITHIN, Move, Rules, Signal, bounded_retry_after};
use crate::{At, Cause, Doubt, DoubtCause, Elements, Job, JobState, Problem, Source, Step};

/// What follows from a confirm's answer.
#[expect(clippy::large_enum_variant, reason = "one at a time, and gone at once")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterConfirm {
    /// It is finalised. The elements are kept whatever becomes of the write.
    Finalised {
        /// The job, SYNCED.
        made: Move,
        /// Its elements.
        elements: Elements,
    },
    /// This call was not sent, and no other was: the same may be sent once more.
    NotSent,
    /// Whether it had its effect is not known.
    Doubted {
        /// The job, AMBIGUOUS.
        made: Move,
        /// What it says of the machine.
        signal: Signal,
    },
}

/// A confirm was answered, or not. Only what was certainly not sent is without effect: every other fault is a doubt,
/// whatever the authority says with it.
pub fn after_confirm(
    mut job: Job,
    answer: Result<&Confirmed, &CallFault>,
    rules: Rules,
    now: At,
) -> AfterConfirm {
    let told = match answer {
        Ok(confirmed) => elements(&job, confirmed).ok_or(&CallFault::Malformed),
        Err(fault) => Err(fault),
    };
    let fault = match told {
        Ok(elements) => {
            let made = synced(job, elements.clone(), Cause::Confirmed, elements.code.to_string(), now);
            return AfterConfirm::Finalised { made, elements };
        }
        Err(fault) => fault,
    };
    job.error = Some(Problem {
        word: fault.code().to_lowercase(),
        code: if let CallFault::Refused { code, .. } = fault { Some(code.number()) } else { None },
        text: fault.to_string(),
    });
    if fault.effect_of_confirm() == Effect::None && job.doubt.is_none() {
        return AfterConfirm::NotSent;
    }
    let signal = signal(fault);
    if is_wrongly_certain(fault, rules) {
        (job.intent, job.doubt, job.due) = (None, None, now);
        return AfterConfirm::Doubted {
            made: Move::to(job, JobState::Retry, Cause::NotSent, "", now),
            signal,
        };
    }
    let era = job.intent.as_ref().and_then(|intent| intent.era);
    let doubt = Doubt { era, ..Doubt::of(DoubtCause::ConfirmLost, now) };
    job.doubt = Some(job.doubt.take().map_or(doubt, |doubt| Doubt { gone: None, ..doubt }));
    let made = Move::to(job, JobState::Ambiguous, Cause::ConfirmLost, fault.to_string(), now);
    AfterConfirm::Doubted { made, signal }
}

/// A confirm that was intended and certainly not sent by us, who alone have it in hand: its uid is left to expire once
/// it is too old. None while it may still be sent.
pub fn not_sent(job: Job, now: At) -> Option<Move> {
    let fresh = job.requested.is_some_and(|at| now >= at && now.since(at) <= CONFIRM_WITHIN);
    if fresh { None } else { never_send(job, Cause::TooOld, now) }
}

/// A confirm that we alone have in hand and will never send. None of a job that an earlier confirm may have finalised.
pub fn never_send(mut job: Job, cause: Cause, now: At) -> Option<Move> {
    let confirming = job.intent.as_ref().is_some_and(|intent| intent.step == Step::Confirm);
    if !confirming || job.doubt.is_some() {
        return None;
    }
    (job.intent, job.due) = (None, now);
    Some(Move::to(job, JobState::Retry, cause, "", now))
}

/// The uid waits at the authority still: the same uid is confirmed again, and cannot be finalised twice.
pub fn confirm_again(mut job: Job, now: At) -> Move {
    job.last_confirm = Some(now);
    job.doubt = job.doubt.map(|doubt| Doubt { gone: None, ..doubt });
    let uid = job.uid().map(ToString::to_string).unwrap_or_default();
    Move::to(job, JobState::Submitted, Cause::StillPending, uid, now)
}

pub(super) fn synced(mut job: Job, elements: Elements, cause: Cause, detail: String, now: At) -> Move {
    job.elements = Some(elements);
    (job.doubt, job.error, job.attempts) = (None, None, 0);
    Move::to(job, JobState::Synced, cause, detail, now)
}

/// What the answer leaves out is the intent's, where that knows it.
/// What a confirm's answer says beside what was asked; none of a job that intended no call.
pub(crate) fn elements(job: &Job, confirmed: &Confirmed) -> Option<Elements> {
    let intent = job.intent.as_ref()?;
    Some(Elements {
        nim: confirmed.nim.as_ref().unwrap_or(&intent.nim).clone(),
        uid: intent.uid.clone(),
        code: confirmed.code,
        date_time: confirmed.date_time.as_ref().map(ToString::to_string).unwrap_or_default(),
        qr: confirmed.qr.clone().unwrap_or_default(),
        counters: confirmed.counters,
        totals: intent.totals,
        source: Source::Api,
        host: intent.url.host().to_owned(),
        test: intent.url.is_test(),
    })
}

fn signal(fault: &CallFault) -> Signal {
    match fault {
        CallFault::Unauthorized | CallFault::Forbidden => Signal::Unauthorized,
        CallFault::TooMany { retry_after: Some(seconds) }
        | CallFault::Server { retry_after: Some(seconds), .. } => Signal::Slow(bounded_retry_after(*seconds)),
        CallFault::Refused { .. } => Signal::Fine,
        _ => Signal::Fault,
    }
}

/// Only ever with a broken rule.
fn is_wrongly_certain(fault: &CallFault, rules: Rules) -> bool {
    match fault {
        CallFault::Unauthorized | CallFault::Forbidden => rules.breaks(Broken::UnauthorizedIsNoEffect),
        CallFault::TooMany { .. } | CallFault::Server { .. } => rules.breaks(Broken::ServerErrorIsNoEffect),
        CallFault::Refused { .. } => rules.breaks(Broken::UnknownUidIsNoEffect),
        CallFault::Timeout | CallFault::Broken => rules.breaks(Broken::RequestAfterLostConfirm),
        _ => false,
    }
}
