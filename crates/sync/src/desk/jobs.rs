//! Lists of invoices.

use std::collections::BTreeMap;

use fiscal::{OutletId, Timestamp};
use ledger::{Cell, Statements, StoreFault};

use super::{Desk, DeskFault, InHands, JobCursor, JobFilter, Listed, PAGE, Sight, StateCount, write::listed};
use crate::{
    JobState,
    store::rows::{cell, corrupt, count, job_columns, number, parsed, seconds, time},
};

/// In these an invoice is done with.
pub(crate) const SETTLED: [JobState; 2] = [JobState::Synced, JobState::Withdrawn];

/// In these it is not known to the authority as far as we know, and will be sent.
pub(crate) const UNSENT: [JobState; 2] = [JobState::Pending, JobState::Retry];

/// The conditions of a filter behind the state; the values are those of [`values`].
macro_rules! filtered {
    () => {
        " AND (j.sealed > $2 OR (j.sealed = $2 AND j.id > $3)) AND j.sealed < $4 \
         AND ($5 = '' OR j.cause = $5 OR j.error LIKE '{\"word\":\"' || $5 || '\",%') \
         AND ($6 = '' OR j.machine = $6 OR (j.state IN ('PENDING', 'RETRY') AND j.outlet IN \
         (SELECT o.outlet FROM sync_machine_outlets o WHERE o.machine = $6))) "
    };
}

/// What is handed out, from the index that holds nothing else: the state is not looked for by another.
macro_rules! in_hands {
    () => {
        "SELECT outlet, count(*), MIN(sealed) FROM sync_jobs \
         WHERE doubt_cause = 'handed_out' AND state || '' = 'AMBIGUOUS'"
    };
}

impl Desk<'_> {
    /// The invoices of a filter by the time of their sealing, those after a cursor, at most so many.
    pub fn jobs(
        &mut self,
        sight: Sight<'_>,
        filter: &JobFilter,
        after: Option<JobCursor>,
        most: usize,
    ) -> Result<Vec<Listed>, DeskFault> {
        self.look(|statements| Ok(page(statements, sight, filter, after, most.min(PAGE))?))
    }

    /// How many invoices of each outlet are in each state, where there are any; not those of a state that is the end,
    /// unless they are asked for.
    pub fn counts(&mut self, sight: Sight<'_>, with_settled: bool) -> Result<Vec<StateCount>, DeskFault> {
        self.look(|statements| {
            let mut counts = Vec::new();
            for outlet in outlets(statements, sight)? {
                for state in JobState::ALL.iter().filter(|state| with_settled || !SETTLED.contains(state)) {
                    let sql = "SELECT count(*) FROM sync_jobs WHERE outlet = $1 AND state = $2";
                    let rows = statements.query(sql, &[cell(&outlet), cell(state)])?;
                    let count = rows.first().and_then(|row| count(row.first()?)).unwrap_or(0);
                    if count > 0 {
                        counts.push(StateCount { outlet, state: *state, count });
                    }
                }
            }
            Ok(counts)
        })
    }

    /// What is in the hands of persons, of each outlet that has such.
    pub fn handed_out(&mut self, sight: Sight<'_>) -> Result<Vec<InHands>, DeskFault> {
        self.look(|statements| Ok(handed_out(statements, sight)?))
    }

    /// When the oldest invoice was sealed that waits to be sent, or is in the hands of a person who is to type it; none when
    /// there is none.
    pub fn oldest_unsent(&mut self, sight: Sight<'_>) -> Result<Option<Timestamp>, DeskFault> {
        self.look(|statements| {
            let mut oldest: Vec<_> =
                handed_out(statements, sight)?.iter().map(|handed| handed.oldest).collect();
            for state in UNSENT {
                match sight {
                    Sight::All => oldest.extend(oldest_of_all(statements, state)?),
                    Sight::Outlets(outlets) => {
                        for outlet in outlets {
                            oldest.extend(oldest_at(statements, *outlet, state)?);
                        }
                    }
                }
            }
            Ok(oldest.into_iter().min())
        })
    }

    /// The same of each outlet that has such, by what was read of them.
    pub fn oldest_of_each(
        &mut self,
        counts: &[StateCount],
        handed: &[InHands],
    ) -> Result<BTreeMap<OutletId, Timestamp>, DeskFault> {
        self.look(|statements| {
            let mut found: Vec<_> = handed.iter().map(|handed| (handed.outlet, handed.oldest)).collect();
            for StateCount { outlet, state, .. } in
                counts.iter().filter(|count| UNSENT.contains(&count.state))
            {
                found.extend(oldest_at(statements, *outlet, *state)?.map(|oldest| (*outlet, oldest)));
            }
            let mut each = BTreeMap::new();
            for (outlet, sealed) in found {
                let oldest = each.entry(outlet).or_insert(sealed);
                *oldest = sealed.min(*oldest);
            }
            Ok(each)
        })
    }
}

