use fiscal::{DeviceId, Epoch, InvoiceNumber, Timestamp};
use ledger::By;

use super::{
    Device, DeviceEnd, DeviceEvent, DeviceFault, Mode, certificates, find_within, known, modes, next_state,
    note,
    row::{epoch_cell, number_cell},
};
use crate::{
    Label, Reach, Registry, RegistryFault,
    rows::{text, time},
};

/// How and why a device's life is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEnding {
    /// How.
    pub end: DeviceEnd,
    /// Why, for people.
    pub reason: Label,
    /// The epoch and, if it gave one there, the last number that the ledger holds of its line (S6).
    pub last: Option<(Epoch, Option<InvoiceNumber>)>,
}

impl Registry<'_> {
    /// Ends a device's life. Its certificates are on the list of revoked ones from now on. An outlet that was wanted to
    /// seal with it is wanted to seal with the cloud; a device that is there and works is taken out of use only after that
    /// was reached. The same again changes nothing.
    pub fn end_device(
        &mut self,
        reach: &Reach,
        serial: DeviceId,
        ending: &DeviceEnding,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        self.change(|statements| {
            let device = find_within(statements, reach, serial)?;
            if device.state == ending.end.state() {
                return Ok(device);
            }
            let state = next_state(statements, &device, DeviceEvent::End(ending.end))?;
            let mode = modes::find(statements, device.outlet)?;
            let is_in_mode = mode.mode == Mode::Def && mode.device == Some(serial);
            if is_in_mode && ending.end == DeviceEnd::Decommissioned {
                return Err(DeviceFault::InMode(serial).into());
            }
            // What the ledger held when its life ended first stays.
            let last = device.ended.as_ref().map_or(ending.last, |ended| ended.last);
            statements.execute(
                "UPDATE devices SET state = $1, ended = $2, end_reason = $3, end_epoch = $4, end_number = $5, \
                 code = NULL, code_expires = NULL WHERE serial = $6",
                &[
                    text(state.name()),
                    time(device.ended.as_ref().map_or(now, |ended| ended.time)),
                    text(ending.reason.as_str()),
                    epoch_cell(last.map(|(epoch, _)| epoch)),
                    number_cell(last.and_then(|(_, number)| number)),
                    text(serial.as_str()),
                ],
            )?;
            certificates::revoke_all(statements, serial, ending.end.revocation(), now)?;
            note(statements, (by, now), ending.end.action(), &device)?;
            if is_in_mode {
                modes::set(statements, &device.merchant, device.outlet, (Mode::Cloud, None), (by, now))?;
            }
            known(statements, serial)
        })
    }
}
