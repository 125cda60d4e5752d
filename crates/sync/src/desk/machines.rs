//! The e-MCFs of a merchant.

use edef::{Nim, Token};
use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::{MerchantId, Reach};
use webhooks::{Random, Vault};

use super::{Asked, Desk, DeskFault, MachineChange, NewMachine, Owner};
use crate::{
    At, Breaker, Era, Machine, MachineId, MachineState,
    alerts::{About, AlertKind, end_alert, raise_alert},
    store::is_anothers,
    store::rows::{
        at, cell, corrupt, json, machine, machine_columns, machine_state_cells, maybe, number, parsed,
        seconds,
    },
};

/// A merchant has one for each shop, and some hundred shops at most.
const MOST: u64 = 500;

impl Desk<'_> {
    /// Registers an e-MCF. One that was removed works again under its old id; nothing that was in doubt is decided by it.
    pub fn create_machine(
        &mut self,
        new: &NewMachine,
        owner: Owner<'_>,
        vault: &dyn Vault,
        random: Random<'_>,
        asked: Asked<'_>,
    ) -> Result<Machine, DeskFault> {
        if new.nif != owner.nif {
            return Err(DeskFault::NifNotYours);
        }
        check_token(&new.token, asked)?;
        check_outlets(&new.outlets, owner)?;
        let mut id = [0; 20];
        random(&mut id);
        let id = MachineId::new(id);
        self.change(|statements| {
            let before = by_address(statements, new, owner.merchant)?;
            let machine = match before {
                Some(before) => again(&before, new, owner)?,
                None => first(&id, new, owner),
            };
            if is_taken(statements, &machine)? {
                return Err(DeskFault::MachineTaken);
            }
            check_kind(statements, &machine, owner)?;
            let sealed = sealed(&machine.id, &new.token, vault, random);
            if machine.version == 0 {
                may_have_more(statements, owner.merchant)?;
                insert(statements, &machine, asked)?;
            }
            keep(statements, &machine)?;
            keep_token(statements, &machine.id, &sealed)?;
            serve(statements, &machine, asked.now)?;
            end_token_alerts(statements, &machine.id, asked)?;
            tell_test(statements, &machine, asked)?;
            note(statements, "machine.create", &machine, asked)?;
            found(statements, &machine.id)
        })
    }

    /// The machines of a reach in the order of their ids; those that were removed too, if they are asked for.
    pub fn machines(&mut self, reach: &Reach, with_stopped: bool) -> Result<Vec<Machine>, DeskFault> {
        self.look(|statements| {
            let sql = concat!(
                "SELECT ",
                machine_columns!(),
                " FROM sync_machines m WHERE ($1 = '' OR m.merchant = $1) AND (CAST($2 AS BIGINT) = 1 OR m.state <> 'stopped') \
                 ORDER BY m.id"
            );
            let merchant = reach.merchant().map_or_else(String::new, ToString::to_string);
            let rows = statements.query(sql, &[Cell::Text(merchant), Cell::Integer(with_stopped.into())])?;
            let mut machines = Vec::new();
            for row in &rows {
                machines.push(with_outlets(statements, row)?);
            }
            machines.retain(|machine| is_reached(machine, reach));
            Ok(machines)
        })
    }

    /// One machine. Its token is never shown, only when it expires.
    pub fn machine(&mut self, reach: &Reach, id: &MachineId) -> Result<Machine, DeskFault> {
        self.look(|statements| reached(statements, reach, id))
    }

    /// Changes a machine. What counters said before counts no more when the address is another one.
    pub fn change_machine(
        &mut self,
        id: &MachineId,
        change: &MachineChange,
        owner: Owner<'_>,
        vault: &dyn Vault,
        random: Random<'_>,
        asked: Asked<'_>,
    ) -> Result<Machine, DeskFault> {
        if let Some(token) = &change.token {
            check_token(token, asked)?;
        }
        if let Some(outlets) = &change.outlets {
            check_outlets(outlets, owner)?;
        }
        self.change(|statements| {
            let before = reached(statements, &Reach::Merchant(owner.merchant.clone()), id)?;
            if before.state == MachineState::Stopped {
                return Err(DeskFault::MachineStopped);
            }
            let after = changed(&before, change, asked);
            // What a test finalised is no real invoice, and the other way round: they are two machines.
            if after.url.is_test() != before.url.is_test() {
                return Err(DeskFault::OtherKind);
            }
            // A token is shown only to the server for which somebody entered it.
            if !after.url.is_at(&before.url) && change.token.is_none() {
                return Err(DeskFault::TokenNeeded);
            }
            let has_more = after.outlets.iter().any(|outlet| !before.outlets.contains(outlet));
            if has_more {
                check_kind(statements, &after, owner)?;
            }
            if after == before && change.token.is_none() {
                return Ok(before);
            }
            if after.url != before.url && is_taken(statements, &after)? {
                return Err(DeskFault::MachineTaken);
            }
            keep(statements, &after)?;
            if let Some(token) = &change.token {
                let sealed = sealed(id, token, vault, random);
                keep_token(statements, id, &sealed)?;
                end_token_alerts(statements, id, asked)?;
            }
            if after.outlets != before.outlets {
                serve(statements, &after, asked.now)?;
            }
            if has_more {
                tell_test(statements, &after, asked)?;
            }
            note(statements, "machine.change", &after, asked)?;
            found(statements, id)
        })
    }

    /// Removes a machine: nothing is sent to it any more, and its token is forgotten. Its row stays, and with it what is
    /// known of invoices in doubt. A second time changes nothing.
    pub fn remove_machine(
        &mut self,
        reach: &Reach,
        id: &MachineId,
        asked: Asked<'_>,
    ) -> Result<Machine, DeskFault> {
        self.change(|statements| {
            let before = reached(statements, reach, id)?;
            if before.state == MachineState::Stopped {
                return Ok(before);
            }
            let after = Machine {
                state: MachineState::Stopped,
                generation: before.generation + 1,
                baseline: None,
                token_expires: None,
                outlets: Vec::new(),
                ..before
            };
            keep(statements, &after)?;
            keep_token(statements, id, "")?;
            serve(statements, &after, asked.now)?;
            end_token_alerts(statements, id, asked)?;
            // What it finalised is declared to nobody still, and counts as sent.
            if !has_finalised(statements, id)? {
                end_alert(statements, AlertKind::TestMachine, id.as_str(), asked.now)?;
            }
            note(statements, "machine.remove", &after, asked)?;
            found(statements, id)
        })
    }
}

