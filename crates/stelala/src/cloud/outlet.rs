use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use fiscal::{Nif, OutletId, Prefix, UtcOffset};
use ledger::Outlet;

use super::configured::ConfigArgs;
use crate::authority;

#[derive(Subcommand)]
pub(crate) enum OutletCommand {
    /// Registers an outlet.
    Add(AddCommand),
}

/// What the ledger knows of an outlet. It stays as it is: it stands in the first record of its ledger.
#[derive(Args)]
pub(crate) struct AddCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// Its id, which payloads name.
    #[arg(long)]
    id: OutletId,
    /// The merchant's NIF.
    #[arg(long)]
    nif: Nif,
    /// What its fiscal numbers begin with: unique in the country.
    #[arg(long)]
    prefix: Prefix,
    /// Its zone: kinshasa, lubumbashi, or minutes ahead of UTC.
    #[arg(long, value_parser = authority::zone, default_value = "kinshasa", allow_hyphen_values = true)]
    zone: UtcOffset,
}

impl OutletCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Add(add) = self;
        add.run()
    }
}

impl AddCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let config = self.config.read()?;
        let database = ::cloud::database(&config.database)?;
        let outlet = Outlet { id: self.id, nif: self.nif, prefix: self.prefix, zone: self.zone };
        ::cloud::register_outlet(&*database, &outlet, config.signer.id())?;
        writeln!(
            io::stdout().lock(),
            "{} of {}: its invoices are numbered {}-0-00000001 and on",
            outlet.id,
            outlet.nif,
            outlet.prefix
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
