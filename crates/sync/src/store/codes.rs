//! Codes of the authority, kept and noted.

use ledger::{Cell, Statements, StoreFault};

use super::{
    entries::pass,
    raise::raise,
    rows::{cell, maybe},
    writing::{Noted, Outcome, alert, find, update_job},
};
use crate::{AlertKind, At, Cause, Elements, Job, JobId, JobState, Kept, Transition};

/// A code is never thrown away (rule 4 of how an invoice is finalised at most once).
pub(super) fn keep_code(
    statements: &mut dyn Statements,
    mark: &str,
    id: JobId,
    elements: &Elements,
    now: At,
) -> Result<Outcome, StoreFault> {
    let Some(found) = find(statements, id)? else { return Ok(Outcome::NotFound) };
    let (cause, kept) = match &found.elements {
        None => (Cause::CodeKept, Kept::Done),
        Some(known) if known.code == elements.code && known.source >= elements.source => {
            return Ok(Outcome::Kept(Kept::Already));
        }
        Some(known) if known.code == elements.code => (Cause::CodeKept, Kept::Already),
        Some(_) => (Cause::TwoCodes, Kept::TwoCodes),
    };
    let wins = found.elements.as_ref().is_none_or(|known| known.source < elements.source);
    let detail = match &found.elements {
        Some(known) if kept == Kept::TwoCodes => format!("{} {}", known.code, elements.code),
        _ => elements.code.to_string(),
    };
    if kept == Kept::TwoCodes && is_told(statements, id, cause, &detail)? {
        return Ok(Outcome::Kept(kept));
    }
    let old = cell(&found.state);
    let to = if wins { JobState::Synced } else { found.state };
    let told = Transition { job: id, at: now, from: Some(found.state), to, cause, detail };
    if wins {
        let job = Job {
            state: JobState::Synced,
            since: if found.state == JobState::Synced { found.since } else { now },
            intent: None,
            doubt: None,
            error: None,
            elements: Some(elements.clone()),
            recorded: false,
            ..found.clone()
        };
        update_job(statements, &job, Some(&told), mark)?;
    }
    pass(statements, &cell(&id), old, to.name(), cause.name(), &told.detail, now)?;
    alert(statements, &told)?;
    tell_of_others(statements, &found, elements, now)?;
    Ok(Outcome::Kept(kept))
}

/// The authority gave a code that another invoice of the same taxpayer has. What it says is kept; which of them has it wrongly
/// is for a person to find out.
pub(super) fn tell_of_others(
    statements: &mut dyn Statements,
    job: &Job,
    elements: &Elements,
    now: At,
) -> Result<(), StoreFault> {
    // One whose e-MCF nobody knows any more may be his.
    let sql = "SELECT j.fiscal FROM sync_jobs j LEFT JOIN sync_machines m ON m.id = j.machine \
         WHERE j.code = $1 AND j.id <> $2 \
         AND (m.nif IS NULL OR m.nif = COALESCE((SELECT o.nif FROM sync_machines o WHERE o.id = $3), m.nif)) LIMIT 3";
    let values = [cell(&elements.code), cell(&job.id), maybe(job.machine.as_ref(), cell)];
    let rows = statements.query(sql, &values)?;
    let others: Vec<_> = rows.iter().filter_map(|row| row.first().and_then(Cell::text)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let detail = format!("{} is the code of {}, too", elements.code, others.join(", "));
    raise(statements, AlertKind::TwoCodes, &job.id.to_string(), None, now, &detail)
}

fn is_told(
    statements: &mut dyn Statements,
    id: JobId,
    cause: Cause,
    detail: &str,
) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_transitions WHERE job = $1 AND cause = $2 AND detail = $3";
    Ok(!statements.query(sql, &[cell(&id), cell(&cause), cell(&detail)])?.is_empty())
}

pub(super) fn recorded(
    statements: &mut dyn Statements,
    mark: &str,
    noted: &Noted,
    now: At,
) -> Result<(), StoreFault> {
    let sql = "UPDATE sync_jobs SET recorded = 1, version = version + 1, written_by = $1 \
         WHERE id = $2 AND code = $3 AND recorded = 0";
    let changed = statements.execute(sql, &[cell(&mark), cell(&noted.job), cell(&noted.code)])?;
    if let Some(why) = noted.refused.as_ref().filter(|_| changed == 1) {
        raise(statements, AlertKind::NotRecorded, &noted.job.to_string(), None, now, why)?;
    }
    Ok(())
}
