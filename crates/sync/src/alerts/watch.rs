//! What time makes wrong, found in the tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fiscal::{OutletId, Timestamp};
use ledger::{Cell, Statements, StoreFault};

use super::{About, AlertKind, end_alert, raise_alert};
use crate::{
    At, JobState, Machine, MachineState,
    desk::{Desk, DeskFault, find_machine},
    store::rows::{cell, count, parsed, read_at, time},
};

/// A token is asked for this long before it ends, in seconds.
const TOKEN_WARNING: u64 = 7 * 86_400;
/// A machine may rest this long, in milliseconds.
const PAUSE: u64 = 3_600_000;
/// A call is out for this long at most.
const STUCK: Duration = Duration::from_secs(600);
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
        // What lasts is told again in its own words: how many there are now.
        let is_new = |wrong: &&Wrong| open.get(&key(wrong)) != Some(&wrong.detail);
        let (told, began): (Vec<_>, Vec<_>) =
            wrong.iter().filter(is_new).partition(|wrong| open.contains_key(&key(wrong)));
        let ended: Vec<_> = open.into_keys().filter(|key| !is.contains(key)).collect();
        if told.is_empty() && began.is_empty() && ended.is_empty() {
            return Ok(Watched::default());
        }
        self.change(|statements| {
            for Wrong { kind, about, detail } in told.iter().chain(&began) {
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

/// What was said of each that lasts.
fn open(statements: &mut dyn Statements) -> Result<BTreeMap<(AlertKind, String), String>, StoreFault> {
    let mut open = BTreeMap::new();
    for kind in WATCHED {
        let sql = "SELECT about, detail FROM sync_alerts WHERE ended IS NULL AND kind = $1";
        for row in &statements.query(sql, &[cell(&kind)])? {
            let [about, detail] = row.as_slice() else { continue };
            let text = |cell: &Cell| cell.text().unwrap_or_default().to_owned();
            open.insert((kind, text(about)), text(detail));
        }
    }
    Ok(open)
}

fn wrong(statements: &mut dyn Statements, now: At) -> Result<Vec<Wrong>, StoreFault> {
    let mut wrong = Vec::new();
    let rows = statements.query("SELECT id FROM sync_machines WHERE state <> 'stopped' ORDER BY id", &[])?;
    for row in &rows {
        let Some(id) = row.first().and_then(parsed) else { continue };
        match find_machine(statements, &id) {
            Ok(machine) => wrong.extend(machine.iter().flat_map(|machine| of_machine(machine, now))),
            // It hides no other.
            Err(StoreFault::Corrupt(what)) => {
                let about = About { about: id.to_string(), merchant: None, outlet: None };
                wrong.push(Wrong { kind: AlertKind::CorruptRow, about, detail: what });
            }
            Err(fault) => return Err(fault),
        }
    }
    of_outlets(statements, now, &mut wrong)?;
    Ok(wrong)
}

fn of_machine(machine: &Machine, now: At) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    // Nobody's invoices wait for it: many such hide no other alert.
    if machine.outlets.is_empty() {
        return wrong;
    }
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

/// What an outlet has in states that are not the end.
#[derive(Default)]
struct Left {
    oldest: Option<Timestamp>,
    ambiguous: u64,
    differs: u64,
    failed: u64,
    stuck: u64,
}

/// One question for each state and all outlets: there are few invoices that are not settled.
fn of_outlets(statements: &mut dyn Statements, now: At, wrong: &mut Vec<Wrong>) -> Result<(), StoreFault> {
    let sql = "SELECT j.outlet, j.state, count(*), MIN(j.sealed), MIN(j.since) FROM sync_jobs j \
         WHERE j.state = $1 AND j.state <> 'SYNCED' AND j.state <> 'WITHDRAWN' GROUP BY j.outlet, j.state";
    let mut outlets = BTreeMap::<OutletId, Left>::new();
    let mut rows = Vec::new();
    for state in JobState::ALL.iter().filter(|state| !matches!(state, JobState::Synced | JobState::Withdrawn))
    {
        rows.extend(statements.query(sql, &[cell(state)])?);
    }
    for row in &rows {
        let [outlet, state, many, sealed, since] = row.as_slice() else { continue };
        // An outlet that cannot be read hides no other.
        let (Some(outlet), Some(many)) = (parsed(outlet), count(many)) else { continue };
        let left = outlets.entry(outlet).or_default();
        match state.text().and_then(JobState::from_name) {
            Some(JobState::Pending | JobState::Retry) => {
                left.oldest = [left.oldest, time(sealed)].into_iter().flatten().min();
            }
            Some(JobState::Ambiguous | JobState::SyncedWithoutCode) => left.ambiguous += many,
            Some(JobState::Differs) => left.differs += many,
            Some(JobState::Failed) => left.failed += many,
            Some(JobState::Submitted) if read_at(since).is_some_and(|since| now.since(since) > STUCK) => {
                left.stuck += many;
            }
            _ => {}
        }
    }
    let sql = "SELECT outlet FROM sync_machine_outlets";
    let rows = statements.query(sql, &[])?;
    let served: BTreeSet<OutletId> = rows.iter().filter_map(|row| parsed(row.first()?)).collect();
    for (outlet, left) in outlets {
        let mut is = |kind, detail: String| {
            let about = About { about: outlet.to_string(), merchant: None, outlet: Some(outlet) };
            wrong.push(Wrong { kind, about, detail });
        };
        let old = left.oldest.filter(|oldest| (now.0 / 1_000).saturating_sub(oldest.unix()) > OLD);
        if let Some(oldest) = left.oldest.filter(|_| !served.contains(&outlet)) {
            is(AlertKind::NoMachine, oldest.to_string());
        }
        if let Some(oldest) = old {
            is(AlertKind::Backlog, oldest.to_string());
        } else if left.stuck > 0 {
            is(AlertKind::Backlog, format!("{} SUBMITTED", left.stuck));
        }
        for (kind, many) in [
            (AlertKind::Ambiguous, left.ambiguous),
            (AlertKind::Differs, left.differs),
            (AlertKind::Failed, left.failed),
        ] {
            if many > 0 {
                is(kind, many.to_string());
            }
        }
    }
    Ok(())
}
