//! Stelala's command-line program: a thin shell over the other crates.

mod authority;
mod bench;
mod demo;
mod device;
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
    /// Stands in for a fiscal memory: its journal in files, its COM port a pseudo-terminal.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Issues what commands devices of the development realm: activation codes, signed times, orders.
    ///
    /// A device obeys three keys: the root signs its activation code; the tax authority (dgi) orders resets and
    /// revocations; the operator sets its clock, acknowledges, hands over and installs tax groups. `authority new`
    /// makes all three, the other commands print what is sent to the device. Real keys live in hardware: nothing that
    /// is made here is obeyed by a device of the production realm.
    #[command(subcommand)]
    Authority(authority::AuthorityCommand),
    /// Measures, in ratios against limits of the same run.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Demo(command) => command.run(),
        Command::Device(command) => command.run(),
        Command::Authority(command) => command.run(),
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
