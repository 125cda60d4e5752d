//! Two outlets, a device at each, terminals, and everything that fails.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use clap::Parser;
use dual_trials::{
    Plan, Store,
    chaos::{Campaign, Schedule, Tally},
    instant,
};

/// Has terminals sell at two outlets, by the cloud and by proxies beside devices, while proxies are killed, devices unplugged,
/// powers cut, the cloud restarted, ways cut, answers lost and lines handed over; then compares what each terminal believes
/// with the ledger. Exit code 1: something that must never be was.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
    /// So many runs, each over a new ledger.
    #[arg(long, default_value_t = 20)]
    runs: u64,
    /// Goes on for so many minutes instead.
    #[arg(long)]
    minutes: Option<u64>,
    /// The first run; the next has the next seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where it keeps how far it came, and goes on.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How many terminals sell at once.
    #[arg(long, default_value_t = 8)]
    tills: u64,
    /// For how long they sell in a run, in milliseconds.
    #[arg(long, default_value_t = 6_000)]
    millis: u64,
    /// An empty PostgreSQL, as `crates/ledger/tests/with_postgres` starts it, instead of SQLite.
    #[arg(long)]
    postgres: bool,
    /// Only prints what the first run does, and when.
    #[arg(long)]
    show: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.show {
        for timed in Schedule::of(arguments.seed, arguments.millis).0 {
            println!("{:>6} ms  {:?}", timed.at, timed.deed);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut tally = arguments.state.as_deref().map_or_else(|| Ok(Tally::default()), load)?;
    let (before, began) = (tally.runs, instant());
    let over = |tally: &Tally| match arguments.minutes {
        Some(minutes) => began.elapsed() >= Duration::from_secs(minutes * 60),
        None => tally.runs - before >= arguments.runs,
    };
    while !over(&tally) && tally.violations == 0 {
        let seed = arguments.seed + tally.runs;
        let plan = Plan { store: store(&arguments, seed)?, devices: true, ..Plan::default() };
        let binary = arguments.stelala.clone();
        let campaign = Campaign { binary, plan, tills: arguments.tills, millis: arguments.millis };
        let ran = campaign.run(seed)?;
        tally.add(&ran);
        if let Some(file) = &arguments.state {
            save(file, &tally)?;
        }
        eprintln!("seed {seed}: {} sealed, {} s", ran.sealed, began.elapsed().as_secs());
    }
    println!("{tally}, {} s", began.elapsed().as_secs());
    Ok(ExitCode::from(u8::from(tally.violations > 0)))
}

fn store(arguments: &Arguments, seed: u64) -> anyhow::Result<Store> {
    if !arguments.postgres {
        return Ok(Store::Sqlite);
    }
    let url = of_environment().context("no PostgreSQL: run it by crates/ledger/tests/with_postgres")?;
    dual_trials::new_database(&url, seed).map(Store::Postgres)
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: with_postgres says where it is")]
fn of_environment() -> Option<String> {
    std::env::var("STELALA_TEST_POSTGRES").ok()
}

fn load(file: &Path) -> anyhow::Result<Tally> {
    let Ok(text) = fs::read_to_string(file) else { return Ok(Tally::default()) };
    serde_json::from_str(&text).with_context(|| format!("{} is no state of a campaign", file.display()))
}

/// All of it or nothing.
fn save(file: &Path, tally: &Tally) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, serde_json::to_string_pretty(tally)? + "\n")?;
    Ok(fs::rename(unfinished, file)?)
}
