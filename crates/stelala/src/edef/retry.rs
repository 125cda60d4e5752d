use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::sync::{JobFilter, Sight};
use clap::Args;
use fiscal::FiscalNumber;

use super::{
    arguments::{OfficeArgs, WhichArgs},
    office::Office,
};

/// Which: one, or all of a kind.
#[derive(Args)]
pub(crate) struct RetryCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// An invoice that is RETRY, FAILED or DIFFERS: KINGOMBE01-0-00000001.
    #[arg(required_unless_present = "all", conflicts_with_all = ["all", "outlet", "state", "error"])]
    fiscal_number: Option<FiscalNumber>,
    /// All that are RETRY, FAILED or DIFFERS, or those of them that the next options name.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: WhichArgs,
    /// Those with this word as their cause or error, as `list` shows it.
    #[arg(long, value_name = "WORD")]
    error: Option<String>,
}

/// So many at once; the next ones follow.
const AT_ONCE: usize = 200;
/// An authority that refuses all of them at once is not asked for ever.
const ROUNDS: usize = 500;

impl RetryCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let office = self.office.open()?;
        let said = match self.fiscal_number {
            Some(number) => {
                let id = office.only(number)?.job.id;
                let job = office.desk(|desk, asked| Ok(desk.retry(Sight::All, id, asked)?))?;
                format!("{number}: {} {}", job.state, self.office.words(job.state.words()))
            }
            None => {
                let count = self.retry_all(&office)?;
                self.office.say(
                    format!("{count} factures sont remises dans la file."),
                    format!("{count} invoices were put back into the queue."),
                )
            }
        };
        writeln!(io::stdout().lock(), "{said}")?;
        Ok(ExitCode::SUCCESS)
    }

    fn retry_all(&self, office: &Office) -> anyhow::Result<usize> {
        let states = self.which.state.clone();
        let filter = JobFilter { states, error: self.error.clone(), ..JobFilter::default() };
        let mut count = 0;
        for _ in 0..ROUNDS {
            let sight = self.which.sight();
            let retried = office.desk(|desk, asked| Ok(desk.retry_all(sight, &filter, AT_ONCE, asked)?))?;
            count += retried.retried;
            if !retried.has_more {
                break;
            }
        }
        Ok(count)
    }
}
