use ledger::{Statements, StoreFault};
use registry::MerchantId;
use webhooks::{Random, Vault};

use super::{
    find::{found, with_outlets},
    keep::{end_token_alerts, keep, keep_token, note, sealed, serve},
    rules::{check_kind, check_outlets, check_token, is_taken, tell_test},
};
use crate::{
    Breaker, Era, Machine, MachineId, MachineState,
    desk::{Asked, Desk, DeskFault, NewMachine, Owner},
    store::rows::{at, cell, count, json, machine_columns},
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

fn may_have_more(statements: &mut dyn Statements, merchant: &MerchantId) -> Result<(), DeskFault> {
    let sql = "SELECT count(*) FROM sync_machines WHERE merchant = $1";
    let rows = statements.query(sql, &[cell(merchant)])?;
    let count = rows.first().and_then(|row| count(row.first()?)).unwrap_or(0);
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
