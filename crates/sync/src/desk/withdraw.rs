//! An original that the authority refused, and its cancellation: neither is sent any more.

use fiscal::{CreditNature, Invoice, Reference};
use registry::Label;

use super::{
    Asked, Desk, DeskFault, Sight, WithdrawFault,
    show::original_of,
    write::{pass, seen},
};
use crate::{Cause, Job, JobId, JobState};

impl Desk<'_> {
    /// Withdraws an original that is FAILED or DIFFERS together with the full cancellation (RAN) of it that waits, for a
    /// reason that is kept. A second time it changes nothing.
    pub fn withdraw(
        &mut self,
        sight: Sight<'_>,
        original: JobId,
        cancellation: JobId,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<[Job; 2], DeskFault> {
        let is_whole = self.is_whole_cancellation(sight, cancellation)?;
        self.change(|statements| {
            let pair = [seen(statements, sight, original)?.job, seen(statements, sight, cancellation)?.job];
            let [taken_back, note] = &pair;
            let found = match note.original {
                Some(original) => original_of(statements, original)?,
                None => None,
            };
            if found.is_none_or(|found| found.job.id != taken_back.id) {
                return Err(DeskFault::NotWithdrawn(WithdrawFault::OtherOriginal));
            }
            if !is_whole {
                return Err(DeskFault::NotWithdrawn(WithdrawFault::NotWhole));
            }
            if pair.iter().all(|job| job.state == JobState::Withdrawn) {
                return Ok(pair);
            }
            may_be_withdrawn(taken_back, note).map_err(DeskFault::NotWithdrawn)?;
            let outlet = taken_back.place.chain.outlet;
            let subject = format!("{} {}", taken_back.fiscal, note.fiscal);
            let detail = format!("{}: {reason}", asked.by.actor);
            let mut withdraw = |job: Job| {
                let next = Job { state: JobState::Withdrawn, since: asked.now, intent: None, ..job.clone() };
                pass(statements, job.state, next, Cause::Withdrawn, detail.clone(), asked)
            };
            let [taken_back, note] = pair;
            let withdrawn = [withdraw(taken_back)?, withdraw(note)?];
            asked.note(statements, "sync.withdraw", (None, Some(outlet)), subject)?;
            Ok(withdrawn)
        })
    }

    /// What was sealed does not change, so it may be read before.
    fn is_whole_cancellation(&mut self, sight: Sight<'_>, id: JobId) -> Result<bool, DeskFault> {
        let place = self.look(|statements| Ok(seen(statements, sight, id)?.job.place))?;
        let Some(row) = self.store().at(place)? else { return Ok(false) };
        let invoice = row.body.as_deref().and_then(|body| Invoice::read(body.as_bytes()).ok());
        let Some(Reference::Original(original)) = invoice.and_then(|invoice| invoice.reference) else {
            return Ok(false);
        };
        Ok(original.nature == CreditNature::Void)
    }
}

fn may_be_withdrawn(original: &Job, note: &Job) -> Result<(), WithdrawFault> {
    let is_refused = matches!(original.state, JobState::Failed | JobState::Differs);
    if !is_refused || original.may_be_finalised() {
        return Err(WithdrawFault::Original(original.state));
    }
    let waits = matches!(note.state, JobState::Pending | JobState::Retry | JobState::Failed);
    if !waits || note.may_be_finalised() {
        return Err(WithdrawFault::Cancellation(note.state));
    }
    Ok(())
}
