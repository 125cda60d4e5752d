use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::ledger::{Database, LedgerStore};
use clap::Args;
use fiscal::{DeviceId, Epoch, InvoiceNumber, OutletId};
use registry::{Device, DeviceEnd, DeviceEnding, DeviceState, Label, Reach, Registry};

use super::super::{
    configured::ConfigArgs,
    desk::{Desk, now},
    opened,
};

/// The authority's leave.
#[derive(Args)]
pub(crate) struct HomologateCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device's serial number.
    serial: DeviceId,
    /// What the authority wrote, as its letter's number.
    #[arg(long, value_name = "TEXT")]
    reference: Option<Label>,
}

/// The end of a device's life.
#[derive(Args)]
pub(crate) struct EndCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device's serial number.
    serial: DeviceId,
    /// Why, for people.
    #[arg(long, value_name = "TEXT")]
    reason: Label,
}

impl HomologateCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let device = Desk::of_existing(&self.config.read()?, |desk| {
            let by = desk.by.clone();
            let reference = self.reference.as_ref();
            Ok(desk.registry.homologate(&Reach::Platform, self.serial, reference, &by, now())?)
        })?;
        say(&device, "")
    }
}

impl EndCommand {
    pub(super) fn run(&self, end: DeviceEnd) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let last = last(&*opened::existing(&config)?, self.serial)?;
        let device = Desk::of_existing(&config, |desk| {
            let by = desk.by.clone();
            let ending = DeviceEnding { end, reason: self.reason.clone(), last };
            Ok(desk.registry.end_device(&Reach::Platform, self.serial, &ending, &by, now())?)
        })?;
        say(&device, "; its certificates are on the list of revoked ones")
    }
}

/// The last number that the ledger holds of a device, and in which epoch.
fn last(database: &dyn Database, serial: DeviceId) -> anyhow::Result<Option<(Epoch, Option<InvoiceNumber>)>> {
    let mut store = database.connect()?;
    let Some(device) = Registry::over(&mut *store).device_of(serial)? else { return Ok(None) };
    newest(&mut *store, device.outlet, serial)
}

fn newest(
    store: &mut dyn LedgerStore,
    outlet: OutletId,
    serial: DeviceId,
) -> anyhow::Result<Option<(Epoch, Option<InvoiceNumber>)>> {
    let chains = store.chains(outlet)?.into_iter().map(|(chain, _)| chain);
    let newest = chains.filter(|chain| chain.signer == serial).max_by_key(|chain| chain.epoch);
    let Some(chain) = newest else { return Ok(None) };
    let number = store.newest_invoice(chain)?.and_then(|row| row.number);
    Ok(Some((chain.epoch, number)))
}

fn say(device: &Device, more: &str) -> anyhow::Result<ExitCode> {
    let Device { serial, outlet, state, .. } = device;
    let may = if *state == DeviceState::Active { ": the outlet may be switched to it" } else { more };
    writeln!(io::stdout().lock(), "{serial} of {outlet} is {state}{may}")?;
    Ok(ExitCode::SUCCESS)
}
