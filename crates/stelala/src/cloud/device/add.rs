use std::{
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use fiscal::{DeviceId, OutletId};
use pki::ActivationCode;
use registry::{Device, NewDevice, Reach};

use super::super::{
    configured::ConfigArgs,
    desk::{Desk, now},
};
use crate::random;

/// A device and its outlet.
#[derive(Args)]
pub(crate) struct AddCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The serial number that stands on the device.
    #[arg(long)]
    serial: DeviceId,
    /// Where it will be, for its life.
    #[arg(long, value_name = "ID")]
    outlet: OutletId,
}

/// Which device.
#[derive(Args)]
pub(crate) struct CodeCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The device's serial number.
    serial: DeviceId,
}

impl AddCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let new = NewDevice { serial: self.serial, outlet: self.outlet };
        let (code, device) = Desk::of_existing(&self.config.read()?, |desk| {
            desk.outlet(self.outlet)?;
            let by = desk.by.clone();
            Ok(desk.registry.register_device(&Reach::Platform, &new, &by, now(), &mut random::fill)?)
        })?;
        tell(&code, &device)
    }
}

impl CodeCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (code, device) = Desk::of_existing(&self.config.read()?, |desk| {
            let by = desk.by.clone();
            Ok(desk.registry.reissue_code(&Reach::Platform, self.serial, &by, now(), &mut random::fill)?)
        })?;
        tell(&code, &device)
    }
}

fn tell(code: &ActivationCode, device: &Device) -> anyhow::Result<ExitCode> {
    let Device { serial, outlet, .. } = device;
    // The code alone is on the standard output, so that it can go where it is kept.
    writeln!(io::stdout().lock(), "{}", code.reveal())
        .with_context(|| format!("the code could not be shown: `stelala cloud device code {serial}`"))?;
    eprintln!(
        "{serial} of {outlet}: type this code at the outlet within {} hours. It is shown this once and activates this \
         device only.",
        ActivationCode::HOURS
    );
    Ok(ExitCode::SUCCESS)
}
