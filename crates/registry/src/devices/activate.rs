use fiscal::{DeviceId, Epoch, Timestamp};
use ledger::{By, Statements};
use pki::DeviceCertificate;

use super::{
    Device, DeviceEvent, DeviceFault, certificates, find_within, known, next_state, note,
    row::{bytes, epoch_cell, key_cell},
};
use crate::{
    Label, Reach, Registry, RegistryFault,
    merchants::only_platform,
    rows::{first, text, text_or_null, time},
};

/// What a device answered to INIT, after somebody verified it.
#[derive(Clone, Debug)]
pub struct ActivatedDevice<'a> {
    /// Its certificate, with its key.
    pub certificate: &'a DeviceCertificate,
    /// The program that it runs.
    pub firmware_version: Label,
    /// In which epoch of its outlet it was activated.
    pub epoch: Epoch,
    /// The record that it sealed, which shows that it holds its key.
    pub record: &'a [u8],
}

impl Registry<'_> {
    /// Keeps a device's key and first certificate. Its activation code has to be redeemed ([`Registry::redeem_code`]), and
    /// not replaced since; it is used up then. When it expires does not matter any more: the connection may have broken
    /// behind INIT, and the device comes back later. The same again changes nothing and answers as before; the certificate
    /// that was kept is the first one then ([`Registry::certificates`]). Another key is refused.
    pub fn device_activated(
        &mut self,
        serial: DeviceId,
        activated: &ActivatedDevice<'_>,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        self.change(|statements| {
            let device = known(statements, serial)?;
            let key = activated.certificate.key();
            match &device.public_key {
                Some(known) if known == key => return Ok(device),
                Some(_) => return Err(DeviceFault::OtherKey(serial).into()),
                None => {}
            }
            if !is_redeemed(statements, serial)? {
                return Err(DeviceFault::NotRedeemed(serial).into());
            }
            let others =
                statements.query("SELECT serial FROM devices WHERE public_key = $1", &[key_cell(key)])?;
            if !others.is_empty() || !certificates::is_of(activated.certificate, &device) {
                return Err(DeviceFault::OtherKey(serial).into());
            }
            let state = next_state(statements, &device, DeviceEvent::Activate)?;
            statements.execute(
                "UPDATE devices SET state = $1, public_key = $2, firmware_version = $3, activated = $4, \
                 activation_epoch = $5, activation_record = $6, code = NULL, code_expires = NULL WHERE serial = $7",
                &[
                    text(state.name()),
                    key_cell(key),
                    text(activated.firmware_version.as_str()),
                    time(now),
                    epoch_cell(Some(activated.epoch)),
                    bytes(activated.record),
                    text(serial.as_str()),
                ],
            )?;
            certificates::insert(statements, activated.certificate, now)?;
            note(statements, (by, now), "device.activate", &device)?;
            known(statements, serial)
        })
    }

    /// A device passed its first self-test: it is active if it was homologated, else it waits for that. Of one that
    /// passed before nothing changes. While the outlet has another active device it stays where it is.
    pub fn device_tested(
        &mut self,
        serial: DeviceId,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        self.change(|statements| {
            let device = known(statements, serial)?;
            if device.tested.is_some() {
                return Ok(device);
            }
            let state = next_state(statements, &device, DeviceEvent::Test)?;
            statements.execute(
                "UPDATE devices SET state = $1, tested = $2 WHERE serial = $3",
                &[text(state.name()), time(now), text(serial.as_str())],
            )?;
            note(statements, (by, now), "device.test", &device)?;
            known(statements, serial)
        })
    }

    /// Notes that the authority lets a device seal: one that waited for it is active then. Only the platform does. Of one
    /// that was homologated before nothing changes.
    pub fn homologate(
        &mut self,
        reach: &Reach,
        serial: DeviceId,
        reference: Option<&Label>,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        only_platform(reach)?;
        self.change(|statements| {
            let device = find_within(statements, reach, serial)?;
            if device.homologation.is_some() {
                return Ok(device);
            }
            let state = next_state(statements, &device, DeviceEvent::Homologate)?;
            statements.execute(
                "UPDATE devices SET state = $1, homologated = $2, homologation = $3 WHERE serial = $4",
                &[
                    text(state.name()),
                    time(now),
                    text_or_null(reference.map(Label::as_str)),
                    text(serial.as_str()),
                ],
            )?;
            note(statements, (by, now), "device.homologate", &device)?;
            known(statements, serial)
        })
    }
}

/// Whether somebody showed the code that was made last for a device.
fn is_redeemed(statements: &mut dyn Statements, serial: DeviceId) -> Result<bool, RegistryFault> {
    let found =
        statements.query("SELECT code_redeemed FROM devices WHERE serial = $1", &[text(serial.as_str())])?;
    let redeemed = first(found).map(|mut row| row.time_or_none("code_redeemed")).transpose()?;
    Ok(redeemed.flatten().is_some())
}
