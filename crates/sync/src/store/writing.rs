//! What is written of jobs and machines, each in one transaction that may hold others' too. Changes of all processes come
//! one after the other, so what was read in one stays so until it is done.

use edef::AuthorityCode;
use ledger::{Cell, Statements, StoreFault};

use super::{
    codes::{keep_code, recorded, tell_of_others},
    entries::pass,
    raise::raise,
    rows::{at, cell, count, job, job_columns, json, machine_state_cells, maybe, number, seconds},
};
use crate::{
    AlertKind, At, Cause, Change, Elements, Job, JobId, JobState, Kept, Lease, Machine, Transition, Written,
};

/// One thing to be written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    /// A name that no other write has: by it one whose outcome is unknown is found again.
    pub(crate) mark: String,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Of a lane, under its lease.
    Changes(Lease, Vec<Change>),
    /// A code of the authority, whoever holds the lease.
    Code(JobId, Box<Elements>, At),
    /// The ledger has the elements of these jobs, or will not have them.
    Recorded(Vec<Noted>, At),
}

/// What became of elements that the ledger was given.
#[derive(Clone, Debug)]
pub(crate) struct Noted {
    pub(crate) job: JobId,
    pub(crate) code: AuthorityCode,
    /// Why the ledger does not have them.
    pub(crate) refused: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Changes(Vec<Written>),
    LeaseLost,
    Kept(Kept),
    Recorded,
    NotFound,
}

impl Writing {
    /// How many rows it changes, about.
    pub(crate) fn weight(&self) -> usize {
        match &self.what {
            What::Changes(_, changes) => {
                changes.iter().map(|change| 1 + change.jobs.len() + change.transitions.len()).sum()
            }
            What::Code(..) => 2,
            What::Recorded(all, _) => all.len(),
        }
    }

    /// Whether it has what nobody can ask the authority for again.
    pub(crate) fn has_code(&self) -> bool {
        match &self.what {
            What::Changes(_, changes) => {
                changes.iter().flat_map(|change| &change.jobs).any(|job| job.state == JobState::Synced)
            }
            What::Code(..) => true,
            What::Recorded(..) => false,
        }
    }

    /// Writes it. `again` when it may have been written before: then it is looked for first.
    pub(crate) fn write(&self, statements: &mut dyn Statements, again: bool) -> Result<Outcome, StoreFault> {
        match &self.what {
            What::Changes(lease, changes) => self.changes(statements, lease, changes, again),
            What::Code(job, elements, now) => keep_code(statements, &self.mark, *job, elements, *now),
            What::Recorded(all, now) => {
                for noted in all {
                    recorded(statements, &self.mark, noted, *now)?;
                }
                Ok(Outcome::Recorded)
            }
        }
    }

    fn changes(
        &self,
        statements: &mut dyn Statements,
        lease: &Lease,
        changes: &[Change],
        again: bool,
    ) -> Result<Outcome, StoreFault> {
        let sql = "SELECT 1 FROM sync_machines WHERE id = $1 AND lease_holder = $2 AND fence = $3";
        let held = [cell(&lease.machine), cell(&lease.holder), number(lease.fence)];
        // What was written under a lease that is lost since is written.
        let is_held = !statements.query(sql, &held)?.is_empty();
        let mut written = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let mark = format!("{}-{index}", self.mark);
            let stands = match current(statements, change, &mark, again)? {
                Stands::Ours => Written::Done,
                Stands::AsRead if is_held => {
                    apply(statements, change, &mark)?;
                    tell_of_confirmed(statements, change)?;
                    Written::Done
                }
                Stands::AsRead => return Ok(Outcome::LeaseLost),
                Stands::Other => Written::Overtaken,
            };
            written.push(stands);
        }
        if !is_held && written.iter().all(|one| *one == Written::Overtaken) {
            return Ok(Outcome::LeaseLost);
        }
        Ok(Outcome::Changes(written))
    }
}

