use super::{LATE_PACKETS, Move, UNREAD_FOR, confirm::synced};
use crate::{At, Cause, Elements, Job, JobState, Source};

/// Why a person's act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleFault {
    /// It is not in a state in which that can be said.
    #[error("this is not said of an invoice in the state {0}: see what it waits for")]
    State(JobState),
    /// Something of it may still arrive at the authority.
    #[error(
        "a call of this invoice may still have its effect: look in the portal again in {0} minutes, and then say it"
    )]
    TooSoon(u64),
    /// Only an original that is not sent is withdrawn, with the credit note that takes back all of it.
    #[error(
        "only an invoice that the authority does not have is withdrawn, together with its full cancellation"
    )]
    NotACancellation,
}

/// A person, or a file that he gave, says that the authority finalised it.
pub fn settle_finalised(job: Job, elements: Elements, by: &str, now: At) -> Result<Move, SettleFault> {
    if !matches!(job.state, JobState::Ambiguous | JobState::SyncedWithoutCode) {
        return Err(SettleFault::State(job.state));
    }
    let cause = if elements.source == Source::Hand { Cause::SettledByHand } else { Cause::SettledByFile };
    Ok(synced(job, elements, cause, by.to_owned(), now))
}

/// A person looked in the portal, and the authority does not have it. That is believed only once nothing can arrive there
/// any more.
pub fn settle_not_there(mut job: Job, by: &str, now: At) -> Result<Move, SettleFault> {
    if !matches!(job.state, JobState::Ambiguous | JobState::SyncedWithoutCode) {
        return Err(SettleFault::State(job.state));
    }
    let doubt = job.doubt.as_ref();
    let gone = doubt.and_then(|doubt| doubt.gone).filter(|gone| gone.twice);
    let newest = [job.last_confirm, doubt.map(|doubt| doubt.since), gone.map(|gone| gone.first_here)];
    let newest = newest.into_iter().flatten().max().unwrap_or(job.since);
    let wait = if gone.is_some() { LATE_PACKETS } else { UNREAD_FOR };
    let left = wait.saturating_sub(now.since(newest));
    if !left.is_zero() {
        return Err(SettleFault::TooSoon(left.as_secs().div_ceil(60)));
    }
    (job.intent, job.doubt, job.due) = (None, None, now);
    Ok(Move::to(job, JobState::Retry, Cause::NotThere, by, now))
}

/// A person asks for another try. Only of what is certainly not finalised.
pub fn retry_by_hand(mut job: Job, by: &str, now: At) -> Result<Move, SettleFault> {
    if !matches!(job.state, JobState::Retry | JobState::Failed | JobState::Differs) || job.may_be_finalised()
    {
        return Err(SettleFault::State(job.state));
    }
    (job.due, job.attempts, job.error) = (now, 0, None);
    Ok(Move::to(job, JobState::Pending, Cause::RetriedByHand, by, now))
}

/// Neither the original nor the credit note that takes back all of it is ever sent. Whether the credit note does take back
/// all of it is for the caller to know.
pub fn withdraw(original: Job, credit: Job, reason: &str, now: At) -> Result<[Move; 2], SettleFault> {
    if !matches!(original.state, JobState::Failed | JobState::Differs) {
        return Err(SettleFault::State(original.state));
    }
    let names_it = credit.original.is_some_and(|named| {
        let chain = original.place.chain;
        named.outlet == chain.outlet
            && named.reference.epoch == chain.epoch
            && named.reference.number == original.fiscal.number
    });
    if !names_it {
        return Err(SettleFault::NotACancellation);
    }
    let waits =
        matches!(credit.state, JobState::Pending | JobState::Retry | JobState::Failed | JobState::Differs);
    if !waits || credit.may_be_finalised() || original.may_be_finalised() {
        return Err(SettleFault::State(credit.state));
    }
    Ok([original, credit].map(|job| Move::to(job, JobState::Withdrawn, Cause::Withdrawn, reason, now)))
}
