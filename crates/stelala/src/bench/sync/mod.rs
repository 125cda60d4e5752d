//! A backlog drained to a simulated authority, against what the authority's limits allow, while sales go on.
//!
//! The cloud and its agent are in this process, the authority in another; they speak by loopback, as they would apart. Each
//! call of the authority takes as long as is asked for, and confirmations of one machine go one after the other. Sales are
//! offered at an outlet without a machine, because at those that are drained they would only make the backlog longer; one
//! writer seals for all outlets, and the authority's records too. Before, no agent runs.

#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

mod drain;
mod ground;
mod offer;
mod report;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;

use self::{drain::Drain, ground::Ground, report::Report};
use crate::cloud::Serving;

/// What is drained, and beside what.
#[derive(Args)]
pub(crate) struct SyncBench {
    /// How many invoices wait for the authority.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    invoices: u32,
    /// At how many outlets, each with a machine of the authority (e-MCF).
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=500))]
    outlets: u32,
    /// How long the authority takes for each call, in milliseconds.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    latency: u64,
    /// How many sales are offered each second meanwhile, at an outlet of its own.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    offered: u32,
    /// For how long they are offered before, without an agent at work, in seconds.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    alone: u64,
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

impl SyncBench {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let latency = Duration::from_millis(self.latency);
        let ground = Ground::make(self.outlets, latency)?;
        let serving = Serving::start(ground.without_authority())?;
        let cloud = serving.address();
        let per_outlet = self.invoices.div_ceil(self.outlets);
        offer::sell_backlog(&ground, cloud, per_outlet)?;
        // The first sales of a connection and a till are slower.
        offer::offer(&ground, cloud, self.offered, offer::until(Duration::from_secs(3)))?;
        let time = Duration::from_secs(self.alone);
        let alone = offer::offer(&ground, cloud, self.offered, offer::until(time))?;
        serving.stop()?;
        let serving = Serving::start(ground.config())?;
        let cloud = serving.address();
        offer::offer(&ground, cloud, self.offered, offer::until(Duration::from_secs(3)))?;
        let drain = Drain { ground: &ground, cloud, per_outlet, latency };
        let (drained, beside) = drain.measure(self.offered)?;
        serving.stop()?;
        drained.check()?;
        let report = Report { drained, alone, beside };
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
