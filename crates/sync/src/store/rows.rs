//! Between rows and values. What cannot be read was not written by this program.

use std::{fmt::Display, str::FromStr};

use fiscal::{Epoch, InvoiceNumber, InvoiceType, OutletId, Position, Timestamp};
use ledger::{Cell, ChainId, Place, Reference, StoreFault};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    At, BlockCause, Breaker, Cause, Era, Job, JobState, Machine, MachineState, Original, Transition,
};

/// The columns of [`job`], of a table `j`. What waits to be sent goes to the machine that its outlet has now.
macro_rules! job_columns {
    () => {
        "j.id, j.outlet, j.epoch, j.signer, j.position, j.fiscal, j.kind, j.sealed, \
         CASE WHEN j.state IN ('PENDING', 'RETRY') \
         THEN (SELECT o.machine FROM sync_machine_outlets o WHERE o.outlet = j.outlet) ELSE j.machine END, \
         j.original_outlet, j.original_epoch, j.original_number, j.state, j.since, j.due, j.attempts, j.intent, \
         j.requested, j.expires, j.confirming_since, j.last_confirm, j.doubt, j.difference, j.elements, j.recorded, \
         j.error, j.version"
    };
}
pub(crate) use job_columns;

/// The columns of [`machine`], of a table `m`.
macro_rules! machine_columns {
    () => {
        "m.id, m.merchant, m.url, m.nif, m.nim, m.isf, m.dialect, m.token_expires, m.exclusive, m.generation, m.state, \
         m.state_note, m.state_since, m.failures, m.trips, m.open_until, m.baseline, m.era, m.clock_offset, m.is_test, \
         m.version"
    };
}
pub(crate) use machine_columns;

/// The columns of [`transition`], of a table `t`.
macro_rules! transition_columns {
    () => {
        "t.job, t.time, t.old, t.new, t.cause, t.detail"
    };
}
pub(crate) use transition_columns;

pub(crate) fn cell(value: &impl Display) -> Cell {
    Cell::Text(value.to_string())
}

