use fiscal::{DeviceId, OutletId, Timestamp};
use ledger::{By, Statements};
use pki::ActivationCode;

use super::{Device, DeviceFault, DeviceState, find_within, known, note};
use crate::{
    Random, Reach, Registry, RegistryFault, merchants, places,
    rows::{count, first, text, time},
};

/// A device that an outlet is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// What stands on it.
    pub serial: DeviceId,
    /// Where it will be, for its life.
    pub outlet: OutletId,
}

impl Registry<'_> {
    /// Expects a device at an outlet. The code activates it, once, within [`ActivationCode::HOURS`]; it is shown now and
    /// never again.
    pub fn register_device(
        &mut self,
        reach: &Reach,
        new: &NewDevice,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(ActivationCode, Device), RegistryFault> {
        let code = draw(random);
        self.change(|statements| {
            let place = places::find_within(statements, reach, new.outlet)?;
            merchants::find_running(statements, &place.merchant)?;
            if place.stopped.is_some() {
                return Err(RegistryFault::OutletStopped);
            }
            has_room(statements, new.outlet)?;
            let made = statements.execute(
                "INSERT INTO devices (serial, outlet, merchant, state, registered, registered_by) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                &[
                    text(new.serial.as_str()),
                    text(new.outlet.as_str()),
                    text(place.merchant.as_str()),
                    text(DeviceState::Registered.name()),
                    time(now),
                    text(by.actor.as_str()),
                ],
            )?;
            if made == 0 {
                return Err(RegistryFault::Exists("serial number"));
            }
            set_code(statements, new.serial, &code, now)?;
            let device = known(statements, new.serial)?;
            note(statements, (by, now), "device.register", &device)?;
            Ok((code.clone(), device))
        })
    }

    /// Makes a new activation code in the place of the one before, which is good for nothing then.
    pub fn reissue_code(
        &mut self,
        reach: &Reach,
        serial: DeviceId,
        by: &By,
        now: Timestamp,
        random: Random<'_>,
    ) -> Result<(ActivationCode, Device), RegistryFault> {
        let code = draw(random);
        self.change(|statements| {
            let device = find_within(statements, reach, serial)?;
            if device.state != DeviceState::Registered {
                return Err(DeviceFault::State { device: serial, state: device.state }.into());
            }
            set_code(statements, serial, &code, now)?;
            note(statements, (by, now), "device.code", &device)?;
            Ok((code.clone(), known(statements, serial)?))
        })
    }

    /// Takes a code that a device's proxy shows. It does its work once: until the device is activated the same proxy may
    /// show it again, because its answer may be lost; afterwards, and after its time, it is over. The activation that it
    /// leads to holds for this serial number alone.
    pub fn redeem_code(
        &mut self,
        serial: DeviceId,
        code: &ActivationCode,
        by: &By,
        now: Timestamp,
    ) -> Result<Device, RegistryFault> {
        self.change(|statements| {
            let found = statements.query(
                "SELECT code, code_expires, code_redeemed FROM devices WHERE serial = $1",
                &[text(serial.as_str())],
            )?;
            let mut row = first(found).ok_or(DeviceFault::Code)?;
            let (hash, expires) = (row.text_or_none::<String>("code")?, row.time_or_none("code_expires")?);
            let redeemed = row.time_or_none("code_redeemed")?;
            if hash != Some(code.hash()) {
                return Err(DeviceFault::Code.into());
            }
            let device = known(statements, serial)?;
            let is_over = expires.is_none_or(|expires| now >= expires);
            if is_over || device.state != DeviceState::Registered {
                return Err(DeviceFault::CodeOver.into());
            }
            let place = places::find_within(statements, &Reach::Platform, device.outlet)?;
            merchants::find_running(statements, &place.merchant)?;
            if place.stopped.is_some() {
                return Err(RegistryFault::OutletStopped);
            }
            if redeemed.is_none() {
                statements.execute(
                    "UPDATE devices SET code_redeemed = $1 WHERE serial = $2",
                    &[time(now), text(serial.as_str())],
                )?;
                note(statements, (by, now), "device.redeem", &device)?;
            }
            Ok(device)
        })
    }
}

fn draw(random: Random<'_>) -> ActivationCode {
    let mut bytes = [0; 10];
    random(&mut bytes);
    ActivationCode::from_random(bytes)
}

fn set_code(
    statements: &mut dyn Statements,
    serial: DeviceId,
    code: &ActivationCode,
    now: Timestamp,
) -> Result<(), RegistryFault> {
    let expires = now.unix().saturating_add(ActivationCode::HOURS * 60 * 60);
    let expires = Timestamp::from_unix(expires).unwrap_or(Timestamp::LATEST);
    statements.execute(
        "UPDATE devices SET code = $1, code_expires = $2, code_redeemed = NULL WHERE serial = $3",
        &[text(&code.hash()), time(expires), text(serial.as_str())],
    )?;
    Ok(())
}

fn has_room(statements: &mut dyn Statements, outlet: OutletId) -> Result<(), RegistryFault> {
    let found =
        statements.query("SELECT count(*) FROM devices WHERE outlet = $1", &[text(outlet.as_str())])?;
    if count(found)? < Device::MOST { Ok(()) } else { Err(DeviceFault::TooMany(Device::MOST).into()) }
}