/// One that was never here. Its version is 0 until it is written.
fn first(id: &MachineId, new: &NewMachine, owner: Owner<'_>) -> Machine {
    Machine {
        id: id.clone(),
        merchant: owner.merchant.clone(),
        url: new.url.clone(),
        nif: new.nif,
        nim: Some(new.nim.clone()),
        isf: new.isf.clone(),
        dialect: new.dialect.clone(),
        token_expires: new.token.expires(),
        exclusive: new.exclusive,
        generation: 1,
        state: MachineState::Ready,
        breaker: Breaker::default(),
        baseline: None,
        era: Era::default(),
        clock_offset_ms: 0,
        outlets: new.outlets.clone(),
        is_test: new.is_test || new.url.is_test(),
        version: 0,
    }
}

/// One that was removed: the same row goes on, and the era of its counters is not counted again.
fn again(before: &Machine, new: &NewMachine, owner: Owner<'_>) -> Result<Machine, DeskFault> {
    if before.state != MachineState::Stopped || before.merchant != *owner.merchant {
        return Err(DeskFault::MachineTaken);
    }
    let fresh = first(&before.id, new, owner);
    let (generation, era, version) = (before.generation + 1, before.era, before.version);
    Ok(Machine { generation, era, version, ..fresh })
}

fn changed(before: &Machine, change: &MachineChange, asked: Asked<'_>) -> Machine {
    let mut after = before.clone();
    if let Some(url) = change.url.as_ref().filter(|url| **url != before.url) {
        after.url = url.clone();
        after.baseline = None;
    }
    after.isf = change.isf.clone().unwrap_or(after.isf);
    after.dialect = change.dialect.clone().unwrap_or(after.dialect);
    if let Some(exclusive) = change.exclusive.filter(|exclusive| *exclusive != before.exclusive) {
        after.exclusive = exclusive;
        // What others did in the meantime is not explained by what we did.
        after.baseline = None;
    }
    if let Some(outlets) = &change.outlets {
        after.outlets = outlets.clone();
        after.outlets.sort();
        after.outlets.dedup();
    }
    if let Some(token) = &change.token {
        after.token_expires = token.expires();
    }
    let is_new = change.token.is_some() || after.url != before.url;
    if is_new {
        after.generation += 1;
        after.breaker = Breaker::default();
    }
    after.state = match (&before.state, change.paused) {
        (MachineState::Paused { .. }, Some(true)) => before.state.clone(),
        (_, Some(true)) => MachineState::Paused { by: asked.by.actor.to_string(), since: asked.now },
        (_, Some(false)) => MachineState::Ready,
        (MachineState::Blocked { .. }, None) if is_new => MachineState::Ready,
        (state, None) => state.clone(),
    };
    after
}

