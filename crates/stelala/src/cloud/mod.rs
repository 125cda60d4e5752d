//! A cloud: what runs it and what looks after it.

mod configured;
mod doctor;
mod key;
mod outlet;
mod run;
mod serve;
mod signing_key;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::{configured::ConfigArgs, doctor::DoctorCommand, key::api_key, serve::Serving};

#[derive(Subcommand)]
pub(crate) enum CloudCommand {
    /// Serves until SIGTERM or Ctrl-C, and ends in good order.
    Run(run::RunCommand),
    /// Outlets whose sales are sealed.
    #[command(subcommand)]
    Outlet(outlet::OutletCommand),
    /// Keys with which tills and programs ask.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Makes a new sealing key in the signer's store, and retires the one before.
    RotateKey(signing_key::RotateKeyCommand),
    /// Prints a configuration with a comment for each member.
    Config(configured::PrintCommand),
}

impl CloudCommand {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(command) => command.run(),
            Self::Outlet(command) => command.run(),
            Self::Key(command) => command.run(),
            Self::RotateKey(command) => command.run(),
            Self::Config(command) => command.run(),
        }
    }
}