/// What is in the database in the place of a change.
enum Stands {
    /// What was read before.
    AsRead,
    /// The change.
    Ours,
    /// What somebody else wrote.
    Other,
}

fn current(
    statements: &mut dyn Statements,
    change: &Change,
    mark: &str,
    again: bool,
) -> Result<Stands, StoreFault> {
    let mut rows = Vec::new();
    for job in &change.jobs {
        let sql = "SELECT version, written_by FROM sync_jobs WHERE id = $1";
        rows.push((statements.query(sql, &[cell(&job.id)])?, job.version));
    }
    if let Some(machine) = &change.machine {
        let sql = "SELECT version, written_by FROM sync_machines WHERE id = $1";
        rows.push((statements.query(sql, &[cell(&machine.id)])?, machine.version));
    }
    let mut stands = Stands::AsRead;
    for (found, read) in rows {
        let found = found.first().map(|row| (row.first().and_then(count), row.get(1).and_then(Cell::text)));
        match found {
            // It was written as a whole, so one row is enough.
            Some((_, Some(by))) if again && by == mark => return Ok(Stands::Ours),
            Some((Some(version), _)) if version == read => {}
            _ => stands = Stands::Other,
        }
    }
    Ok(stands)
}

pub(crate) fn apply(statements: &mut dyn Statements, change: &Change, mark: &str) -> Result<(), StoreFault> {
    for job in &change.jobs {
        let told = change.transitions.iter().rev().find(|transition| transition.job == job.id);
        update_job(statements, job, told, mark)?;
    }
    for told in &change.transitions {
        let old = told.from.map_or(Cell::Null, |state| cell(&state));
        pass(statements, &cell(&told.job), old, told.to.name(), told.cause.name(), &told.detail, told.at)?;
        alert(statements, told)?;
    }
    if let Some(machine) = &change.machine {
        update_machine(statements, machine, mark)?;
    }
    Ok(())
}

/// A code that a lane writes is the authority's own answer.
fn tell_of_confirmed(statements: &mut dyn Statements, change: &Change) -> Result<(), StoreFault> {
    for told in change.transitions.iter().filter(|told| told.cause == Cause::Confirmed) {
        let job = change.jobs.iter().find(|job| job.id == told.job);
        let Some((job, elements)) = job.and_then(|job| Some((job, job.elements.as_ref()?))) else { continue };
        tell_of_others(statements, job, elements, told.at)?;
    }
    Ok(())
}

/// What a person has to look at is an alert as soon as it is so.
pub(super) fn alert(statements: &mut dyn Statements, told: &Transition) -> Result<(), StoreFault> {
    let kind = match told.cause {
        Cause::TwoCodes => AlertKind::TwoCodes,
        Cause::Contradicted => AlertKind::Contradicted,
        _ => return Ok(()),
    };
    raise(statements, kind, &told.job.to_string(), None, told.at, &told.detail)
}

/// The row as it becomes. `cause` changes with what is told only.
pub(super) fn update_job(
    statements: &mut dyn Statements,
    job: &Job,
    told: Option<&Transition>,
    mark: &str,
) -> Result<(), StoreFault> {
    let values = [
        maybe(job.machine.as_ref(), cell),
        cell(&job.state),
        at(job.since),
        at(due(job)),
        told.map_or(Cell::Null, |told| cell(&told.cause)),
        number(job.attempts.into()),
        maybe(job.intent.as_ref(), json),
        maybe(job.requested.as_ref(), |time| at(*time)),
        maybe(job.expires.as_ref(), |time| at(*time)),
        maybe(job.confirming_since.as_ref(), |time| at(*time)),
        maybe(job.last_confirm.as_ref(), |time| at(*time)),
        maybe(job.doubt.as_ref(), json),
        maybe(job.doubt.as_ref(), |doubt| cell(&doubt.cause)),
        maybe(job.difference.as_ref(), cell),
        maybe(job.elements.as_ref(), json),
        maybe(job.elements.as_ref(), |elements| cell(&elements.code)),
        number(job.recorded.into()),
        maybe(job.error.as_ref(), json),
        cell(&mark),
        cell(&job.id),
        number(job.version),
    ];
    let sql = "UPDATE sync_jobs SET machine = $1, state = $2, since = $3, due = $4, cause = COALESCE($5, cause), \
         attempts = $6, intent = $7, requested = $8, expires = $9, confirming_since = $10, last_confirm = $11, \
         doubt = $12, doubt_cause = $13, difference = $14, elements = $15, code = $16, recorded = $17, error = $18, \
         version = version + 1, written_by = $19 WHERE id = $20 AND version = $21";
    statements.execute(sql, &values)?;
    let now = told.map_or(job.since, |told| told.at);
    if job.state == JobState::Synced { wake(statements, &cell(&job.id), now) } else { Ok(()) }
}