fn sealed(id: &MachineId, token: &Token, vault: &dyn Vault, random: Random<'_>) -> String {
    vault.seal(id.as_str(), token.reveal().as_bytes(), random)
}

fn check_token(token: &Token, asked: Asked<'_>) -> Result<(), DeskFault> {
    let expired = token.expires().is_some_and(|expires| expires <= asked.time());
    if expired { Err(DeskFault::TokenExpired) } else { Ok(()) }
}

fn check_outlets(outlets: &[OutletId], owner: Owner<'_>) -> Result<(), DeskFault> {
    let are_known = outlets.iter().all(|outlet| owner.outlets.contains(outlet));
    if are_known { Ok(()) } else { Err(DeskFault::NotFound("outlet")) }
}

fn may_have_more(statements: &mut dyn Statements, merchant: &MerchantId) -> Result<(), DeskFault> {
    let sql = "SELECT count(*) FROM sync_machines WHERE merchant = $1";
    let rows = statements.query(sql, &[cell(merchant)])?;
    let count = rows.first().and_then(|row| crate::store::rows::count(row.first()?)).unwrap_or(0);
    if count < MOST { Ok(()) } else { Err(DeskFault::TooManyMachines(MOST)) }
}

/// The merchant's row of an address and NIM, which there is once.
fn by_address(
    statements: &mut dyn Statements,
    new: &NewMachine,
    merchant: &MerchantId,
) -> Result<Option<Machine>, StoreFault> {
    let sql = concat!(
        "SELECT ",
        machine_columns!(),
        " FROM sync_machines m WHERE m.url = $1 AND m.nim = $2 AND m.merchant = $3"
    );
    let rows = statements.query(sql, &[cell(&new.url), cell(&new.nim), cell(merchant)])?;
    rows.first().map(|row| with_outlets(statements, row)).transpose()
}

/// Whether another row of the merchant has this address and NIM.
///
/// Who enters a number that is another merchant's learns nothing of that here: his machine is blocked should the authority
/// answer to his token, too. Only who has proven a number once is told that it is another's now.
fn is_taken(statements: &mut dyn Statements, machine: &Machine) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_machines WHERE url = $1 AND nim = $2 AND id <> $3 AND merchant = $4";
    let values =
        [cell(&machine.url), maybe(machine.nim.as_ref(), cell), cell(&machine.id), cell(&machine.merchant)];
    let is_his = !statements.query(sql, &values)?.is_empty();
    Ok(is_his || (machine.has_answered() && is_anothers(statements, machine)?))
}

/// A test service takes no invoices of a merchant who has a real one, unless the platform has it so: what a test finalises
/// counts as sent, and is declared to nobody. What he removed counts, too.
fn check_kind(statements: &mut dyn Statements, machine: &Machine, owner: Owner<'_>) -> Result<(), DeskFault> {
    if owner.is_platform {
        return Ok(());
    }
    let sql = "SELECT 1 FROM sync_machines WHERE merchant = $1 AND id <> $2 AND is_test <> $3 LIMIT 1";
    let values = [cell(&machine.merchant), cell(&machine.id), number(machine.is_test.into())];
    if statements.query(sql, &values)?.is_empty() { Ok(()) } else { Err(DeskFault::OtherKind) }
}

