//! API keys: made, listed, revoked.

mod list;
mod new;
mod revoke;

use std::process::ExitCode;

use clap::Subcommand;
use registry::{KeyRecord, Reach};

#[derive(Subcommand)]
pub(crate) enum KeyCommand {
    /// Makes an API key, and shows it once.
    New(new::NewCommand),
    /// Lists the API keys, without their secrets.
    List(list::ListCommand),
    /// Ends an API key for ever.
    Revoke(revoke::RevokeCommand),
}

impl KeyCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
        }
    }
}

/// Whose things a key is good for.
fn place(key: &KeyRecord) -> String {
    match &key.reach {
        Reach::Outlet(_, outlet) => outlet.to_string(),
        Reach::Merchant(merchant) => merchant.to_string(),
        Reach::Platform => "the platform".to_owned(),
    }
}
