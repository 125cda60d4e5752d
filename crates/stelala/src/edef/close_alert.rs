use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{AlertKind, ToldAt};
use clap::Args;
use registry::Label;

use super::{
    alerts::line,
    arguments::{OfficeArgs, cause},
};

/// Which alert, and what came of it.
#[derive(Args)]
pub(crate) struct CloseAlertCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// Its cause, as `alerts` shows it: handed_out.
    #[arg(value_parser = cause)]
    cause: AlertKind,
    /// What it is about, as `alerts` shows it: hand-out-1773500000000.
    about: String,
    /// When it was told last, as `alerts` shows it.
    #[arg(long)]
    seen: ToldAt,
    /// What was found. It is kept.
    #[arg(long)]
    reason: Label,
}

impl CloseAlertCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let closed = office.desk(|desk, asked| {
            Ok(desk.close_alert(self.cause, &self.about, self.seen, &self.reason, asked)?)
        })?;
        writeln!(io::stdout().lock(), "{}", line(&closed, &self.office))?;
        Ok(ExitCode::SUCCESS)
    }
}
