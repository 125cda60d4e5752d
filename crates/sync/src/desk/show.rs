//! One invoice with all that is known of it.

use fiscal::FiscalNumber;
use ledger::{Statements, StoreFault};

use super::{
    Desk, DeskFault, JobFile, Listed, Sight,
    machines::find_machine,
    write::{listed, seen},
};
use crate::{
    Job, JobId, Original, Transition,
    store::rows::{cell, job_columns, number, transition, transition_columns},
};

/// So many others in doubt are shown.
const CANDIDATES: u64 = 50;

impl Desk<'_> {
    /// An invoice by the hash of its record.
    pub fn job(&mut self, sight: Sight<'_>, id: JobId) -> Result<JobFile, DeskFault> {
        self.look(|statements| {
            let listed = seen(statements, sight, id)?;
            let machine = match &listed.job.machine {
                Some(machine) => find_machine(statements, machine)?,
                None => None,
            };
            let original = match listed.job.original {
                Some(original) => original_of(statements, original)?,
                None => None,
            };
            Ok(JobFile {
                transitions: transitions(statements, id)?,
                candidates: candidates(statements, sight, &listed.job)?,
                machine,
                original: original.filter(|found| sight.covers(found.job.place.chain.outlet)),
                listed,
            })
        })
    }

    /// The invoice of which something is said by its fiscal number: there has to be one of that number.
    pub fn only_job_of(&mut self, sight: Sight<'_>, fiscal: &FiscalNumber) -> Result<Listed, DeskFault> {
        let mut found = self.look(|statements| Ok(by_fiscal(statements, fiscal)?))?;
        found.retain(|found| sight.covers(found.job.place.chain.outlet));
        match <[Listed; 1]>::try_from(found) {
            Ok([one]) => Ok(one),
            Err(none) if none.is_empty() => Err(DeskFault::NotFound("invoice")),
            Err(all) => {
                let records = all.into_iter().map(|listed| listed.job.id).collect();
                Err(DeskFault::TwoRecords { number: *fiscal, records })
            }
        }
    }

    /// An invoice by its fiscal number, of several the one that changed last; none before the agent has found it in the
    /// ledger.
    pub fn job_of(&mut self, sight: Sight<'_>, fiscal: &FiscalNumber) -> Result<Option<Listed>, DeskFault> {
        self.look(|statements| {
            let found = by_fiscal(statements, fiscal)?.into_iter();
            Ok(found
                .filter(|found| sight.covers(found.job.place.chain.outlet))
                .max_by_key(|found| found.job.since))
        })
    }
}

/// The jobs of a fiscal number: one, unless a device sealed behind a forced hand-over.
pub(crate) fn by_fiscal(
    statements: &mut dyn Statements,
    fiscal: &FiscalNumber,
) -> Result<Vec<Listed>, StoreFault> {
    let sql = concat!("SELECT ", job_columns!(), ", j.cause FROM sync_jobs j WHERE j.fiscal = $1");
    statements.query(sql, &[cell(fiscal)])?.iter().map(|row| listed(row)).collect()
}

fn transitions(statements: &mut dyn Statements, id: JobId) -> Result<Vec<Transition>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        transition_columns!(),
        " FROM sync_transitions t WHERE t.job = $1 ORDER BY t.ordinal"
    );
    statements.query(sql, &[cell(&id)])?.iter().map(|row| transition(row)).collect()
}

/// Others of the machine in doubt: the counters count all of them.
fn candidates(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
    job: &Job,
) -> Result<Vec<Listed>, StoreFault> {
    let Some(machine) = job.machine.as_ref().filter(|_| job.doubt.is_some()) else { return Ok(Vec::new()) };
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        ", j.cause FROM sync_jobs j WHERE j.machine = $1 AND j.id <> $2 \
         AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') AND j.doubt_cause IS NOT NULL \
         ORDER BY j.since, j.id LIMIT $3"
    );
    let rows = statements.query(sql, &[cell(machine), cell(&job.id), number(CANDIDATES)])?;
    let found = rows.iter().map(|row| listed(row)).collect::<Result<Vec<_>, _>>()?;
    Ok(found.into_iter().filter(|found| sight.covers(found.job.place.chain.outlet)).collect())
}

/// The original's number is the one of its fiscal number.
pub(crate) fn original_of(
    statements: &mut dyn Statements,
    original: Original,
) -> Result<Option<Listed>, StoreFault> {
    let Original { outlet, reference } = original;
    let rows = statements.query("SELECT prefix FROM outlets WHERE id = $1", &[cell(&outlet)])?;
    let prefix = rows.first().and_then(|row| row.first()?.text()?.parse().ok());
    let Some(prefix) = prefix else { return Ok(None) };
    let fiscal = FiscalNumber { prefix, epoch: reference.epoch, number: reference.number };
    let found = by_fiscal(statements, &fiscal)?.into_iter();
    Ok(found.filter(|found| found.job.place.chain.outlet == outlet).max_by_key(|found| found.job.since))
}
