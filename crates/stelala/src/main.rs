//! Stelala's command-line program: a thin shell over the other crates.

mod bench;
mod demo;
mod random;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use verify_cli::{UNUSABLE_INPUT, VerifyCommand};

/// Stelala makes invoices legally true in the DR Congo: sealed at the moment of sale, checkable without a network.
#[derive(Parser)]
#[command(name = "stelala", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Seals the day of examples/day with a software key and shows what the referee says of it.
    Demo(demo::DemoCommand),
    /// Says whether a receipt, a payload or a journal is true, and what that proves.
    #[command(subcommand)]
    Verify(VerifyCommand),
    /// Measures, in ratios against limits of the same run.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Demo(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Verify(command) => verify(&command),
    };
    ended.unwrap_or_else(|fault| {
        eprintln!("{fault:#}");
        ExitCode::from(UNUSABLE_INPUT)
    })
}

fn verify(command: &VerifyCommand) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::from(command.run()?.print()?))
}
