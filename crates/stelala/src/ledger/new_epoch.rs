use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::cloud::NotedHeads;
use ::ledger::EpochReason;
use clap::Args;

use super::opened::{ReportArgs, open};

/// Of which outlet.
#[derive(Args)]
#[command(
    long_about = "Gives up an outlet's line of numbers, and begins another at 1 in a new epoch.\n\nFor a database that went \
                  back behind the heads that were noted outside it, which a cloud refuses to serve, and for a signer that is \
                  lost. The epoch is newer than all that is known here and in the file of heads. There is no way back.",
    after_help = "Example:\n  stelala ledger new-epoch --config cloud.toml --outlet KIN-GOMBE-01"
)]
pub(crate) struct NewEpochCommand {
    #[command(flatten)]
    report: ReportArgs,
}

impl NewEpochCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, outlet) = (self.report.config()?, self.report.outlet);
        let noted = NotedHeads::read(&config.ledger.heads)?;
        let beyond = noted.beyond(&*::cloud::existing_database(&config.database)?)?;
        // A database that went back is a backup that was put in: what it does not hold is flagged (L2).
        let went_back = beyond.iter().any(|beyond| beyond.noted.outlet == outlet);
        let reason = if went_back { EpochReason::Restored } else { EpochReason::Forced };
        let ledger = open(&config)?;
        let opened = ledger.open_epoch(outlet, reason, noted.epoch(outlet));
        // It notes the new head.
        ledger.stop();
        let epoch = opened?.row.place.chain.epoch.0;
        writeln!(io::stdout().lock(), "{outlet}: goes on in epoch {epoch}, from number 1")?;
        Ok(ExitCode::SUCCESS)
    }
}
