//! What a lane asks of jobs and machines. Each question is answered by an index, however many jobs there are.

use std::time::Duration;

use fiscal::OutletId;
use ledger::{Cell, LedgerStore, Statements, StoreFault};

use super::{
    look,
    rows::{
        at, cell, corrupt, count, job, job_columns, machine, machine_columns, maybe, number, parsed, read_at,
    },
};
use crate::{At, Era, Job, JobId, Machine, MachineId};

/// Nothing is put off for longer, but what waits for an original.
pub(super) const PUT_OFF: Duration = Duration::from_secs(7_200);

/// A machine and its outlets.
pub(crate) fn machine_of(
    statements: &mut dyn Statements,
    id: &MachineId,
) -> Result<Option<Machine>, StoreFault> {
    let sql = concat!("SELECT ", machine_columns!(), " FROM sync_machines m WHERE m.id = $1");
    let rows = statements.query(sql, &[cell(id)])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let outlets = outlets(statements, OUTLETS, id)?;
    machine(row, outlets).map(Some)
}

const OUTLETS: &str = "SELECT outlet FROM sync_machine_outlets WHERE machine = $1 ORDER BY outlet";

/// The outlets whose invoices go to a machine.
pub(crate) fn outlets_of(store: &mut dyn LedgerStore, id: &MachineId) -> Result<Vec<OutletId>, StoreFault> {
    look(store, |statements| outlets(statements, OUTLETS, id))
}

/// What a machine's row had when it was read. Whoever changes it, or its outlets, raises it.
pub(crate) fn machine_version(
    statements: &mut dyn Statements,
    id: &MachineId,
) -> Result<Option<u64>, StoreFault> {
    let rows = statements.query("SELECT m.version FROM sync_machines m WHERE m.id = $1", &[cell(id)])?;
    let read = |row: &Vec<Cell>| row.first().and_then(count).ok_or_else(|| corrupt("sync_machines"));
    rows.first().map(read).transpose()
}

fn outlets(
    statements: &mut dyn Statements,
    sql: &'static str,
    id: &MachineId,
) -> Result<Vec<OutletId>, StoreFault> {
    let rows = statements.query(sql, &[cell(id)])?;
    let outlet =
        |row: &Vec<Cell>| row.first().and_then(parsed).ok_or_else(|| corrupt("sync_machine_outlets"));
    rows.iter().map(outlet).collect()
}

/// Whether the authority has answered to another merchant's token as this machine, which works.
///
/// A number stands on each receipt, so that anybody can enter it: it is his to whose token the authority answered first.
pub(crate) fn is_anothers(statements: &mut dyn Statements, machine: &Machine) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_machines WHERE url = $1 AND nim = $2 AND merchant <> $3 \
         AND state <> 'stopped' AND (era > 0 OR clock_offset <> 0) LIMIT 1";
    let values = [cell(&machine.url), maybe(machine.nim.as_ref(), cell), cell(&machine.merchant)];
    Ok(!statements.query(sql, &values)?.is_empty())
}

/// What is due at a machine, in turn over its outlets from the one after `last` on, and in each the oldest first.
///
/// Nothing of an outlet is due before the beginning of its newest epoch was read, and what that puts in doubt is doubted.
pub(crate) fn due(
    statements: &mut dyn Statements,
    id: &MachineId,
    last: Option<OutletId>,
    now: At,
    most: usize,
) -> Result<Jobs, StoreFault> {
    let ready = "SELECT x.outlet FROM sync_machine_outlets x JOIN sync_outlets s ON s.outlet = x.outlet \
         JOIN heads h ON h.outlet = x.outlet WHERE x.machine = $1 AND s.sweeping = 0 AND s.epoch >= h.epoch \
         ORDER BY x.outlet";
    let mut ready = outlets(statements, ready, id)?;
    let first = ready.partition_point(|outlet| last.is_some_and(|last| *outlet <= last));
    ready.rotate_left(first);
    let (mut waiting, mut broken) = (Vec::new(), Vec::new());
    for outlet in ready {
        let (found, unread) = due_of(statements, outlet, now, most)?;
        broken.extend(unread);
        if !found.is_empty() {
            waiting.push(found.into_iter());
        }
        // Each of them gives one.
        if waiting.len() == most {
            break;
        }
    }
    let mut taken = Vec::new();
    while taken.len() < most && !waiting.is_empty() {
        waiting.retain_mut(|outlet| match outlet.next() {
            Some(job) if taken.len() < most => {
                taken.push(job);
                true
            }
            _ => false,
        });
    }
    Ok((taken, broken))
}

fn due_of(
    statements: &mut dyn Statements,
    outlet: OutletId,
    now: At,
    most: usize,
) -> Result<Jobs, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j WHERE j.outlet = $1 AND j.state IN ('PENDING', 'RETRY') AND j.due <= $2 \
         ORDER BY j.due, j.sealed, j.id LIMIT $3"
    );
    let found = readable(&statements.query(sql, &[cell(&outlet), at(now), number(most as u64)])?)?;
    if !found.0.is_empty() {
        return Ok(found);
    }
    // Put off by a clock that was ahead.
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j WHERE j.outlet = $1 AND j.state IN ('PENDING', 'RETRY') AND j.due > $2 \
         AND j.cause NOT IN ('waits_for_original', 'original_stuck') ORDER BY j.due, j.sealed, j.id LIMIT $3"
    );
    let late = at(now.plus(PUT_OFF));
    let (jobs, broken) = readable(&statements.query(sql, &[cell(&outlet), late, number(most as u64)])?)?;
    Ok((jobs, [found.1, broken].concat()))
}

