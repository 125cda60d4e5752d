//! Fiscal devices of outlets, in the registry. What needs a device that is connected, the API of a running cloud does.

mod add;
mod life;
mod show;

use std::process::ExitCode;

use clap::Subcommand;
use registry::DeviceEnd;

#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Expects a device at an outlet, and shows its activation code once.
    Add(add::AddCommand),
    /// Makes a new activation code in the place of the one before, and shows it once.
    Code(add::CodeCommand),
    /// Lists the devices and where in their lives they are.
    List(show::ListCommand),
    /// Says all that is known of a device.
    Show(show::ShowCommand),
    /// Notes that the authority lets a device seal.
    Homologate(life::HomologateCommand),
    /// Takes a device's leave to seal away.
    Revoke(life::EndCommand),
    /// Says that a device is lost, stolen or broken.
    Lost(life::EndCommand),
    /// Takes a device out of use, for good.
    Decommission(life::EndCommand),
}

impl DeviceCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Add(command) => command.run(),
            Self::Code(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Show(command) => command.run(),
            Self::Homologate(command) => command.run(),
            Self::Revoke(command) => command.run(DeviceEnd::Revoked),
            Self::Lost(command) => command.run(DeviceEnd::Lost),
            Self::Decommission(command) => command.run(DeviceEnd::Decommissioned),
        }
    }
}
