use std::process::ExitCode;

use clap::{Args, ValueEnum};
use def_protocol::SnapshotPeriod;

use super::opened::{ReportArgs, SignedArgs};

/// Over what.
#[derive(Args)]
pub(crate) struct SnapshotCommand {
    #[command(flatten)]
    report: ReportArgs,
    #[command(flatten)]
    signed: SignedArgs,
    /// Since the last closure, or since the outlet's midnight.
    #[arg(long, value_enum, default_value_t = Period::Session)]
    period: Period,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Period {
    Session,
    Day,
}

impl SnapshotCommand {
    /// Reads the report; it closes nothing.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let period = match self.period {
            Period::Session => SnapshotPeriod::Session,
            Period::Day => SnapshotPeriod::Day,
        };
        let ledger = self.report.open()?;
        self.signed.print(ledger.snapshot(self.report.outlet, period)?)?;
        ledger.stop();
        Ok(ExitCode::SUCCESS)
    }
}