pub(crate) fn number(value: u64) -> Cell {
    Cell::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(crate) fn seconds(time: Timestamp) -> Cell {
    number(time.unix())
}

pub(crate) fn at(time: At) -> Cell {
    number(time.0)
}

/// A value or nothing.
pub(crate) fn maybe<T>(value: Option<&T>, write: impl FnOnce(&T) -> Cell) -> Cell {
    value.map_or(Cell::Null, write)
}

/// What is read as a whole and looked for by nothing.
pub(crate) fn json<T: Serialize>(value: &T) -> Cell {
    // Texts and numbers always serialise.
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

/// A job in the order of [`job_columns`].
pub(crate) fn job(row: &[Cell]) -> Result<Job, StoreFault> {
    read_job(row).ok_or_else(|| corrupt_row("sync_jobs", row))
}

fn read_job(row: &[Cell]) -> Option<Job> {
    let (place, rest) = row.split_at_checked(9)?;
    let [id, outlet, epoch, signer, position, fiscal, kind, sealed, machine] = place else { return None };
    let (original, rest) = rest.split_at_checked(3)?;
    let [state, since, due, attempts, intent, requested, expires, confirming, confirmed, rest @ ..] = rest
    else {
        return None;
    };
    let [doubt, difference, elements, recorded, error, version] = rest else { return None };
    let chain = ChainId { outlet: parsed(outlet)?, epoch: self::epoch(epoch)?, signer: parsed(signer)? };
    Some(Job {
        id: parsed(id)?,
        place: Place { chain, position: Position::new(count(position)?)? },
        fiscal: parsed(fiscal)?,
        kind: InvoiceType::ALL.iter().copied().find(|known| Some(known.name()) == kind.text())?,
        sealed: time(sealed)?,
        machine: optional(machine, parsed)?,
        original: self::original(original)?,
        state: JobState::from_name(state.text()?)?,
        since: read_at(since)?,
        due: read_at(due)?,
        attempts: u32::try_from(count(attempts)?).ok()?,
        intent: optional(intent, from_json)?,
        requested: optional(requested, read_at)?,
        expires: optional(expires, read_at)?,
        confirming_since: optional(confirming, read_at)?,
        last_confirm: optional(confirmed, read_at)?,
        doubt: optional(doubt, from_json)?,
        difference: optional(difference, parsed)?,
        elements: optional(elements, from_json)?,
        recorded: truth(recorded)?,
        error: optional(error, from_json)?,
        version: count(version)?,
    })
}

fn original(cells: &[Cell]) -> Option<Option<Original>> {
    let [outlet, epoch, number] = cells else { return None };
    if *outlet == Cell::Null {
        return Some(None);
    }
    let reference = Reference { epoch: self::epoch(epoch)?, number: InvoiceNumber::new(count(number)?)? };
    Some(Some(Original { outlet: parsed(outlet)?, reference }))
}

/// A machine in the order of [`machine_columns`], and its outlets, which are rows of their own.
pub(crate) fn machine(row: &[Cell], outlets: Vec<OutletId>) -> Result<Machine, StoreFault> {
    read_machine(row, outlets).ok_or_else(|| corrupt_row("sync_machines", row))
}

fn read_machine(row: &[Cell], outlets: Vec<OutletId>) -> Option<Machine> {
    let (what, rest) = row.split_at_checked(10)?;
    let [id, merchant, url, nif, nim, isf, dialect, token_expires, exclusive, generation] = what else {
        return None;
    };
    let [state, note, since, failures, trips, open_until, baseline, era, offset, is_test, version] = rest
    else {
        return None;
    };
    let small = |cell| u32::try_from(count(cell)?).ok();
    Some(Machine {
        id: parsed(id)?,
        merchant: parsed(merchant)?,
        url: parsed(url)?,
        nif: parsed(nif)?,
        nim: optional(nim, parsed)?,
        isf: parsed(isf)?,
        dialect: from_json(dialect)?,
        token_expires: optional(token_expires, time)?,
        exclusive: truth(exclusive)?,
        generation: count(generation)?,
        state: machine_state(state, note, since)?,
        breaker: Breaker {
            failures: small(failures)?,
            trips: small(trips)?,
            open_until: optional(open_until, read_at)?,
        },
        baseline: optional(baseline, from_json)?,
        era: Era(count(era)?),
        clock_offset_ms: offset.integer()?,
        outlets,
        is_test: truth(is_test)?,
        version: count(version)?,
    })
}

fn machine_state(state: &Cell, note: &Cell, since: &Cell) -> Option<MachineState> {
    match state.text()? {
        "ready" => Some(MachineState::Ready),
        "paused" => Some(MachineState::Paused { by: parsed(note)?, since: read_at(since)? }),
        "blocked" => Some(MachineState::Blocked {
            cause: BlockCause::from_name(note.text()?)?,
            since: read_at(since)?,
        }),
        "stopped" => Some(MachineState::Stopped),
        _ => None,
    }
}

/// The cells of `state, state_note, state_since`.
pub(crate) fn machine_state_cells(state: &MachineState) -> [Cell; 3] {
    let text = |text: &str| Cell::Text(text.to_owned());
    match state {
        MachineState::Ready => [text("ready"), Cell::Null, Cell::Null],
        MachineState::Paused { by, since } => [text("paused"), text(by), at(*since)],
        MachineState::Blocked { cause, since } => [text("blocked"), cell(cause), at(*since)],
        MachineState::Stopped => [text("stopped"), Cell::Null, Cell::Null],
    }
}

/// A transition in the order of [`transition_columns`].
pub(crate) fn transition(row: &[Cell]) -> Result<Transition, StoreFault> {
    let read = || {
        let [job, time, old, new, cause, detail] = row else { return None };
        Some(Transition {
            job: parsed(job)?,
            at: read_at(time)?,
            from: optional(old, |cell| JobState::from_name(cell.text()?))?,
            to: JobState::from_name(new.text()?)?,
            cause: Cause::from_name(cause.text()?)?,
            detail: optional(detail, parsed)?.unwrap_or_default(),
        })
    };
    read().ok_or_else(|| corrupt_row("sync_transitions", row))
}

pub(crate) fn corrupt(table: &str) -> StoreFault {
    StoreFault::Corrupt(format!("a row of the table {table}"))
}

/// The same with the row's key, so that it can be found.
fn corrupt_row(table: &str, row: &[Cell]) -> StoreFault {
    let key = row.first().and_then(Cell::text).unwrap_or_default();
    StoreFault::Corrupt(format!("the row {key} of the table {table}"))
}

pub(crate) fn parsed<T: FromStr>(cell: &Cell) -> Option<T> {
    cell.text()?.parse().ok()
}

pub(crate) fn count(cell: &Cell) -> Option<u64> {
    u64::try_from(cell.integer()?).ok()
}

pub(crate) fn read_at(cell: &Cell) -> Option<At> {
    count(cell).map(At)
}

pub(crate) fn from_json<T: DeserializeOwned>(cell: &Cell) -> Option<T> {
    serde_json::from_str(cell.text()?).ok()
}

pub(crate) fn time(cell: &Cell) -> Option<Timestamp> {
    Timestamp::from_unix(count(cell)?)
}

pub(crate) fn truth(cell: &Cell) -> Option<bool> {
    match cell.integer()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn epoch(cell: &Cell) -> Option<Epoch> {
    u32::try_from(count(cell)?).ok().map(Epoch)
}

/// None is a value; what cannot be read is not.
pub(crate) fn optional<T>(cell: &Cell, read: impl FnOnce(&Cell) -> Option<T>) -> Option<Option<T>> {
    if *cell == Cell::Null { Some(None) } else { read(cell).map(Some) }
}
