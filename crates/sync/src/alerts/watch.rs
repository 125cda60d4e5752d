//! What time makes wrong, found in the tables.

use std::collections::BTreeSet;

use fiscal::{OutletId, Timestamp};
use ledger::{Cell, Statements, StoreFault};

use super::{About, AlertKind, end_alert, raise_alert};
use crate::{
    At, JobState, Machine, MachineState,
    desk::{Desk, DeskFault, UNSENT, find_machine, oldest_at},
    store::rows::{cell, corrupt, count, parsed},
};

/// A token is asked for this long before it ends, in seconds.
const TOKEN_WARNING: u64 = 7 * 86_400;
/// A machine may rest this long, in milliseconds.
const PAUSE: u64 = 3_600_000;
/// An invoice may wait this long, in seconds.
const OLD: u64 = 86_400;

/// What the watch keeps up; others end their own.
const WATCHED: [AlertKind; 9] = [
    AlertKind::TokenExpires,
    AlertKind::TokenExpired,
    AlertKind::NoMachine,
    AlertKind::MachinePaused,
    AlertKind::MachineBlocked,
    AlertKind::Backlog,
    AlertKind::Ambiguous,
    AlertKind::Differs,
    AlertKind::Failed,
];

/// What a watch found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// What began: its kind and what it is about.
    pub began: Vec<(AlertKind, String)>,
    /// What is over.
    pub ended: Vec<(AlertKind, String)>,
}

/// What is wrong at the moment.
struct Wrong {
    kind: AlertKind,
    about: About,
    detail: String,
}

impl Desk<'_> {
    /// Finds what is wrong now, and writes what changed since the watch before. Cheap: it reads indexes, and writes nothing
    /// while nothing changes.
    pub fn watch(&mut self, now: At) -> Result<Watched, DeskFault> {
        let wrong = self.look(|statements| Ok(wrong(statements, now)?))?;
        let open = self.look(|statements| Ok(open(statements)?))?;
        let key = |wrong: &Wrong| (wrong.kind, wrong.about.about.clone());
        let is: BTreeSet<_> = wrong.iter().map(key).collect();
        let began: Vec<_> = wrong.iter().filter(|wrong| !open.contains(&key(wrong))).collect();
        let ended: Vec<_> = open.difference(&is).cloned().collect();
        if began.is_empty() && ended.is_empty() {
            return Ok(Watched::default());
        }
        self.change(|statements| {
            for Wrong { kind, about, detail } in &began {
                raise_alert(statements, *kind, about, detail, now)?;
            }
            for (kind, about) in &ended {
                end_alert(statements, *kind, about, now)?;
            }
            Ok(())
        })?;
        Ok(Watched { began: began.into_iter().map(key).collect(), ended })
    }
}

fn open(statements: &mut dyn Statements) -> Result<BTreeSet<(AlertKind, String)>, StoreFault> {
    let rows = statements.query("SELECT kind, about FROM sync_alerts WHERE ended IS NULL", &[])?;
    let read = |row: &Vec<Cell>| {
        let [kind, about] = row.as_slice() else { return None };
        Some((AlertKind::from_name(kind.text()?)?, about.text()?.to_owned()))
    };
    Ok(rows.iter().filter_map(read).filter(|(kind, _)| WATCHED.contains(kind)).collect())
}

fn wrong(statements: &mut dyn Statements, now: At) -> Result<Vec<Wrong>, StoreFault> {
    let mut wrong = Vec::new();
    let rows = statements.query("SELECT id FROM sync_machines WHERE state <> 'stopped' ORDER BY id", &[])?;
    for row in &rows {
        let id = row.first().and_then(parsed).ok_or_else(|| corrupt("sync_machines"))?;
        if let Some(machine) = find_machine(statements, &id)? {
            wrong.extend(of_machine(&machine, now));
        }
    }
    for outlet in outlets(statements)? {
        of_outlet(statements, outlet, now, &mut wrong)?;
    }
    Ok(wrong)
}

fn of_machine(machine: &Machine, now: At) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut is = |kind, detail: String| {
        let about =
            About { about: machine.id.to_string(), merchant: Some(machine.merchant.clone()), outlet: None };
        wrong.push(Wrong { kind, about, detail });
    };
    let seconds = now.0 / 1_000;
    if let Some(expires) = machine.token_expires {
        if expires.unix() <= seconds {
            is(AlertKind::TokenExpired, expires.to_string());
        } else if expires.unix() - seconds <= TOKEN_WARNING {
            is(AlertKind::TokenExpires, expires.to_string());
        }
    }
    match &machine.state {
        MachineState::Paused { by, since } if now.0.saturating_sub(since.0) > PAUSE => {
            is(AlertKind::MachinePaused, by.clone());
        }
        MachineState::Blocked { cause, .. } => is(AlertKind::MachineBlocked, cause.to_string()),
        _ => {}
    }
    wrong
}

fn of_outlet(
    statements: &mut dyn Statements,
    outlet: OutletId,
    now: At,
    wrong: &mut Vec<Wrong>,
) -> Result<(), StoreFault> {
    let mut is = |kind, detail: String| {
        let about = About { about: outlet.to_string(), merchant: None, outlet: Some(outlet) };
        wrong.push(Wrong { kind, about, detail });
    };
    let mut oldest: Option<Timestamp> = None;
    for state in UNSENT {
        oldest = [oldest, oldest_at(statements, outlet, state)?].into_iter().flatten().min();
    }
    if let Some(oldest) = oldest {
        let sql = "SELECT 1 FROM sync_machine_outlets WHERE outlet = $1";
        if statements.query(sql, &[cell(&outlet)])?.is_empty() {
            is(AlertKind::NoMachine, oldest.to_string());
        }
        if (now.0 / 1_000).saturating_sub(oldest.unix()) > OLD {
            is(AlertKind::Backlog, oldest.to_string());
        }
    }
    for (kind, states) in [
        (AlertKind::Ambiguous, &[JobState::Ambiguous, JobState::SyncedWithoutCode][..]),
        (AlertKind::Differs, &[JobState::Differs]),
        (AlertKind::Failed, &[JobState::Failed]),
    ] {
        let mut of_states = 0;
        for state in states {
            let sql = "SELECT count(*) FROM sync_jobs WHERE outlet = $1 AND state = $2";
            let rows = statements.query(sql, &[cell(&outlet), cell(state)])?;
            of_states += rows.first().and_then(|row| count(row.first()?)).unwrap_or(0);
        }
        if of_states > 0 {
            is(kind, of_states.to_string());
        }
    }
    Ok(())
}

/// Those that have invoices.
fn outlets(statements: &mut dyn Statements) -> Result<Vec<OutletId>, StoreFault> {
    let rows = statements.query("SELECT outlet FROM sync_outlets ORDER BY outlet", &[])?;
    rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("sync_outlets"))).collect()
}
