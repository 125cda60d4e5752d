//! What became so lately, for who is told of it.

use std::cmp::Reverse;

use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};

use super::{Desk, DeskFault, Listed, write::listed};
use crate::{
    At, JobState,
    store::rows::{at, cell, job_columns, number, parsed},
};

impl Desk<'_> {
    /// The outlets of which an invoice needs a person since a time.
    pub fn troubled_since(&mut self, since: At) -> Result<Vec<OutletId>, DeskFault> {
        self.look(|statements| {
            let sql = "SELECT DISTINCT outlet FROM sync_jobs WHERE state IN ('FAILED', 'AMBIGUOUS', 'DIFFERS') \
                 AND state <> 'SYNCED' AND state <> 'WITHDRAWN' AND since >= $1 ORDER BY outlet";
            let rows = statements.query(sql, &[at(since)])?;
            // One that cannot be read is alerted by who drives it, and hides no other.
            Ok(rows.iter().filter_map(|row| parsed(row.first()?)).collect())
        })
    }

    /// The invoices of some outlets that need a person since a time, the newest first, at most so many.
    pub fn trouble_since(
        &mut self,
        outlets: &[OutletId],
        since: At,
        most: usize,
    ) -> Result<Vec<Listed>, DeskFault> {
        self.look(|statements| {
            let mut found = Vec::new();
            for outlet in outlets {
                for state in [JobState::Failed, JobState::Ambiguous, JobState::Differs] {
                    found.extend(newest(statements, *outlet, state, since, most)?);
                }
                found.sort_by_key(|listed: &Listed| (Reverse(listed.job.since), listed.job.id));
                found.truncate(most);
            }
            Ok(found)
        })
    }
}

fn newest(
    statements: &mut dyn Statements,
    outlet: OutletId,
    state: JobState,
    since: At,
    most: usize,
) -> Result<Vec<Listed>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        ", j.cause FROM sync_jobs j WHERE j.outlet = $1 AND j.state = $2 AND j.since >= $3 \
         ORDER BY j.since DESC, j.id LIMIT $4"
    );
    let values: [Cell; 4] = [cell(&outlet), cell(&state), at(since), number(most as u64)];
    Ok(statements.query(sql, &values)?.iter().filter_map(|row| listed(row).ok()).collect())
}
