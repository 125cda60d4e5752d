use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use fiscal::{Nif, OutletId, Prefix, UtcOffset};
use registry::{Label, NewPlace};

use super::{configured::ConfigArgs, desk::Desk};
use crate::authority;

#[derive(Subcommand)]
pub(crate) enum OutletCommand {
    /// Makes an outlet of a merchant, here and in the ledger.
    Add(AddCommand),
}

/// What the ledger knows of an outlet stays as it is: it stands in the first record.
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
    /// What people call it; its id otherwise.
    #[arg(long)]
    name: Option<Label>,
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
        let mut out = io::stdout().lock();
        let place = Desk::of(&config, |desk| {
            // Who was not named yet is called by his number; `PATCH /api/v1/merchants` names him.
            let (merchant, made) = desk.find_or_make_merchant(self.nif, &self.nif.as_str().parse()?)?;
            if made {
                writeln!(out, "{}: no merchant had the NIF {}, so he was made", merchant.id, merchant.nif)?;
            }
            let name = self.name.clone().map_or_else(|| self.id.as_str().parse(), Ok)?;
            let new = NewPlace {
                id: self.id,
                merchant: merchant.id,
                name,
                address: None,
                prefix: Some(self.prefix),
                zone: self.zone,
            };
            desk.make_outlet(&new, config.signer.id())
        })?;
        let outlet = place.outlet;
        writeln!(
            out,
            "{} of {}: its invoices are numbered {}-0-00000001 and on",
            outlet.id, outlet.nif, outlet.prefix
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
