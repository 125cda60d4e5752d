//! A fiscal memory without the hardware.

mod factory_file;
mod line;
mod simulate;

use std::process::ExitCode;

use clap::Subcommand;

/// What can be done with devices.
#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Keeps a device's COM port at a path until it is interrupted.
    ///
    /// On its first start a state directory is made, and, where no root is named, keys of the development realm in
    /// its `authority` folder: `stelala authority activate --keys DIR/authority` then binds the device. SIGINT and
    /// SIGTERM end it; `kill -9` is a power cut, and the next start goes on from there.
    Simulate(simulate::SimulateCommand),
}

impl DeviceCommand {
    /// Does what it is told until it is interrupted.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Simulate(command) => command.run(),
        }
    }
}
