//! Fiscal devices: to which outlet each belongs, where in its life it is, its certificates, its health; and who is wanted
//! to seal at an outlet.

mod activate;
mod certificates;
mod end;
mod fault;
mod health;
mod modes;
mod register;
mod row;
mod state;

use fiscal::{DeviceId, Epoch, InvoiceNumber, OutletId, PublicKey, Timestamp};
use ledger::{By, Cells, Statements};

use self::row::{read, select};
pub use self::{
    activate::ActivatedDevice,
    certificates::CertificateRecord,
    end::DeviceEnding,
    fault::DeviceFault,
    health::DeviceHealth,
    modes::{Mode, ModeFault, OutletMode, WantedMode},
    register::NewDevice,
    state::{DeviceEnd, DeviceEvent, DeviceState, DeviceStateFault},
};
use crate::{
    Label, MerchantId, Reach, Registry, RegistryFault,
    acts::Asked,
    rows::{self, first, limit, text},
};

/// A fiscal device. It is of one outlet for its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its serial number, under which it seals.
    pub serial: DeviceId,
    /// Its outlet.
    pub outlet: OutletId,
    /// Whose outlet that is.
    pub merchant: MerchantId,
    /// Where in its life it is.
    pub state: DeviceState,
    /// When it was registered.
    pub registered: Timestamp,
    /// By whom, as the log of acts names him.
    pub registered_by: String,
    /// Until when the activation code that was made last is good; none when there is none, or it did its work.
    pub code_expires: Option<Timestamp>,
    /// The key with which it seals, since it was activated.
    pub public_key: Option<PublicKey>,
    /// The program that it runs, as it said last.
    pub firmware_version: Option<Label>,
    /// Its activation.
    pub activation: Option<DeviceActivation>,
    /// When it passed its first self-test.
    pub tested: Option<Timestamp>,
    /// Since when it has the authority's leave.
    pub homologation: Option<Homologation>,
    /// How its life ended.
    pub ended: Option<EndedDevice>,
    /// Until when its newest certificate holds that was not revoked.
    pub certificate_expires: Option<Timestamp>,
    /// When it was heard of last.
    pub seen: Option<Timestamp>,
}

/// What is kept of a device's activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceActivation {
    /// When.
    pub time: Timestamp,
    /// In which epoch of its outlet.
    pub epoch: Epoch,
    /// The record that the device sealed then, which shows that it holds its key.
    pub record: Vec<u8>,
}

/// The authority's leave to use a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homologation {
    /// Since when.
    pub time: Timestamp,
    /// The authority's reference, as a person wrote it down.
    pub reference: Option<Label>,
}

/// How a device's life ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedDevice {
    /// When.
    pub time: Timestamp,
    /// Why, for people.
    pub reason: Label,
    /// The epoch and, if it gave one there, the last number that the ledger held of it (S6): what it seals beyond is not
    /// its outlet's. None when it never held a line.
    pub last: Option<(Epoch, Option<InvoiceNumber>)>,
}

impl Device {
    /// The most devices of one outlet, those whose life is ended among them.
    pub const MOST: usize = 100;
}

const NAME: &str = "device";

impl Registry<'_> {
    /// A device within reach.
    pub fn device(&mut self, reach: &Reach, serial: DeviceId) -> Result<Device, RegistryFault> {
        self.look(|statements| find_within(statements, reach, serial))
    }

    /// A device, whoever asks; none for one that was never registered.
    pub fn device_of(&mut self, serial: DeviceId) -> Result<Option<Device>, RegistryFault> {
        self.look(|statements| find(statements, serial))
    }

    /// The active device of an outlet, whoever asks.
    pub fn active_device(&mut self, outlet: OutletId) -> Result<Option<Device>, RegistryFault> {
        self.look(|statements| {
            let found = statements
                .query(select!("WHERE d.outlet = $1 AND d.state = 'active'"), &[text(outlet.as_str())])?;
            Ok(first(found).map(read).transpose()?)
        })
    }

    /// The devices within reach in the order of their serial numbers, those after one, at most so many.
    pub fn devices(
        &mut self,
        reach: &Reach,
        after: Option<DeviceId>,
        most: usize,
    ) -> Result<Vec<Device>, RegistryFault> {
        let after = text(after.as_ref().map_or("", DeviceId::as_str));
        self.look(|statements| {
            let found: Vec<Cells> = match reach {
                Reach::Platform => statements.query(
                    select!("WHERE d.serial > $1 ORDER BY d.serial LIMIT $2"),
                    &[after.clone(), limit(most)],
                )?,
                Reach::Merchant(merchant) => statements.query(
                    select!("WHERE d.merchant = $1 AND d.serial > $2 ORDER BY d.serial LIMIT $3"),
                    &[text(merchant.as_str()), after.clone(), limit(most)],
                )?,
                Reach::Outlet(merchant, outlet) => statements.query(
                    select!(
                        "WHERE d.merchant = $1 AND d.outlet = $2 AND d.serial > $3 ORDER BY d.serial LIMIT $4"
                    ),
                    &[text(merchant.as_str()), text(outlet.as_str()), after.clone(), limit(most)],
                )?,
            };
            Ok(rows::all(found, read)?)
        })
    }
}

fn find(statements: &mut dyn Statements, serial: DeviceId) -> Result<Option<Device>, RegistryFault> {
    let found = statements.query(select!("WHERE d.serial = $1"), &[text(serial.as_str())])?;
    Ok(first(found).map(read).transpose()?)
}

/// One that the cloud itself asks for.
fn known(statements: &mut dyn Statements, serial: DeviceId) -> Result<Device, RegistryFault> {
    find(statements, serial)?.ok_or(RegistryFault::NotFound(NAME))
}

/// A device of a merchant, which others do not learn of.
fn find_within(
    statements: &mut dyn Statements,
    reach: &Reach,
    serial: DeviceId,
) -> Result<Device, RegistryFault> {
    find(statements, serial)?
        .filter(|device| reach.covers(&device.merchant, device.outlet))
        .ok_or(RegistryFault::NotFound(NAME))
}

/// The state after an event, or why there is none.
fn next_state(
    statements: &mut dyn Statements,
    device: &Device,
    event: DeviceEvent,
) -> Result<DeviceState, RegistryFault> {
    let fault = DeviceFault::State { device: device.serial, state: device.state };
    let next = device.state.after(event, device.homologation.is_some()).ok_or(fault)?;
    if next == DeviceState::Active && device.state != next {
        let found = statements.query(
            "SELECT serial FROM devices WHERE outlet = $1 AND state = 'active' AND serial <> $2",
            &[text(device.outlet.as_str()), text(device.serial.as_str())],
        )?;
        if let Some(mut row) = first(found) {
            return Err(DeviceFault::OutletHasDevice(row.text("serial")?).into());
        }
    }
    Ok(next)
}

/// Notes what was done to a device.
fn note(
    statements: &mut dyn Statements,
    (by, now): (&By, Timestamp),
    action: &'static str,
    device: &Device,
) -> Result<(), RegistryFault> {
    let whose = (Some(&device.merchant), Some(device.outlet));
    Asked { by, now }.note(statements, action, whose, device.serial.as_str())
}
