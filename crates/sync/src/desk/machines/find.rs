use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::{MerchantId, Reach};

use crate::{
    Machine, MachineId,
    desk::{Desk, DeskFault},
    store::rows::{cell, corrupt, machine, machine_columns, parsed},
};

impl Desk<'_> {
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
}

pub(super) fn reached(
    statements: &mut dyn Statements,
    reach: &Reach,
    id: &MachineId,
) -> Result<Machine, DeskFault> {
    let found = find_machine(statements, id)?;
    found.filter(|machine| is_reached(machine, reach)).ok_or(DeskFault::NotFound("e-MCF"))
}

pub(super) fn found(statements: &mut dyn Statements, id: &MachineId) -> Result<Machine, DeskFault> {
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
pub(in crate::desk) fn machines_of_merchant(
    statements: &mut dyn Statements,
    merchant: &MerchantId,
) -> Result<Vec<Machine>, StoreFault> {
    let sql =
        concat!("SELECT ", machine_columns!(), " FROM sync_machines m WHERE m.merchant = $1 ORDER BY m.id");
    let rows = statements.query(sql, &[cell(merchant)])?;
    rows.iter().map(|row| with_outlets(statements, row)).collect()
}

pub(super) fn with_outlets(statements: &mut dyn Statements, row: &[Cell]) -> Result<Machine, StoreFault> {
    let id = row.first().cloned().unwrap_or(Cell::Null);
    let sql = "SELECT outlet FROM sync_machine_outlets WHERE machine = $1 ORDER BY outlet";
    let rows = statements.query(sql, &[id])?;
    let outlets =
        rows.iter().map(|row| row.first().and_then(parsed).ok_or_else(|| corrupt("sync_machine_outlets")));
    let outlets = outlets.collect::<Result<_, _>>()?;
    machine(row, outlets)
}

fn is_reached(machine: &Machine, reach: &Reach) -> bool {
    match reach {
        Reach::Outlet(merchant, outlet) => machine.merchant == *merchant && machine.outlets.contains(outlet),
        Reach::Merchant(_) | Reach::Platform => reach.covers_merchant(&machine.merchant),
    }
}
