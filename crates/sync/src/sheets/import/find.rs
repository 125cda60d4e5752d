//! Which invoice a row is of.

use std::collections::BTreeMap;

use edef::Uid;

use super::{ResultRow, RowFault};
use crate::{
    Job, JobId, JobState,
    desk::{Desk, DeskFault, JobFilter, Listed, PAGE, Sight, by_fiscal, seen},
    sheets::MOST_ROWS,
};

impl Desk<'_> {
    /// Rows without our number are found among what is in doubt.
    pub(super) fn jobs_by_uid(
        &mut self,
        sight: Sight<'_>,
        rows: &[ResultRow],
    ) -> Result<BTreeMap<Uid, JobId>, DeskFault> {
        let mut found = BTreeMap::new();
        if rows.iter().all(|row| row.fiscal.is_some()) {
            return Ok(found);
        }
        for listed in self.in_doubt(sight)? {
            found.extend(listed.job.uid().map(|uid| (uid.clone(), listed.job.id)));
        }
        Ok(found)
    }

    /// All that a person may settle, at most as many as a file has rows.
    pub(in crate::sheets) fn in_doubt(&mut self, sight: Sight<'_>) -> Result<Vec<Listed>, DeskFault> {
        let states = vec![JobState::Ambiguous, JobState::SyncedWithoutCode];
        let (filter, mut all, mut after) = (JobFilter { states, ..JobFilter::default() }, Vec::new(), None);
        loop {
            let page = self.jobs(sight, &filter, after, PAGE)?;
            let is_last = page.len() < PAGE;
            after = page.last().map(Listed::cursor);
            all.extend(page);
            if is_last || all.len() >= MOST_ROWS {
                return Ok(all);
            }
        }
    }

    pub(super) fn job_of_row(
        &mut self,
        sight: Sight<'_>,
        row: &ResultRow,
        by_uid: &BTreeMap<Uid, JobId>,
    ) -> Result<Result<Job, RowFault>, DeskFault> {
        self.look(|statements| {
            let mut found = match (&row.fiscal, row.uid.as_ref().and_then(|uid| by_uid.get(uid))) {
                (Some(fiscal), _) => by_fiscal(statements, fiscal)?,
                (None, Some(id)) => vec![seen(statements, sight, *id)?],
                (None, None) => Vec::new(),
            };
            found.retain(|listed| sight.covers(listed.job.place.chain.outlet));
            // Of two records of one number a person chooses.
            let [Listed { job, .. }] = found.as_slice() else { return Ok(Err(RowFault::UnknownInvoice)) };
            Ok(Ok(job.clone()))
        })
    }
}
