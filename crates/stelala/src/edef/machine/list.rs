use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use registry::Reach;

use super::{super::arguments::OfficeArgs, view::line};

/// Of the cloud of a configuration.
#[derive(Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    office: OfficeArgs,
    /// Those that were removed too.
    #[arg(long)]
    all: bool,
}

impl ListCommand {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let machines = self.office.open()?.desk(|desk, _| Ok(desk.machines(&Reach::Platform, self.all)?))?;
        let mut out = io::stdout().lock();
        for machine in &machines {
            writeln!(out, "{}", line(machine, &self.office))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
