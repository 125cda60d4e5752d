//! What time makes wrong, found in the tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fiscal::{OutletId, Timestamp};
use ledger::{Cell, Statements, StoreFault};

use super::{About, AlertKind, end_alert, raise_alert};
use crate::{
    At, Breaker, JobState, Machine, MachineState,
    desk::{Desk, DeskFault, InHands, Sight, find_machine, handed_out},
    store::rows::{cell, count, parsed, read_at, time},
};

/// A token is asked for this long before it ends, in seconds.
const TOKEN_WARNING: u64 = 7 * 86_400;
/// A machine may rest this long, and an invoice wait for one that rests or does not answer.
const PAUSE: Duration = Duration::from_secs(3_600);
/// A call is out for this long at most.
const STUCK: Duration = Duration::from_secs(600);
/// An invoice may wait this long.
const OLD: Duration = Duration::from_secs(86_400);

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
    for kind in AlertKind::ALL.iter().filter(|kind| kind.ends_by_itself()) {
        let sql = "SELECT about, detail FROM sync_alerts WHERE ended IS NULL AND kind = $1";
        for row in &statements.query(sql, &[cell(kind)])? {
            let [about, detail] = row.as_slice() else { continue };
            let text = |cell: &Cell| cell.text().unwrap_or_default().to_owned();
            open.insert((*kind, text(about)), text(detail));
        }
    }
    Ok(open)
}

fn wrong(statements: &mut dyn Statements, now: At) -> Result<Vec<Wrong>, StoreFault> {
    let (mut wrong, left) = (Vec::new(), left_at(statements, now)?);
    let rows = statements.query("SELECT id FROM sync_machines WHERE state <> 'stopped' ORDER BY id", &[])?;
    for row in &rows {
        let Some(id) = row.first().and_then(parsed) else { continue };
        match find_machine(statements, &id) {
            Ok(machine) => wrong.extend(machine.iter().flat_map(|machine| of_machine(machine, &left, now))),
            // It hides no other.
            Err(StoreFault::Corrupt(what)) => {
                let about = About { about: id.to_string(), merchant: None, outlet: None };
                wrong.push(Wrong { kind: AlertKind::CorruptRow, about, detail: what });
            }
            Err(fault) => return Err(fault),
        }
    }
    of_outlets(statements, left, now, &mut wrong)?;
    Ok(wrong)
}

fn of_machine(machine: &Machine, left: &BTreeMap<OutletId, Left>, now: At) -> Vec<Wrong> {
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
    let oldest = machine.outlets.iter().filter_map(|outlet| left.get(outlet)?.to_send).min();
    let late = oldest.filter(|oldest| is_older(*oldest, PAUSE, now));
    match &machine.state {
        // Who lets it work for a moment begins his pause anew, and not what waits.
        MachineState::Paused { by, since } if now.since(*since) > PAUSE || late.is_some() => {
            is(AlertKind::MachinePaused, by.clone());
        }
        // Nor does who enters a token again, after which the faults are counted anew.
        MachineState::Ready if is_troubled(&machine.breaker, now) => {
            if let Some(late) = late {
                is(AlertKind::MachineSilent, late.to_string());
            }
        }
        MachineState::Blocked { cause, .. } => is(AlertKind::MachineBlocked, cause.to_string()),
        _ => {}
    }
    wrong
}

/// Its last call failed, or the authority asks to be left alone.
fn is_troubled(breaker: &Breaker, now: At) -> bool {
    breaker.trips > 0 || breaker.failures > 0 || breaker.open_until.is_some_and(|until| now < until)
}

fn is_older(sealed: Timestamp, than: Duration, now: At) -> bool {
    now.since(At(sealed.unix() * 1_000)) > than
}

/// What an outlet has in states that are not the end.
#[derive(Default)]
struct Left {
    /// When the oldest was sealed that waits to be sent.
    to_send: Option<Timestamp>,
    /// What a person has, to type it.
    in_hands: Option<InHands>,
    ambiguous: u64,
    differs: u64,
    failed: u64,
    stuck: u64,
}

/// One question for each state and all outlets: there are few invoices that are not settled.
fn left_at(statements: &mut dyn Statements, now: At) -> Result<BTreeMap<OutletId, Left>, StoreFault> {
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
                left.to_send = [left.to_send, time(sealed)].into_iter().flatten().min();
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
    for handed in handed_out(statements, Sight::All)? {
        outlets.entry(handed.outlet).or_default().in_hands = Some(handed);
    }
    Ok(outlets)
}

fn of_outlets(
    statements: &mut dyn Statements,
    outlets: BTreeMap<OutletId, Left>,
    now: At,
    wrong: &mut Vec<Wrong>,
) -> Result<(), StoreFault> {
    let sql = "SELECT outlet FROM sync_machine_outlets";
    let rows = statements.query(sql, &[])?;
    let served: BTreeSet<OutletId> = rows.iter().filter_map(|row| parsed(row.first()?)).collect();
    for (outlet, left) in outlets {
        let mut is = |kind, detail: String| {
            let about = About { about: outlet.to_string(), merchant: None, outlet: Some(outlet) };
            wrong.push(Wrong { kind, about, detail });
        };
        if let Some(oldest) = left.to_send.filter(|_| !served.contains(&outlet)) {
            is(AlertKind::NoMachine, oldest.to_string());
        }
        // What is handed out waits as well: it leaves the queue, and not the account of it.
        let oldest = [left.to_send, left.in_hands.map(|handed| handed.oldest)].into_iter().flatten().min();
        if let Some(oldest) = oldest.filter(|oldest| is_older(*oldest, OLD, now)) {
            let handed = left.in_hands.map(|handed| format!(", {} handed out", handed.count));
            is(AlertKind::Backlog, format!("{oldest}{}", handed.unwrap_or_default()));
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
