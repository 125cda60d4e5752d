//! What is written of a machine.

use edef::{Nim, Token};
use ledger::{Cell, Statements, StoreFault};
use webhooks::{Random, Vault};

use crate::{
    At, Machine, MachineId,
    alerts::{AlertKind, end_alert},
    desk::{Asked, DeskFault},
    store::rows::{at, cell, json, machine_state_cells, maybe, number, seconds},
};

/// Every column but the token's and the lease's.
pub(super) fn keep(statements: &mut dyn Statements, machine: &Machine) -> Result<(), StoreFault> {
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

pub(super) fn keep_token(
    statements: &mut dyn Statements,
    id: &MachineId,
    sealed: &str,
) -> Result<(), StoreFault> {
    let sql = "UPDATE sync_machines SET token = $1 WHERE id = $2";
    statements.execute(sql, &[Cell::Text(sealed.to_owned()), cell(id)]).map(|_| ())
}

pub(super) fn sealed(id: &MachineId, token: &Token, vault: &dyn Vault, random: Random<'_>) -> String {
    vault.seal(id.as_str(), token.reveal().as_bytes(), random)
}

/// Writes whose invoices go to a machine. An outlet has one; which one it had before may have finalised what was sealed then.
pub(super) fn serve(statements: &mut dyn Statements, machine: &Machine, now: At) -> Result<(), DeskFault> {
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

pub(super) fn end_token_alerts(
    statements: &mut dyn Statements,
    id: &MachineId,
    asked: Asked<'_>,
) -> Result<(), StoreFault> {
    for kind in [AlertKind::TokenExpires, AlertKind::TokenExpired] {
        end_alert(statements, kind, id.as_str(), asked.now)?;
    }
    Ok(())
}

pub(super) fn note(
    statements: &mut dyn Statements,
    action: &'static str,
    machine: &Machine,
    asked: Asked<'_>,
) -> Result<(), StoreFault> {
    let nim = machine.nim.as_ref().map_or("", Nim::as_str);
    let subject = format!("{} {nim} {}", machine.id, machine.url.host());
    asked.note(statements, action, (Some(&machine.merchant), None), subject)
}
