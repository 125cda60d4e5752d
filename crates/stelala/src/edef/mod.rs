//! The tax authority's e-DEF service: a simulator of it.

mod simulate;

use std::process::ExitCode;

use clap::Subcommand;

/// What can be done about the authority's service.
#[derive(Subcommand)]
pub(crate) enum EdefCommand {
    /// Stands in for the authority's service, with its paths, names, codes and limits, and faults on demand.
    Simulate(simulate::SimulateCommand),
}

impl EdefCommand {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Simulate(command) => command.run(),
        }
    }
}