/// The jobs of a machine of which something may be out or unknown, the oldest first.
pub(crate) fn open(statements: &mut dyn Statements, id: &MachineId, most: usize) -> Result<Jobs, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
         WHERE j.machine = $1 AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
         AND s.sweeping = 0 AND s.epoch >= h.epoch ORDER BY j.since, j.id LIMIT $2"
    );
    readable(&statements.query(sql, &[cell(id), number(most as u64)])?)
}

/// What is SUBMITTED at a machine, the oldest first.
pub(crate) fn submitted(
    statements: &mut dyn Statements,
    id: &MachineId,
    most: usize,
) -> Result<Jobs, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
         WHERE j.machine = $1 AND j.state = 'SUBMITTED' AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
         AND s.sweeping = 0 AND s.epoch >= h.epoch ORDER BY j.since, j.id LIMIT $2"
    );
    readable(&statements.query(sql, &[cell(id), number(most as u64)])?)
}

/// The doubts of which a reading of the list may say something, the newest first.
pub(crate) fn asked(
    statements: &mut dyn Statements,
    id: &MachineId,
    most: usize,
) -> Result<Jobs, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
         WHERE j.machine = $1 AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
         AND j.state = 'AMBIGUOUS' AND j.due < $2 \
         AND s.sweeping = 0 AND s.epoch >= h.epoch ORDER BY j.since DESC, j.id DESC LIMIT $3"
    );
    readable(&statements.query(sql, &[cell(id), at(At::NEVER), number(most as u64)])?)
}

/// The doubts about which counters of an era decide, the oldest first.
pub(crate) fn of_era(
    statements: &mut dyn Statements,
    id: &MachineId,
    era: Era,
    most: usize,
) -> Result<Jobs, StoreFault> {
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j JOIN sync_outlets s ON s.outlet = j.outlet JOIN heads h ON h.outlet = j.outlet \
         WHERE j.machine = $1 AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') \
         AND j.doubt LIKE '%\"era\":' || CAST($2 AS TEXT) || ',%' \
         AND s.sweeping = 0 AND s.epoch >= h.epoch ORDER BY j.since, j.id LIMIT $3"
    );
    readable(&statements.query(sql, &[cell(id), cell(&era.0), number(most as u64)])?)
}

/// How many confirms were lost after a time, and when the newest.
pub(crate) fn lost_confirms(
    statements: &mut dyn Statements,
    id: &MachineId,
    after: At,
) -> Result<(u64, Option<At>), StoreFault> {
    let sql = "SELECT count(*), MAX(j.since) FROM sync_jobs j WHERE j.machine = $1 \
         AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE') AND j.since > $2 \
         AND j.doubt_cause IN ('confirm_lost', 'gone_too_late')";
    let rows = statements.query(sql, &[cell(id), at(after)])?;
    let read = |row: &Vec<Cell>| {
        let [lost, newest] = row.as_slice() else { return None };
        Some((count(lost)?, read_at(newest)))
    };
    rows.first().and_then(read).ok_or_else(|| corrupt("sync_jobs"))
}

/// Jobs, and what of the rows cannot be read.
pub(crate) type Jobs = (Vec<Job>, Vec<String>);

/// A row that cannot be read stops its own job, and no other.
fn readable(rows: &[Vec<Cell>]) -> Result<Jobs, StoreFault> {
    let (mut jobs, mut broken) = (Vec::new(), Vec::new());
    for row in rows {
        match job(row) {
            Ok(job) => jobs.push(job),
            Err(StoreFault::Corrupt(what)) => broken.push(what),
            Err(fault) => return Err(fault),
        }
    }
    Ok((jobs, broken))
}

pub(crate) fn open_count(statements: &mut dyn Statements, id: &MachineId) -> Result<u64, StoreFault> {
    let sql = "SELECT count(*) FROM sync_jobs j WHERE j.machine = $1 \
         AND j.state IN ('SUBMITTED', 'AMBIGUOUS', 'SYNCED_WITHOUT_CODE')";
    let rows = statements.query(sql, &[cell(id)])?;
    rows.first().and_then(|row| count(row.first()?)).ok_or_else(|| corrupt("sync_jobs"))
}

pub(crate) fn unrecorded(
    statements: &mut dyn Statements,
    id: &MachineId,
    most: usize,
) -> Result<Vec<JobId>, StoreFault> {
    let sql = "SELECT j.id FROM sync_jobs j WHERE j.machine = $1 AND j.state = 'SYNCED' AND j.recorded = 0 \
         ORDER BY j.since, j.id LIMIT $2";
    let rows = statements.query(sql, &[cell(id), number(most as u64)])?;
    rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("sync_jobs"))).collect()
}

/// Jobs of whichever machine whose elements are not in the ledger yet, but of those of some outlets.
pub(crate) fn to_record(
    statements: &mut dyn Statements,
    but: &[OutletId],
    most: usize,
) -> Result<Jobs, StoreFault> {
    let but: String = but.iter().map(|outlet| format!("|{outlet}|")).collect();
    let sql = concat!(
        "SELECT ",
        job_columns!(),
        " FROM sync_jobs j WHERE j.state = 'SYNCED' AND j.recorded = 0 \
         AND replace($1, '|' || j.outlet || '|', '') = $1 ORDER BY j.since, j.id LIMIT $2"
    );
    readable(&statements.query(sql, &[cell(&but), number(most as u64)])?)
}