/// What is in the hands of persons, of each outlet that has such. Who sees some outlets asks for those, whatever others have.
pub(crate) fn handed_out(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
) -> Result<Vec<InHands>, StoreFault> {
    let mut found = Vec::new();
    match sight {
        Sight::All => {
            let sql = concat!(in_hands!(), " GROUP BY outlet ORDER BY outlet");
            found.extend(statements.query(sql, &[])?);
        }
        Sight::Outlets(outlets) => {
            let sql = concat!(in_hands!(), " AND outlet = $1 GROUP BY outlet");
            for outlet in outlets {
                found.extend(statements.query(sql, &[cell(outlet)])?);
            }
        }
    }
    let read = |row: &Vec<Cell>| {
        let [outlet, many, oldest] = row.as_slice() else { return None };
        Some(InHands { outlet: parsed(outlet)?, count: count(many)?, oldest: time(oldest)? })
    };
    // One that cannot be read hides no other.
    Ok(found.iter().filter_map(read).collect())
}

/// One page. Each state of each outlet is a range of an index; the pages are merged.
fn page(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
    filter: &JobFilter,
    after: Option<JobCursor>,
    most: usize,
) -> Result<Vec<Listed>, StoreFault> {
    let states: &[JobState] = if filter.states.is_empty() { JobState::ALL } else { &filter.states };
    let mut found = Vec::new();
    for state in states {
        let mut values = values(*state, filter, after, most);
        if matches!(sight, Sight::All) && !SETTLED.contains(state) {
            let sql = concat!(
                "SELECT ",
                job_columns!(),
                ", j.cause FROM sync_jobs j WHERE j.state = $1",
                filtered!(),
                "AND j.state <> 'SYNCED' AND j.state <> 'WITHDRAWN' ORDER BY j.sealed, j.id LIMIT $7"
            );
            found.extend(statements.query(sql, &values)?);
            continue;
        }
        values.push(Cell::Null);
        for outlet in outlets(statements, sight)? {
            values[7] = cell(&outlet);
            let sql = concat!(
                "SELECT ",
                job_columns!(),
                ", j.cause FROM sync_jobs j WHERE j.state = $1",
                filtered!(),
                "AND CAST($7 AS BIGINT) > 0 AND j.outlet = $8 ORDER BY j.sealed, j.id LIMIT $7"
            );
            found.extend(statements.query(sql, &values)?);
        }
    }
    // One that cannot be read is alerted by who drives it, and hides no other.
    let mut found: Vec<Listed> = found.iter().filter_map(|row| listed(row).ok()).collect();
    found.sort_by_key(Listed::cursor);
    found.dedup_by_key(|listed| listed.job.id);
    found.truncate(most);
    Ok(found)
}

fn values(state: JobState, filter: &JobFilter, after: Option<JobCursor>, most: usize) -> Vec<Cell> {
    let text = |text: Option<String>| Cell::Text(text.unwrap_or_default());
    // A word has no characters of a pattern; another text finds nothing rather than more.
    let is_word =
        |word: &String| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let error = filter.error.clone().map(|word| if is_word(&word) { word } else { "-".to_owned() });
    vec![
        cell(&state),
        after.map_or(Cell::Integer(-1), |after| seconds(after.sealed)),
        text(after.map(|after| after.id.to_string())),
        filter.sealed_before.map_or(Cell::Integer(i64::MAX), seconds),
        text(error),
        text(filter.machine.as_ref().map(ToString::to_string)),
        number(most as u64),
    ]
}

/// Those that are seen; of all, those that have a ledger.
fn outlets(statements: &mut dyn Statements, sight: Sight<'_>) -> Result<Vec<OutletId>, StoreFault> {
    if let Sight::Outlets(outlets) = sight {
        return Ok(outlets.to_vec());
    }
    let rows = statements.query("SELECT id FROM outlets ORDER BY id", &[])?;
    rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("outlets"))).collect()
}

fn oldest_of_all(statements: &mut dyn Statements, state: JobState) -> Result<Option<Timestamp>, StoreFault> {
    let sql = "SELECT sealed FROM sync_jobs WHERE state = $1 AND state <> 'SYNCED' AND state <> 'WITHDRAWN' \
         ORDER BY sealed LIMIT 1";
    let rows = statements.query(sql, &[cell(&state)])?;
    Ok(rows.first().and_then(|row| time(row.first()?)))
}

fn oldest_at(
    statements: &mut dyn Statements,
    outlet: OutletId,
    state: JobState,
) -> Result<Option<Timestamp>, StoreFault> {
    let sql = "SELECT sealed FROM sync_jobs WHERE outlet = $1 AND state = $2 ORDER BY sealed LIMIT 1";
    let rows = statements.query(sql, &[cell(&outlet), cell(&state)])?;
    Ok(rows.first().and_then(|row| time(row.first()?)))
}
