use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use ::sync::NewMachine;
use clap::Args;
use edef::{Dialect, Isf, Nim};
use fiscal::{Nif, OutletId};

use super::{super::arguments::OfficeArgs, token, view::line};
use crate::random;

/// As the authority's portal shows it.
#[derive(Args)]
pub(crate) struct AddCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// Where it answers: https:// and a host that [authority] of the configuration names.
    #[arg(long)]
    url: String,
    /// Its number. What answers another one is not used.
    #[arg(long)]
    nim: Nim,
    /// The merchant whose invoices it takes.
    #[arg(long)]
    nif: Nif,
    /// The homologated system's id.
    #[arg(long)]
    isf: Isf,
    /// A file with its token, which nobody else may read; - for the standard input. It is never shown again.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// An outlet whose invoices go to it. May be given several times.
    #[arg(long, value_name = "ID", required = true)]
    outlet: Vec<OutletId>,
    /// Others make invoices with it too: its counters then decide nothing.
    #[arg(long)]
    shared: bool,
    /// How it is spoken to, where that is not as usual: {"price":"text","payment":"short"}.
    #[arg(long, value_name = "JSON", value_parser = dialect)]
    dialect: Option<Dialect>,
}

impl AddCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let url = office.address(&self.url)?;
        let owned = office.owner_of_nif(self.nif)?;
        let new = NewMachine {
            nim: self.nim.clone(),
            nif: self.nif,
            isf: self.isf.clone(),
            dialect: self.dialect.clone().unwrap_or_default(),
            token: token::read(&self.token_file)?,
            outlets: self.outlet.clone(),
            exclusive: !self.shared,
            is_test: url.is_test(),
            url,
        };
        let vault = office.vault()?;
        let made = office.desk(|desk, asked| {
            Ok(desk.create_machine(&new, owned.owner(), &vault, &mut random::fill, asked)?)
        })?;
        writeln!(io::stdout().lock(), "{}", line(&made, &self.office))?;
        Ok(ExitCode::SUCCESS)
    }
}

pub(super) fn dialect(text: &str) -> Result<Dialect, String> {
    serde_json::from_str(text).map_err(|fault| {
        format!(
            "{fault}: members are price, payment, currency_date, confirm and rates, as {{\"price\":\"text\"}}"
        )
    })
}