/// What only counters or a person settle is never due by itself.
fn due(job: &Job) -> At {
    let is_read = job.state != JobState::Ambiguous || job.intent.is_none();
    match job.due {
        _ if job.is_for_a_person() => At::NEVER,
        At::NEVER if is_read => job.since,
        due => due,
    }
}

/// Those that wait for a job as their original are due.
pub(super) fn wake(statements: &mut dyn Statements, original: &Cell, now: At) -> Result<(), StoreFault> {
    let sql = "SELECT j.outlet, j.epoch, j.fiscal FROM sync_jobs j WHERE j.id = $1";
    let rows = statements.query(sql, std::slice::from_ref(original))?;
    let read = |row: &Vec<Cell>| {
        let [outlet, epoch, fiscal] = row.as_slice() else { return None };
        let fiscal: fiscal::FiscalNumber = fiscal.text()?.parse().ok()?;
        Some([outlet.clone(), epoch.clone(), number(fiscal.number.value())])
    };
    let Some([outlet, epoch, of]) = rows.first().and_then(read) else { return Ok(()) };
    let sql = "UPDATE sync_jobs SET due = $1, version = version + 1 WHERE original_outlet = $2 AND original_epoch = $3 \
         AND original_number = $4 AND cause IN ('waits_for_original', 'original_stuck') AND state = 'RETRY' AND due > $1";
    statements.execute(sql, &[at(now), outlet, epoch, of]).map(|_| ())
}

/// What a lane may change of a machine. What people set stays as it is: they raise the version, too.
fn update_machine(statements: &mut dyn Statements, machine: &Machine, mark: &str) -> Result<(), StoreFault> {
    let [state, note, since] = machine_state_cells(&machine.state);
    let values = [
        maybe(machine.nim.as_ref(), cell),
        maybe(machine.token_expires.as_ref(), |time| seconds(*time)),
        number(machine.generation),
        state,
        note,
        since,
        number(machine.breaker.failures.into()),
        number(machine.breaker.trips.into()),
        maybe(machine.breaker.open_until.as_ref(), |time| at(*time)),
        maybe(machine.baseline.as_ref(), json),
        number(machine.era.0),
        Cell::Integer(machine.clock_offset_ms),
        cell(&mark),
        cell(&machine.id),
        number(machine.version),
    ];
    let sql = "UPDATE sync_machines SET nim = $1, token_expires = $2, generation = $3, state = $4, state_note = $5, \
         state_since = $6, failures = $7, trips = $8, open_until = $9, baseline = $10, era = $11, clock_offset = $12, \
         version = version + 1, written_by = $13 WHERE id = $14 AND version = $15";
    statements.execute(sql, &values).map(|_| ())
}

/// A job by its id.
pub(crate) fn find(statements: &mut dyn Statements, id: JobId) -> Result<Option<Job>, StoreFault> {
    let sql = concat!("SELECT ", job_columns!(), " FROM sync_jobs j WHERE j.id = $1");
    statements.query(sql, &[cell(&id)])?.iter().map(|row| job(row)).next().transpose()
}
