//! An original that the authority refused, and its cancellation: neither is sent any more.

use fiscal::{CreditNature, Invoice, Reference};
use registry::Label;

use super::{
    Asked, Desk, DeskFault, Sight,
    write::{seen, write_move},
};
use crate::{
    Job, JobId, JobState,
    alerts::{About, AlertKind, raise_alert},
    course::{SettleFault, withdraw},
    store::read,
};

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
        let is_whole = self.is_whole_cancellation(sight, original, cancellation)?;
        self.change(|statements| {
            let pair = [seen(statements, sight, original)?.job, seen(statements, sight, cancellation)?.job];
            let [taken_back, note] = &pair;
            if !is_whole {
                return Err(SettleFault::NotACancellation.into());
            }
            if pair.iter().all(|job| job.state == JobState::Withdrawn) {
                return Ok(pair);
            }
            let outlet = taken_back.place.chain.outlet;
            let subject = format!("{} {}: {reason}", taken_back.fiscal, note.fiscal);
            let detail = format!("{}: {reason}", asked.by.actor);
            let [taken_back, note] = pair;
            let [taken_back, note] = withdraw(taken_back, note, &detail, asked.now)?;
            let withdrawn =
                [write_move(statements, taken_back, asked)?, write_move(statements, note, asked)?];
            let about = About { about: withdrawn[0].id.to_string(), merchant: None, outlet: Some(outlet) };
            let told = format!("WITHDRAWN {subject}");
            raise_alert(statements, AlertKind::SettledByPerson, &about, &told, asked.now)?;
            asked.note(statements, "sync.withdraw", (None, Some(outlet)), subject)?;
            Ok(withdrawn)
        })
    }

    /// What was sealed does not change, so it may be read before. Two devices can have sealed one number: which of the two
    /// is taken back, its authentication code says.
    fn is_whole_cancellation(
        &mut self,
        sight: Sight<'_>,
        original: JobId,
        cancellation: JobId,
    ) -> Result<bool, DeskFault> {
        let [original, place] = self.look(|statements| {
            let mut place = |id| seen(statements, sight, id).map(|seen| seen.job.place);
            Ok([place(original)?, place(cancellation)?])
        })?;
        let (Some(original), Some(row)) = (self.store().at(original)?, self.store().at(place)?) else {
            return Ok(false);
        };
        let auth_code = read(&original)?.signature.auth_code();
        let invoice = row.body.as_deref().and_then(|body| Invoice::read(body.as_bytes()).ok());
        let Some(Reference::Original(named)) = invoice.and_then(|invoice| invoice.reference) else {
            return Ok(false);
        };
        Ok(named.nature == CreditNature::Void && named.auth_code == auth_code)
    }
}
