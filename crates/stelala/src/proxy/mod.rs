//! The proxy beside a fiscal memory: what runs it, and what a technician asks of it.

mod activate;
mod configured;
mod doctor;
mod pair;
mod run;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum ProxyCommand {
    /// Serves tills and the cloud until SIGTERM or Ctrl-C.
    Run(run::RunCommand),
    /// Says in sentences what is wrong with a proxy, its device and its way to the cloud.
    Doctor(doctor::DoctorCommand),
    /// Binds the device that is plugged in to its outlet, by the code that the operator gave.
    Activate(activate::ActivateCommand),
    /// Tills of the local network that may sell through this proxy.
    #[command(subcommand)]
    Pair(pair::PairCommand),
    /// Says how the proxy, its device and its tunnel are.
    Status(status::StatusCommand),
    /// Prints a configuration with a comment for each member.
    Config(configured::PrintCommand),
}

impl ProxyCommand {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(command) => command.run(),
            Self::Doctor(command) => command.run(),
            Self::Activate(command) => command.run(),
            Self::Pair(command) => command.run(),
            Self::Status(command) => command.run(),
            Self::Config(command) => command.run(),
        }
    }
}
