//! What every change of the desk writes.

use fiscal::OutletId;
use ledger::{Act, By, Statements, StoreFault, write_act};
use registry::MerchantId;

use super::{Asked, DeskFault, Listed, Sight};
use crate::{
    Job, JobId,
    course::Move,
    store::{
        apply, find,
        rows::{cell, corrupt, job, job_columns},
    },
};

impl Asked<'_> {
    /// Notes what was done, in the transaction that does it. The act is the merchant's also when the platform did it.
    pub(crate) fn note(
        self,
        statements: &mut dyn Statements,
        action: &'static str,
        (merchant, outlet): (Option<&MerchantId>, Option<OutletId>),
        subject: String,
    ) -> Result<(), StoreFault> {
        // An id of a merchant is always such a name.
        let tenant = merchant.and_then(|id| id.as_str().parse().ok()).or_else(|| self.by.tenant.clone());
        let by = By { tenant, ..self.by.clone() };
        write_act(statements, &Act { time: self.time(), by, action, outlet, subject })
    }
}

/// A job with the cause of its state, in the order of `job_columns!` and `j.cause`.
pub(crate) fn listed(row: &[ledger::Cell]) -> Result<Listed, StoreFault> {
    let (cause, columns) = row.split_last().ok_or_else(|| corrupt("sync_jobs"))?;
    let cause = cause.text().ok_or_else(|| corrupt("sync_jobs"))?.to_owned();
    Ok(Listed { job: job(columns)?, cause })
}

/// A job that somebody sees.
pub(crate) fn seen(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
    id: JobId,
) -> Result<Listed, DeskFault> {
    let sql = concat!("SELECT ", job_columns!(), ", j.cause FROM sync_jobs j WHERE j.id = $1");
    let rows = statements.query(sql, &[cell(&id)])?;
    let found = rows.iter().map(|row| listed(row)).next().transpose()?;
    found.filter(|found| sight.covers(found.job.place.chain.outlet)).ok_or(DeskFault::NotFound("invoice"))
}

/// Writes a job as it becomes, with why, and reads it as it is then. What was read in this transaction stands until its end.
pub(crate) fn write_move(
    statements: &mut dyn Statements,
    made: Move,
    asked: Asked<'_>,
) -> Result<Job, StoreFault> {
    let id = made.job.id;
    apply(statements, &made.into(), &format!("desk-{}", asked.by.request))?;
    find(statements, id)?.ok_or_else(|| corrupt("sync_jobs"))
}
