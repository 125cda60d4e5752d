//! A cloud: what runs it and what looks after it.

pub(crate) mod ca;
mod configured;
mod desk;
mod device;
mod doctor;
mod key;
mod manifest;
mod merchant;
mod openapi;
mod opened;
mod outlet;
mod run;
mod serve;
mod signing_key;
mod user;

use std::process::ExitCode;

use clap::Subcommand;

pub(crate) use self::{
    configured::{ConfigArgs, PassphraseArgs},
    desk::{Desk, now},
    doctor::DoctorCommand,
    opened::{existing, opened, tables_beside},
    serve::{Listening, Serving},
};

#[derive(Subcommand)]
pub(crate) enum CloudCommand {
    /// Serves until SIGTERM or Ctrl-C, and ends in good order.
    Run(run::RunCommand),
    /// Merchants whose outlets sell.
    #[command(subcommand)]
    Merchant(merchant::MerchantCommand),
    /// Outlets whose sales are sealed.
    #[command(subcommand)]
    Outlet(outlet::OutletCommand),
    /// Keys with which tills and programs ask.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// People who sign in.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Tax groups and their rates, dated.
    #[command(subcommand)]
    Manifest(manifest::ManifestCommand),
    /// Fiscal devices of outlets: registered, activated, homologated, ended.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// The authority that signs the certificates of devices.
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Makes a new sealing key in the signer's store, and retires the one before.
    RotateKey(signing_key::RotateKeyCommand),
    /// Prints a configuration with a comment for each member.
    Config(configured::PrintCommand),
    /// Prints the document of the API, as /openapi.json has it.
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApiCommand),
}

impl CloudCommand {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Run(command) => command.run(),
            Self::Merchant(command) => command.run(),
            Self::Outlet(command) => command.run(),
            Self::Key(command) => command.run(),
            Self::User(command) => command.run(),
            Self::Manifest(command) => command.run(),
            Self::Device(command) => command.run(),
            Self::Ca(command) => command.run(),
            Self::RotateKey(command) => command.run(),
            Self::Config(command) => command.run(),
            Self::OpenApi(command) => command.run(),
        }
    }
}
