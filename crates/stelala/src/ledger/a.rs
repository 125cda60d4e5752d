use std::{num::NonZeroUsize, process::ExitCode};

use clap::Args;
use def_protocol::ArticlesAsked;
use fiscal::CivilDate;

use super::opened::{ReportArgs, SignedArgs};

/// Which days.
#[derive(Args)]
pub(crate) struct ArticlesCommand {
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    signed: SignedArgs,
    /// The first business day.
    #[arg(long, value_name = "DATE")]
    since: CivilDate,
    /// The last business day.
    #[arg(long, value_name = "DATE")]
    until: CivilDate,
}

impl ArticlesCommand {
    /// Reads the report, all of it on one page.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let ledger = self.report.open()?;
        let asked = ArticlesAsked { since: self.since, until: self.until, after: None };
        self.signed.print(ledger.articles(self.report.outlet, &asked, NonZeroUsize::MAX)?)?;
        ledger.stop();
        Ok(ExitCode::SUCCESS)
    }
}
