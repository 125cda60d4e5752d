use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use fiscal::Nif;
use registry::Label;

use super::{configured::ConfigArgs, desk::Desk};

#[derive(Subcommand)]
pub(crate) enum MerchantCommand {
    /// Makes a merchant.
    Add(AddCommand),
}

/// Who it is.
#[derive(Args)]
pub(crate) struct AddCommand {
    #[command(flatten)]
    config: ConfigArgs,
    /// The taxpayer's number. It stays as it is: it stands in what is sealed.
    #[arg(long)]
    nif: Nif,
    /// What people call him.
    #[arg(long)]
    name: Label,
}

impl MerchantCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Add(add) = self;
        let made = Desk::of(&add.config.read()?, |desk| desk.make_merchant(add.nif, &add.name))?;
        writeln!(io::stdout().lock(), "{}: {}, NIF {}", made.id, made.name, made.nif)?;
        Ok(ExitCode::SUCCESS)
    }
}
