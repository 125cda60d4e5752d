use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::SystemClock;
use ::ledger::Clock;
use anyhow::Context;
use clap::Args;
use fiscal::CivilDate;

use super::opened::{ReportArgs, machine};

/// Which day.
#[derive(Args)]
pub(crate) struct ClosureCommand {
    #[command(flatten)]
    report: ReportArgs,
    /// The business day, like 2026-03-14; else today at the outlet.
    #[arg(long)]
    date: Option<CivilDate>,
}

impl ClosureCommand {
    /// Closes, or repeats the day's closure.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (ledger, id) = (self.report.open_to_append()?, self.report.outlet);
        let outlet = ledger.outlet(id)?.with_context(|| format!("no outlet {id} is registered here"))?;
        let date = self.date.unwrap_or_else(|| SystemClock.now().date_at(outlet.zone));
        let closure = ledger.close(id, date, Some(machine(&ledger, id)?))?;
        ledger.stop();
        let json = closure.closure_json().context("what closes the day is no closure")?;
        writeln!(io::stdout().lock(), "{json}")?;
        Ok(ExitCode::SUCCESS)
    }
}
