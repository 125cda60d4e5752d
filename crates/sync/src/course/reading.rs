use edef::{ApiUrl, Nim, Status};

use super::{Broken, Move, READINGS_APART, Rules, UID_LIFE, UID_SPARE, confirm_again};
use crate::{At, Cause, DoubtCause, Gone, Job, JobState, Theirs};

/// A status as it was read, of which machine, and when by the authority's clock.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    /// The answer.
    pub status: &'a Status,
    /// Which machine answered.
    pub nim: &'a Nim,
    /// Where it was asked.
    pub url: &'a ApiUrl,
    /// The authority's clock.
    pub theirs: Theirs,
}

/// What a reading says of one doubted job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// Something to write; nothing is called.
    Noted(Move),
    /// The uid waits: it is confirmed again once this is written.
    ConfirmAgain(Move),
}

/// What a status that was asked after `job` was doubted says of it.
pub fn read(job: Job, reading: &Reading<'_>, rules: Rules, now: At) -> Heard {
    if job.state != JobState::Ambiguous {
        return Heard::Nothing;
    }
    let Some(doubt) = job.doubt.clone() else { return Heard::Nothing };
    let Some(intent) = job.intent.clone() else { return without_uid(job, reading, now) };
    let same = intent.nim == *reading.nim && intent.url == *reading.url;
    let Some(uid) = intent.uid.filter(|_| same) else { return Heard::Nothing };
    let waits = match reading.status.waits(&uid) {
        None if rules.breaks(Broken::PartialList) => Some(false),
        waits => waits,
    };
    match waits {
        None => return Heard::Nothing,
        Some(true) => return Heard::ConfirmAgain(confirm_again(job, now)),
        Some(false) => {}
    }
    let first = doubt.gone.filter(|gone| gone.first <= reading.theirs);
    let before = intent.not_before.map(|at| at.plus(UID_LIFE - UID_SPARE));
    let in_time = before.is_some_and(|before| reading.theirs < before);
    match first {
        Some(gone) if gone.twice => Heard::Nothing,
        Some(gone) if reading.theirs.since(gone.first) < READINGS_APART => Heard::Nothing,
        // The first may have been of a list from before the uid: by a second that is too late nobody knows.
        Some(gone) => {
            let in_time = gone.in_time && in_time;
            Heard::Noted(gone_twice(job, Gone { in_time, ..gone }, rules, now))
        }
        None => {
            let gone = Gone { first: reading.theirs, first_here: now, in_time, twice: false };
            if rules.breaks(Broken::OneReading) {
                return Heard::Noted(gone_twice(job, gone, rules, now));
            }
            Heard::Noted(note(job, gone))
        }
    }
}

fn note(mut job: Job, gone: Gone) -> Move {
    if let Some(doubt) = &mut job.doubt {
        doubt.gone = Some(gone);
    }
    Move::quiet(job)
}

fn gone_twice(mut job: Job, gone: Gone, rules: Rules, now: At) -> Move {
    if rules.breaks(Broken::GoneIsExpired) {
        (job.intent, job.doubt, job.due) = (None, None, now);
        return Move::to(job, JobState::Retry, Cause::GoneTooLate, "", now);
    }
    let (state, cause, word) = if gone.in_time {
        (JobState::SyncedWithoutCode, DoubtCause::WithoutCode, Cause::GoneInTime)
    } else {
        (JobState::Ambiguous, DoubtCause::GoneTooLate, Cause::GoneTooLate)
    };
    if let Some(doubt) = &mut job.doubt {
        doubt.gone = Some(Gone { twice: true, ..gone });
        doubt.cause = cause;
    }
    Move::to(job, state, word, "", now)
}

/// After a restored backup nobody knows which uids there were. All that were are dead by the time counters decide: the
/// reading only says when, by the authority's clock, the waiting begins.
fn without_uid(job: Job, reading: &Reading<'_>, now: At) -> Heard {
    let waits =
        job.doubt.as_ref().is_some_and(|doubt| doubt.cause == DoubtCause::Restored && doubt.gone.is_none());
    if !waits {
        return Heard::Nothing;
    }
    Heard::Noted(note(job, Gone { first: reading.theirs, first_here: now, in_time: false, twice: true }))
}
