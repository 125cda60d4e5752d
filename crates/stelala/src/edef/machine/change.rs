use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use ::sync::MachineChange;
use clap::{ArgAction, Args};
use edef::{Dialect, Isf};
use fiscal::OutletId;

use super::{
    super::{arguments::OfficeArgs, office::Named},
    add::dialect,
    token,
    view::line,
};
use crate::random;

/// What is to be different; what is left out stays.
#[derive(Args)]
#[group(id = "what", required = true, multiple = true, args = ["url", "token_file", "outlet", "isf", "dialect", "exclusive"])]
pub(crate) struct ChangeCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// The e-MCF: its id here, or its NIM.
    #[arg(value_name = "MACHINE")]
    named: Named,
    /// Another address of the same e-MCF; at another host or port with --token-file. What its counters said before counts
    /// no more.
    #[arg(long)]
    url: Option<String>,
    /// A file with a new token, which nobody else may read; - for the standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// An outlet whose invoices go to it, instead of those that do. May be given several times.
    #[arg(long, value_name = "ID")]
    outlet: Vec<OutletId>,
    /// The homologated system's id.
    #[arg(long)]
    isf: Option<Isf>,
    /// How it is spoken to: {"price":"text","payment":"short"}.
    #[arg(long, value_name = "JSON", value_parser = dialect)]
    dialect: Option<Dialect>,
    /// Whether nobody else makes invoices with it.
    #[arg(long, action = ArgAction::Set)]
    exclusive: Option<bool>,
}

impl ChangeCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let machine = office.machine(&self.named)?;
        let owned = office.owner_of(&machine)?;
        let change = MachineChange {
            url: self.url.as_deref().map(|url| office.address(url)).transpose()?,
            token: self.token_file.as_deref().map(token::read).transpose()?,
            outlets: (!self.outlet.is_empty()).then(|| self.outlet.clone()),
            dialect: self.dialect.clone(),
            isf: self.isf.clone(),
            exclusive: self.exclusive,
            paused: None,
        };
        let vault = office.vault()?;
        let changed = office.desk(|desk, asked| {
            let owner = owned.owner();
            Ok(desk.change_machine(&machine.id, &change, owner, &vault, &mut random::fill, asked)?)
        })?;
        writeln!(io::stdout().lock(), "{}", line(&changed, &self.office))?;
        Ok(ExitCode::SUCCESS)
    }
}
