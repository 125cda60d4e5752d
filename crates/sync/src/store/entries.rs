//! What the follower does to jobs.

use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};

use super::{
    facts::Entry,
    raise::raise,
    rows::{cell, corrupt, number, parsed, seconds},
    writing::{apply, find, wake},
};
use crate::{AlertKind, At, Elements, JobId, course::restored};

/// Makes the job of an invoice; a job that is there stays as it is. Says how many were made.
pub(super) fn insert(statements: &mut dyn Statements, entry: &Entry, now: At) -> Result<usize, StoreFault> {
    let chain = &entry.place.chain;
    let (state, cause) = if entry.is_erased { ("FAILED", "erased") } else { ("PENDING", "sealed") };
    let original = entry.original.as_ref();
    let values = [
        cell(&entry.id),
        cell(&chain.outlet),
        number(chain.epoch.0.into()),
        cell(&chain.signer),
        number(entry.place.position.value()),
        cell(&entry.fiscal),
        cell(&entry.kind.name()),
        seconds(entry.sealed),
        original.map_or(Cell::Null, |original| cell(&original.outlet)),
        original.map_or(Cell::Null, |original| number(original.reference.epoch.0.into())),
        original.map_or(Cell::Null, |original| number(original.reference.number.value())),
        cell(&state),
        number(now.0),
        cell(&cause),
    ];
    let sql = "INSERT INTO sync_jobs (id, outlet, epoch, signer, position, fiscal, kind, sealed, original_outlet, \
         original_epoch, original_number, state, since, due, cause, attempts, recorded, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, 0, 0, 1) ON CONFLICT DO NOTHING";
    let made = statements.execute(sql, &values)?;
    if made == 1 {
        let sql = "SELECT 1 FROM sync_outlets WHERE outlet = $1 AND doubted_before > $2";
        let doubted = statements.query(sql, &[cell(&chain.outlet), number(chain.epoch.0.into())])?;
        if !doubted.is_empty() {
            doubt(statements, entry.id, now)?;
        }
    }
    Ok(usize::from(made == 1))
}

/// Marks a job as one that is not sent because it does not keep the rules (L6); one that was sent stays as it is.
pub(super) fn refuse(
    statements: &mut dyn Statements,
    entry: &Entry,
    causes: &str,
    now: At,
) -> Result<(), StoreFault> {
    let id = cell(&entry.id);
    let old = state_of(statements, &id)?;
    let sql = "UPDATE sync_jobs SET state = 'FAILED', cause = 'non_compliant', since = $1, due = $1, \
         version = version + 1 WHERE id = $2 AND state IN ('PENDING', 'RETRY') AND doubt IS NULL";
    if statements.execute(sql, &[number(now.0), id.clone()])? == 1 {
        pass(statements, &id, old, "FAILED", "non_compliant", causes, now)?;
        let about = entry.fiscal.to_string();
        raise(statements, AlertKind::NonCompliant, &about, Some(entry.place.chain.outlet), now, causes)?;
    }
    Ok(())
}

/// The ledger holds the authority's elements of an invoice: whatever its job says, it is synced.
pub(super) fn note_authority(
    statements: &mut dyn Statements,
    entry: &Entry,
    elements: &Elements,
    now: At,
) -> Result<(), StoreFault> {
    let id = cell(&entry.id);
    let (old, code) = (state_of(statements, &id)?, cell(&elements.code));
    // Our own record of what the job has already.
    let sql = "UPDATE sync_jobs SET recorded = 1 WHERE id = $1 AND code = $2 AND state = 'SYNCED'";
    if statements.execute(sql, &[id.clone(), code.clone()])? == 1 {
        return Ok(());
    }
    let sql = "UPDATE sync_jobs SET state = 'SYNCED', cause = 'recorded', since = $1, doubt = NULL, doubt_cause = NULL, intent = NULL, code = $2, \
         elements = $3, recorded = 1, version = version + 1 WHERE id = $4 AND (code IS NULL OR code = $2)";
    let text = serde_json::to_string(elements).unwrap_or_default();
    if statements.execute(sql, &[number(now.0), code.clone(), Cell::Text(text), id.clone()])? == 1 {
        wake(statements, &id, now)?;
        return pass(statements, &id, old, "SYNCED", "recorded", "", now);
    }
    let (about, said) = (entry.fiscal.to_string(), elements.code.to_string());
    raise(statements, AlertKind::TwoCodes, &about, Some(entry.place.chain.outlet), now, &said)
}

/// Doubts what is left of an outlet's jobs in epochs before one, at most so many; says how many they were.
///
/// Also those that were refused, that differ or are in doubt already: since the backup a person may have let them be
/// tried again.
pub(super) fn doubt_all(
    statements: &mut dyn Statements,
    outlet: OutletId,
    before: u64,
    now: At,
    most: usize,
) -> Result<usize, StoreFault> {
    // What is doubted becomes ambiguous, so those that are come last.
    for state in ["PENDING", "RETRY", "SUBMITTED", "DIFFERS", "FAILED", "AMBIGUOUS"] {
        let sql = "SELECT id FROM sync_jobs WHERE outlet = $1 AND state = $2 AND epoch < $3 \
             AND (doubt_cause IS NULL OR doubt_cause <> 'restored') AND code IS NULL AND cause <> 'erased' LIMIT $4";
        let values = [cell(&outlet), cell(&state), number(before), number(most as u64)];
        let found = statements.query(sql, &values)?;
        for row in &found {
            let id = row.first().and_then(parsed).ok_or_else(|| corrupt("sync_jobs"))?;
            doubt(statements, id, now)?;
        }
        if !found.is_empty() {
            // There may be others of another state.
            return Ok(most);
        }
    }
    Ok(0)
}

/// Whether anybody sends an outlet's invoices.
pub(super) fn has_machine(statements: &mut dyn Statements, outlet: OutletId) -> Result<bool, StoreFault> {
    let sql = "SELECT machine FROM sync_machine_outlets WHERE outlet = $1";
    Ok(!statements.query(sql, &[cell(&outlet)])?.is_empty())
}

/// The authority may have finalised it in a time that a restored backup does not know of: as the course says.
fn doubt(statements: &mut dyn Statements, id: JobId, now: At) -> Result<(), StoreFault> {
    let Some(job) = find(statements, id)? else { return Ok(()) };
    match restored(job, now) {
        Some(made) => apply(statements, &made.into(), "follower"),
        None => Ok(()),
    }
}

fn state_of(statements: &mut dyn Statements, id: &Cell) -> Result<Cell, StoreFault> {
    let rows = statements.query("SELECT state FROM sync_jobs WHERE id = $1", std::slice::from_ref(id))?;
    Ok(rows.first().and_then(|row| row.first()).cloned().unwrap_or(Cell::Null))
}

/// Writes a transition behind those that a job has.
pub(super) fn pass(
    statements: &mut dyn Statements,
    job: &Cell,
    old: Cell,
    new: &str,
    cause: &str,
    detail: &str,
    now: At,
) -> Result<(), StoreFault> {
    let sql = "INSERT INTO sync_transitions (job, ordinal, time, old, new, cause, detail) \
         SELECT CAST($1 AS TEXT), COALESCE(MAX(t.ordinal), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS TEXT), \
         CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT) FROM sync_transitions t WHERE t.job = CAST($1 AS TEXT)";
    let values = [job.clone(), number(now.0), old, cell(&new), cell(&cause), cell(&detail)];
    statements.execute(sql, &values).map(|_| ())
}
