//! Kills a cloud under load, again and again, and checks that nothing that it answered is lost.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::{Parser, ValueEnum};
use cloud_trials::{
    Store,
    campaign::{Campaign, Tally},
    power,
};

/// Kills a cloud with `kill -9` at random moments while tills sell over HTTP, starts it again, and checks that every
/// acknowledged invoice is there once, that no number is missing and that every till can learn the fate of each sale.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
    /// Where its ledgers are.
    #[arg(long, value_enum, default_value = "sqlite")]
    store: Kind,
    /// An empty PostgreSQL; without it, that of `crates/ledger/tests/with_postgres`.
    #[arg(long)]
    postgres: Option<String>,
    /// So many cycles.
    #[arg(long, default_value_t = 30)]
    cycles: u64,
    /// Goes on for so many minutes instead.
    #[arg(long)]
    minutes: Option<u64>,
    /// Where it keeps how far it came, and goes on.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Over one database; two is the default for PostgreSQL.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=2))]
    processes: Option<u64>,
    /// How many tills sell at once.
    #[arg(long, default_value_t = 9)]
    tills: u64,
    /// Begins the moments; another one has others.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Instead: records what the program writes under load, and cuts the power at so many moments (SQLite).
    #[arg(long, value_name = "CUTS")]
    power_cuts: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

/// A ledger is audited from its first record and left for a new one after so many cycles.
const CYCLES_OF_A_LEDGER: u64 = 30;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(cuts) = arguments.power_cuts {
        let found = power::run(&arguments.stelala, cuts, arguments.seed)?;
        println!("{found}");
        return Ok(ExitCode::from(u8::from(found.violations > 0)));
    }
    let (kind, name) = match arguments.store {
        Kind::Sqlite => (1, "sqlite"),
        Kind::Postgres => (2, "postgres"),
    };
    let processes = arguments.processes.unwrap_or(kind) as usize;
    if arguments.store == Kind::Sqlite && processes > 1 {
        bail!("SQLite has one process");
    }
    let campaign = Campaign { binary: arguments.stelala.clone(), processes, tills: arguments.tills };
    let state = arguments.state.as_ref().map(|folder| folder.join(name));
    let mut tally = state.as_deref().map_or(Ok(Tally::default()), load)?;
    let before = tally.cycles;
    let began = now();
    let over = |tally: &Tally| match arguments.minutes {
        Some(minutes) => began.elapsed() >= Duration::from_secs(minutes * 60),
        None => tally.cycles - before >= arguments.cycles,
    };
    while !over(&tally) && tally.violations == 0 {
        let left =
            arguments.minutes.map_or(arguments.cycles - (tally.cycles - before), |_| CYCLES_OF_A_LEDGER);
        let seed = arguments.seed.wrapping_mul(1_000_000).wrapping_add(tally.cycles);
        tally.add(campaign.ledger(store(&arguments, seed)?, left.min(CYCLES_OF_A_LEDGER), seed)?);
        if let Some(file) = &state {
            save(file, &tally)?;
        }
        eprintln!("{} cycles, {} s", tally.cycles, began.elapsed().as_secs());
    }
    say(name, processes, &tally, began.elapsed().as_secs());
    Ok(ExitCode::from(u8::from(tally.violations > 0)))
}

fn say(name: &str, processes: usize, tally: &Tally, seconds: u64) {
    let Tally { cycles, kills, at_fsync, pauses, sealed, doubts, .. } = tally;
    let Tally { doubts_sealed, doubts_not_sealed, repeats, records, violations, .. } = tally;
    println!(
        "{name}, {processes} process(es): {cycles} cycles with {kills} kills ({at_fsync} at an fsync) and {pauses} pauses"
    );
    println!("{sealed} sales and notes sealed, {repeats} repeated; the referee read {records} records");
    println!(
        "{doubts} requests without an answer: {doubts_sealed} sales of them were sealed, {doubts_not_sealed} were not; \
         each is now, once"
    );
    println!("{violations} violations, {seconds} s");
}

/// A ledger of its own.
fn store(arguments: &Arguments, seed: u64) -> anyhow::Result<Store> {
    if arguments.store == Kind::Sqlite {
        return Ok(Store::Sqlite);
    }
    let url = arguments.postgres.clone().or_else(of_environment);
    let url = url
        .context("no PostgreSQL: run it by crates/ledger/tests/with_postgres, or name one with --postgres")?;
    cloud_trials::campaign::new_database(&url, seed).map(Store::Postgres)
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: with_postgres says where it is")]
fn of_environment() -> Option<String> {
    std::env::var("STELALA_TEST_POSTGRES").ok()
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: it runs over real time")]
fn now() -> Instant {
    Instant::now()
}

fn load(file: &Path) -> anyhow::Result<Tally> {
    let Ok(text) = fs::read_to_string(file) else { return Ok(Tally::default()) };
    let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let numbers = numbers.try_into().ok();
    numbers.map(Tally::of).with_context(|| format!("{} is no state of a campaign", file.display()))
}

/// All of it or nothing.
fn save(file: &Path, tally: &Tally) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let text: Vec<String> = tally.numbers().iter().map(u64::to_string).collect();
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, text.join(" ") + "\n")?;
    Ok(fs::rename(unfinished, file)?)
}