/// The platform looks whether a test is one that it knows of.
fn tell_test(statements: &mut dyn Statements, machine: &Machine, asked: Asked<'_>) -> Result<(), StoreFault> {
    if !machine.is_test {
        return Ok(());
    }
    let about =
        About { about: machine.id.to_string(), merchant: Some(machine.merchant.clone()), outlet: None };
    let outlets: Vec<_> = machine.outlets.iter().map(ToString::to_string).collect();
    let detail = format!("{} {}", machine.url.host(), outlets.join(", "));
    raise_alert(statements, AlertKind::TestMachine, &about, detail.trim_end(), asked.now)
}

/// Whether an invoice of an outlet that a machine served has its elements from it.
fn has_finalised(statements: &mut dyn Statements, id: &MachineId) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_served s JOIN sync_jobs j ON j.outlet = s.outlet \
         WHERE s.machine = $1 AND j.machine = $1 AND j.code IS NOT NULL LIMIT 1";
    Ok(!statements.query(sql, &[cell(id)])?.is_empty())
}

fn insert(statements: &mut dyn Statements, machine: &Machine, asked: Asked<'_>) -> Result<(), StoreFault> {
    let values = [
        cell(&machine.id),
        cell(&machine.merchant),
        cell(&machine.url),
        cell(&machine.nif),
        cell(&machine.isf),
        json(&machine.dialect),
        at(asked.now),
    ];
    let sql = "INSERT INTO sync_machines (id, merchant, url, nif, isf, dialect, token, exclusive, generation, state, \
         failures, trips, era, clock_offset, is_test, created, version) \
         VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0, 'stopped', 0, 0, 0, 0, 0, $7, 0)";
    statements.execute(sql, &values).map(|_| ())
}

/// Every column but the token's and the lease's.
fn keep(statements: &mut dyn Statements, machine: &Machine) -> Result<(), StoreFault> {
    let [state, note, since] = machine_state_cells(&machine.state);
    let values = [
        cell(&machine.url),
        maybe(machine.nim.as_ref(), cell),
        cell(&machine.isf),
        json(&machine.dialect),
        maybe(machine.token_expires.as_ref(), |time| seconds(*time)),
        number(machine.exclusive.into()),
        number(machine.generation),
        state,
        note,
        since,
        number(machine.breaker.failures.into()),
        number(machine.breaker.trips.into()),
        maybe(machine.breaker.open_until.as_ref(), |time| at(*time)),
        maybe(machine.baseline.as_ref(), json),
        number(machine.era.0),
        number(machine.is_test.into()),
        cell(&machine.id),
        number(machine.version),
    ];
    let sql = "UPDATE sync_machines SET url = $1, nim = $2, isf = $3, dialect = $4, token_expires = $5, exclusive = $6, \
         generation = $7, state = $8, state_note = $9, state_since = $10, failures = $11, trips = $12, open_until = $13, \
         baseline = $14, era = $15, is_test = $16, version = version + 1, written_by = '' WHERE id = $17 AND version = $18";
    statements.execute(sql, &values).map(|_| ())
}

fn keep_token(statements: &mut dyn Statements, id: &MachineId, sealed: &str) -> Result<(), StoreFault> {
    let sql = "UPDATE sync_machines SET token = $1 WHERE id = $2";
    statements.execute(sql, &[Cell::Text(sealed.to_owned()), cell(id)]).map(|_| ())
}

