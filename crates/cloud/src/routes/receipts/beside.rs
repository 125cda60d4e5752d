use std::{sync::Arc, time::Duration};

use fiscal::FiscalNumber;
use ledger::AuthoritySource;
use receipt::{Authority, AuthorityElements, Origin};
use sync::{JobState, Sight};
use tokio::time::Instant;

use crate::{app::App, problem::Problem};

/// Printing waits no longer (A1); sealing does not wait at all.
pub(super) const MOST_SECONDS: u8 = 3;
/// How often it is looked.
const AGAIN: Duration = Duration::from_millis(150);

/// The tax authority's elements, as far as they are there, or come within so many seconds.
pub(super) async fn beside(
    app: &Arc<App>,
    number: FiscalNumber,
    wait: Option<u8>,
) -> Result<Authority, Problem> {
    let until = Instant::now() + Duration::from_secs(wait.unwrap_or(0).into());
    if wait.is_some() {
        app.hurry_agent();
    }
    loop {
        let found = app.consult(move |ledger| ledger.authority_of(&number)).await?;
        if let Some(elements) = found {
            return Ok(Authority::Given(given(&elements)));
        }
        // Where nothing is sent, nothing comes.
        if wait.is_none() || app.authority.is_none() || !is_awaited(app, number).await? {
            return Ok(Authority::Unsaid);
        }
        if Instant::now() + AGAIN > until {
            return Ok(Authority::Pending);
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether the authority's elements may still come by themselves. The agent may not have met an invoice of this moment.
async fn is_awaited(app: &Arc<App>, number: FiscalNumber) -> Result<bool, Problem> {
    let listed = app.desk(move |desk| desk.job_of(Sight::All, &number)).await?;
    Ok(listed.is_none_or(|listed| comes(listed.job.state)))
}

const fn comes(state: JobState) -> bool {
    match state {
        JobState::Pending
        | JobState::Submitted
        | JobState::Retry
        | JobState::Ambiguous
        | JobState::SyncedWithoutCode
        // Its record is about to be sealed.
        | JobState::Synced => true,
        JobState::Failed | JobState::Differs | JobState::Withdrawn => false,
    }
}

fn given(elements: &ledger::AuthorityElements) -> AuthorityElements {
    AuthorityElements {
        code: elements.code.to_string(),
        nim: elements.nim.to_string(),
        date_time: elements.date_time.as_ref().map(ToString::to_string),
        counters: elements.counters.as_ref().map(ToString::to_string),
        qr: elements.qr.as_ref().map(ToString::to_string),
        origin: match elements.source {
            AuthoritySource::Api => Origin::Answered,
            AuthoritySource::Imported => Origin::Imported,
            AuthoritySource::Hand => Origin::Hand,
        },
        is_test: elements.is_test,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_waits_only_for_what_may_still_come() {
        let awaited: Vec<JobState> = JobState::ALL.iter().copied().filter(|state| comes(*state)).collect();
        let not = [JobState::Failed, JobState::Differs, JobState::Withdrawn];
        assert_eq!(awaited.len(), JobState::ALL.len() - not.len());
        assert!(not.into_iter().all(|state| !comes(state)));
    }
}
