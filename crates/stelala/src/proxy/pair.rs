use std::{
    io::{self, Write},
    process::ExitCode,
};

use ::proxy::{
    Config,
    pair::{CODE_SECONDS, MOST_TRIES, Tills},
};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use fiscal::TerminalId;

use super::configured::ConfigArgs;
use crate::{cloud::now, random};

#[derive(Subcommand)]
pub(crate) enum PairCommand {
    /// Makes a code by which one till pairs, and shows it once.
    New(NewCommand),
    /// Lists the tills that are paired.
    List(ListCommand),
    /// Ends a till's token, and its code.
    Revoke(RevokeCommand),
}

impl PairCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            Self::New(command) => command.run(),
            Self::List(command) => command.run(),
            Self::Revoke(command) => command.run(),
        }
    }
}

/// For one till.
#[derive(Args)]
pub(crate) struct NewCommand {
    #[command(flatten)]
    till: TillArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// All of them.
#[derive(Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    config: ConfigArgs,
}

/// Of one till.
#[derive(Args)]
pub(crate) struct RevokeCommand {
    #[command(flatten)]
    till: TillArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Which till.
#[derive(Args)]
struct TillArgs {
    /// The till, as its sales name it in pos_terminal_id.
    #[arg(value_name = "TILL", value_parser = terminal)]
    till: TerminalId,
}

impl NewCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let till = self.till.till;
        let code = tills(&self.config.read()?)?.new_code(till, now(), random::fill)?;
        let minutes = CODE_SECONDS / 60;
        writeln!(io::stdout().lock(), "{code}")?;
        eprintln!("Type it at {till} within {minutes} minutes; it is good once, and for {MOST_TRIES} tries.");
        Ok(ExitCode::SUCCESS)
    }
}

impl ListCommand {
    fn run(&self) -> anyhow::Result<ExitCode> {
        let mut out = io::stdout().lock();
        for till in tills(&self.config.read()?)?.list()? {
            writeln!(out, "{:<20} {}Z", till.terminal, till.paired)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl RevokeCommand {
    /// 1 when there was nothing to revoke.
    fn run(&self) -> anyhow::Result<ExitCode> {
        let till = self.till.till;
        let was_there = tills(&self.config.read()?)?.revoke(till)?;
        let said = if was_there { "is paired no more" } else { "was not paired" };
        writeln!(io::stdout().lock(), "{till} {said}")?;
        Ok(if was_there { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The proxy's own file: one that were made here would be of another owner.
fn tills(config: &Config) -> anyhow::Result<Tills> {
    let file = config.state.database();
    let readable = file.try_exists().with_context(|| format!("{}: run this with sudo", file.display()))?;
    ensure!(readable, "{} is not there: start the proxy once, which makes it", file.display());
    Ok(Tills::open(&file)?)
}

fn terminal(text: &str) -> Result<TerminalId, String> {
    text.parse()
        .map_err(|_| "write the till's id: 1 to 20 letters, digits, dots, hyphens or underscores".to_owned())
}
