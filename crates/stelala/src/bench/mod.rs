//! Benchmarks are programs: they print ratios against limits that were measured in the same run.

mod aws_lc;
mod core;
mod measure;

use std::process::ExitCode;

use clap::Subcommand;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// The fiscal core against bare P-256 signing. Exit code 1 when a limit is not kept.
    Core {
        /// How many rounds; each measures everything once, in turn.
        #[arg(long, default_value_t = 40)]
        rounds: usize,
    },
}

impl BenchCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Core { rounds } => core::run(rounds.max(1)),
        }
    }
}
