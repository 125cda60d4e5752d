//! An issuer for trials: the keys that command devices, and the tokens that they sign.

mod activate;
mod arguments;
mod ca;
mod clock;
mod firmware;
mod issue;
mod keys;
mod manifest;
mod order;
mod time;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::Subcommand;

pub(crate) use self::{arguments::zone, ca::Root, clock::now, keys::Authority};

/// What an authority can be asked.
#[derive(Subcommand)]
pub(crate) enum AuthorityCommand {
    /// Makes the three keys: root, dgi and operator. Public halves are in NAME.pem, private ones in NAME.key.
    New {
        /// The folder for the keys; it must not exist yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// The root of device certificates, kept apart from the cloud.
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Prints an activation code: `CFG|INIT` sends it, with operator.pem, and so binds a device to an outlet.
    Activate(activate::ActivateCommand),
    /// Prints the operator's signature over a time, for `CFG|TIME`.
    Time(time::TimeCommand),
    /// Prints the dgi's order to open an epoch, for `ADM|RESET`.
    Reset(order::ResetCommand),
    /// Prints the operator's word that the ledger holds an invoice and all before it, for `CFG|ACK`.
    Acknowledge(order::AcknowledgeCommand),
    /// Prints the operator's order to leave an outlet's line of numbers, for `CFG|HANDOVER`.
    Leave(order::LeaveCommand),
    /// Prints the operator's order to go on where another signer left, for `CFG|HANDOVER`.
    Enter(order::EnterCommand),
    /// Prints a list of tax groups signed by the operator, for `CFG|MANIFEST`.
    Manifest(manifest::ManifestCommand),
    /// Prints the operator's order to take a newer firmware, for `ADM|FIRMWARE`.
    Firmware(firmware::FirmwareCommand),
    /// Prints the dgi's order to seal no more, for `CFG|STATE`.
    Revoke(order::StateCommand),
    /// Prints the dgi's order that ends a device's life, for `CFG|STATE`.
    Decommission(order::StateCommand),
}

impl AuthorityCommand {
    /// Prints what was asked for: a token on one line, or a word about the keys.
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let said = match self {
            Self::New { out } => {
                Authority::make(out)?;
                format!(
                    "keys of the development realm: root, dgi and operator in {}\nwho has a .key file commands the devices: keep them for yourself",
                    out.display()
                )
            }
            Self::Ca(command) => command.run()?,
            Self::Activate(command) => command.issue()?,
            Self::Time(command) => command.issue()?,
            Self::Reset(command) => command.issue()?,
            Self::Acknowledge(command) => command.issue()?,
            Self::Leave(command) => command.issue()?,
            Self::Enter(command) => command.issue()?,
            Self::Manifest(command) => command.issue()?,
            Self::Firmware(command) => command.issue()?,
            Self::Revoke(command) => command.issue(def_protocol::token::NewState::Revoked)?,
            Self::Decommission(command) => command.issue(def_protocol::token::NewState::Decommissioned)?,
        };
        writeln!(io::stdout().lock(), "{said}")?;
        Ok(ExitCode::SUCCESS)
    }
}
