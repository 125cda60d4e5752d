//! Kills a cloud while it sends to the tax authority, and holds the authority's books against the ledger.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{path::PathBuf, process::ExitCode, time::Instant};

use anyhow::Context;
use clap::{Parser, ValueEnum};
use cloud_trials::{Store, campaign::new_database};
use sync_trials::Campaign;

/// Kills cloud, database and authority at random moments while tills sell and invoices are sent, and answers of the
/// authority are lost. In the end each sealed invoice has to be in the authority's books once at most, under the very code
/// that the cloud shows and the ledger notes.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
    /// Where its ledger is: one process with SQLite, two with PostgreSQL.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// A PostgreSQL; without it, that of `crates/ledger/tests/with_postgres`.
    #[arg(long)]
    postgres: Option<String>,
    /// So many cycles.
    #[arg(long, default_value_t = 6)]
    cycles: u64,
    /// Begins the moments; another one has others.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many tills sell at once.
    #[arg(long, default_value_t = 6)]
    tills: u64,
    /// Has the authority away for two minutes in the end, and waits a quarter of an hour for what its counters say.
    #[arg(long)]
    slow: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let began = now();
    let (name, processes, store) = match arguments.store {
        Kind::Sqlite => ("sqlite", 1, Store::Sqlite),
        Kind::Postgres => ("postgres", 2, postgres(&arguments)?),
    };
    let campaign = Campaign {
        binary: arguments.stelala,
        processes,
        tills: arguments.tills,
        restart: of_environment("STELALA_TEST_POSTGRES_RESTART"),
        slow: arguments.slow,
    };
    let tally = campaign.run(store, arguments.cycles, arguments.seed)?;
    println!(
        "{name}, {processes} process(es), seed {}: {tally}, {} s",
        arguments.seed,
        began.elapsed().as_secs()
    );
    Ok(ExitCode::from(u8::from(!tally.violations.is_empty())))
}

fn postgres(arguments: &Arguments) -> anyhow::Result<Store> {
    let url = arguments.postgres.clone().or_else(|| of_environment("STELALA_TEST_POSTGRES"));
    let url = url
        .context("no PostgreSQL: run it by crates/ledger/tests/with_postgres, or name one with --postgres")?;
    // The numbers below are those of `crashes` and `faults`.
    new_database(&url, 9_000_000_000 + arguments.seed).map(Store::Postgres)
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: with_postgres says where it is")]
fn of_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
fn now() -> Instant {
    Instant::now()
}
