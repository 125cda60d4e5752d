use ledger::{Statements, StoreFault};
use registry::Reach;

use super::{
    find::{found, reached},
    keep::{end_token_alerts, keep, keep_token, note, serve},
};
use crate::{
    Machine, MachineId, MachineState,
    alerts::{AlertKind, end_alert},
    desk::{Asked, Desk, DeskFault},
    store::rows::cell,
};

impl Desk<'_> {
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

/// Whether an invoice of an outlet that a machine served has its elements from it.
fn has_finalised(statements: &mut dyn Statements, id: &MachineId) -> Result<bool, StoreFault> {
    let sql = "SELECT 1 FROM sync_served s JOIN sync_jobs j ON j.outlet = s.outlet \
         WHERE s.machine = $1 AND j.machine = $1 AND j.code IS NOT NULL LIMIT 1";
    Ok(!statements.query(sql, &[cell(id)])?.is_empty())
}