/// Writes whose invoices go to a machine. An outlet has one; which one it had before may have finalised what was sealed then.
fn serve(statements: &mut dyn Statements, machine: &Machine, now: At) -> Result<(), DeskFault> {
    let sql = "INSERT INTO sync_served (outlet, machine, served_until) SELECT o.outlet, o.machine, CAST($1 AS BIGINT) \
         FROM sync_machine_outlets o WHERE o.machine = $2 \
         ON CONFLICT (outlet, machine) DO UPDATE SET served_until = excluded.served_until";
    statements.execute(sql, &[at(now), cell(&machine.id)])?;
    statements.execute("DELETE FROM sync_machine_outlets WHERE machine = $1", &[cell(&machine.id)])?;
    for outlet in &machine.outlets {
        let sql = "INSERT INTO sync_machine_outlets (outlet, machine) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        if statements.execute(sql, &[cell(outlet), cell(&machine.id)])? == 0 {
            return Err(DeskFault::OutletTaken(*outlet));
        }
    }
    Ok(())
}

fn end_token_alerts(
    statements: &mut dyn Statements,
    id: &MachineId,
    asked: Asked<'_>,
) -> Result<(), StoreFault> {
    for kind in [AlertKind::TokenExpires, AlertKind::TokenExpired] {
        end_alert(statements, kind, id.as_str(), asked.now)?;
    }
    Ok(())
}

fn note(
    statements: &mut dyn Statements,
    action: &'static str,
    machine: &Machine,
    asked: Asked<'_>,
) -> Result<(), StoreFault> {
    let nim = machine.nim.as_ref().map_or("", Nim::as_str);
    let subject = format!("{} {nim} {}", machine.id, machine.url.host());
    asked.note(statements, action, (Some(&machine.merchant), None), subject)
}

fn is_reached(machine: &Machine, reach: &Reach) -> bool {
    match reach {
        Reach::Outlet(merchant, outlet) => machine.merchant == *merchant && machine.outlets.contains(outlet),
        Reach::Merchant(_) | Reach::Platform => reach.covers_merchant(&machine.merchant),
    }
}

fn reached(statements: &mut dyn Statements, reach: &Reach, id: &MachineId) -> Result<Machine, DeskFault> {
    let found = find_machine(statements, id)?;
    found.filter(|machine| is_reached(machine, reach)).ok_or(DeskFault::NotFound("e-MCF"))
}

fn found(statements: &mut dyn Statements, id: &MachineId) -> Result<Machine, DeskFault> {
    find_machine(statements, id)?.ok_or(DeskFault::NotFound("e-MCF"))
}

/// A machine by its id.
pub(crate) fn find_machine(
    statements: &mut dyn Statements,
    id: &MachineId,
) -> Result<Option<Machine>, StoreFault> {
    let sql = concat!("SELECT ", machine_columns!(), " FROM sync_machines m WHERE m.id = $1");
    let rows = statements.query(sql, &[cell(id)])?;
    rows.first().map(|row| with_outlets(statements, row)).transpose()
}

/// The machine to which an outlet's invoices go.
pub(crate) fn machine_of_outlet(
    statements: &mut dyn Statements,
    outlet: OutletId,
) -> Result<Option<Machine>, StoreFault> {
    let rows =
        statements.query("SELECT machine FROM sync_machine_outlets WHERE outlet = $1", &[cell(&outlet)])?;
    match rows.first().and_then(|row| parsed(row.first()?)) {
        Some(id) => find_machine(statements, &id),
        None => Ok(None),
    }
}

/// Every machine of a merchant, also those that were removed.
pub(super) fn machines_of_merchant(
    statements: &mut dyn Statements,
    merchant: &MerchantId,
) -> Result<Vec<Machine>, StoreFault> {
    let sql =
        concat!("SELECT ", machine_columns!(), " FROM sync_machines m WHERE m.merchant = $1 ORDER BY m.id");
    let rows = statements.query(sql, &[cell(merchant)])?;
    rows.iter().map(|row| with_outlets(statements, row)).collect()
}

fn with_outlets(statements: &mut dyn Statements, row: &[Cell]) -> Result<Machine, StoreFault> {
    let id = row.first().cloned().unwrap_or(Cell::Null);
    let sql = "SELECT outlet FROM sync_machine_outlets WHERE machine = $1 ORDER BY outlet";
    let rows = statements.query(sql, &[id])?;
    let outlets =
        rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("sync_machine_outlets")));
    let outlets = outlets.collect::<Result<_, _>>()?;
    machine(row, outlets)
}
