//! What the metrics say.

use ledger::{Cell, Statements, StoreFault};

use super::{
    Desk, DeskFault, Figures, Sight,
    jobs::{SETTLED, handed_out},
};
use crate::{
    At, JobState, Problem,
    store::rows::{cell, corrupt, count, from_json, parsed, time},
};

/// Errors are counted over at most so many invoices of each state, the oldest.
const SAMPLE: i64 = 10_000;

impl Desk<'_> {
    /// The figures of all outlets and machines now.
    pub fn figures(&mut self, now: At) -> Result<Figures, DeskFault> {
        self.look(|statements| {
            let mut figures = Figures { errors: errors(statements)?, ..Figures::default() };
            for state in JobState::ALL.iter().filter(|state| !SETTLED.contains(state)) {
                let sql = "SELECT count(*) FROM sync_jobs WHERE state = $1 AND state <> 'SYNCED' \
                     AND state <> 'WITHDRAWN'";
                figures.jobs.push((*state, one(statements, sql, &[cell(state)])?));
            }
            for state in super::UNSENT {
                let sql = "SELECT sealed FROM sync_jobs WHERE state = $1 AND state <> 'SYNCED' \
                     AND state <> 'WITHDRAWN' ORDER BY sealed LIMIT 1";
                let rows = statements.query(sql, &[cell(&state)])?;
                let sealed = rows.first().and_then(|row| time(row.first()?));
                let age = sealed.map(|sealed| (now.0 / 1_000).saturating_sub(sealed.unix()));
                figures.oldest_seconds = figures.oldest_seconds.max(age);
            }
            for handed in handed_out(statements, Sight::All)? {
                let age = (now.0 / 1_000).saturating_sub(handed.oldest.unix());
                figures.oldest_seconds = figures.oldest_seconds.max(Some(age));
                figures.handed_out += handed.count;
            }
            machines(statements, now, &mut figures)?;
            let sql = "SELECT count(*) FROM sync_alerts WHERE ended IS NULL";
            figures.open_alerts = one(statements, sql, &[])?;
            Ok(figures)
        })
    }
}

fn machines(statements: &mut dyn Statements, now: At, figures: &mut Figures) -> Result<(), StoreFault> {
    let sql =
        "SELECT id, token_expires, open_until, state FROM sync_machines WHERE state <> 'stopped' ORDER BY id";
    for row in &statements.query(sql, &[])? {
        let [id, expires, open_until, state] = row.as_slice() else { return Err(corrupt("sync_machines")) };
        if let (Some(id), Some(expires)) = (parsed(id), expires.integer()) {
            let seconds = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX);
            figures.tokens.push((id, expires.saturating_sub(seconds)));
        }
        figures.open_breakers += u64::from(count(open_until).is_some_and(|until| until > now.0));
        figures.blocked += u64::from(state.text() == Some("blocked"));
        figures.paused += u64::from(state.text() == Some("paused"));
    }
    Ok(())
}

/// The words of the errors of what is not done with.
fn errors(statements: &mut dyn Statements) -> Result<Vec<(String, u64)>, StoreFault> {
    let mut errors = std::collections::BTreeMap::new();
    for state in [JobState::Retry, JobState::Failed, JobState::Differs, JobState::Ambiguous] {
        let sql = "SELECT e.error, count(*) FROM (SELECT error FROM sync_jobs WHERE state = $1 AND state <> 'SYNCED' \
             AND state <> 'WITHDRAWN' ORDER BY sealed, id LIMIT $2) e WHERE e.error IS NOT NULL GROUP BY e.error";
        for row in &statements.query(sql, &[cell(&state), Cell::Integer(SAMPLE)])? {
            let [error, many] = row.as_slice() else { return Err(corrupt("sync_jobs")) };
            let Some(problem) = from_json::<Problem>(error) else { continue };
            let word = match problem.code {
                Some(code) => format!("{}_{code}", problem.word),
                None => problem.word,
            };
            *errors.entry(word).or_insert(0) += count(many).unwrap_or(0);
        }
    }
    Ok(errors.into_iter().collect())
}

fn one(statements: &mut dyn Statements, sql: &'static str, values: &[Cell]) -> Result<u64, StoreFault> {
    let rows = statements.query(sql, values)?;
    Ok(rows.first().and_then(|row| count(row.first()?)).unwrap_or(0))
}
