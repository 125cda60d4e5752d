use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{HandOutId, Sight};
use clap::Args;
use registry::Label;

use super::arguments::OfficeArgs;

/// Which hand-out, and how it is known that nobody typed it.
#[derive(Args)]
pub(crate) struct GiveBackCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// The number that `export --hand-out` said.
    #[arg(value_name = "HAND_OUT")]
    id: HandOutId,
    /// How it is known. It is kept.
    #[arg(long)]
    reason: Label,
}

impl GiveBackCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let back =
            office.desk(|desk, asked| Ok(desk.give_back(Sight::All, self.id, &self.reason, asked)?))?;
        let count = back.given_back;
        let said = self
            .office
            .say(format!("{count} factures sont renvoyées."), format!("{count} invoices are sent again."));
        writeln!(io::stdout().lock(), "{said}")?;
        Ok(ExitCode::SUCCESS)
    }
}
