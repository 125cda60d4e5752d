//! What tunnel and proxy add to a bare exchange on a device's port, and whether one cloud carries many of them.
//!
//! Devices are simulated on threads, proxies and the cloud are in this process too; they speak by ports and loopback, as
//! they would apart. All is measured in turns.

#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

mod bare;
mod exchange;
mod fleet;
mod ground;
mod report;
mod shop;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;

use self::{ground::Ground, report::Report};
use crate::cloud::Serving;

/// What is measured, and how often.
#[derive(Args)]
pub(crate) struct DualBench {
    /// How many sales go each of the three ways, in turn.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    sales: u32,
    /// How many outlets sell at once, each with a device and a proxy; 0 leaves that out.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=500))]
    outlets: u32,
    /// How many sales each of them makes.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    each: u32,
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

impl DualBench {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let ground = Ground::make(self.outlets as usize + 1)?;
        let serving = Serving::start(ground.config())?;
        let ways = exchange::measure(&ground, serving.address(), self.sales)?;
        let fleet = match self.outlets {
            0 => None,
            _ => Some(fleet::measure(&ground, serving.address(), self.each)?),
        };
        serving.stop()?;
        let report = Report { ways, fleet };
        let ratios = report.ratios();
        let mut out = io::stdout().lock();
        if self.json {
            writeln!(out, "{:#}", report.json(&ratios))?;
        } else {
            report.tables(&mut out, &ratios)?;
        }
        Ok(ExitCode::from(u8::from(!ratios.iter().all(|ratio| ratio.kept))))
    }
}
