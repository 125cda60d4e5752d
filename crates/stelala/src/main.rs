//! Stelala's command-line program: a thin shell over the other crates.

mod authority;
mod bench;
mod cloud;
mod demo;
mod device;
mod edef;
mod firmware;
mod help;
mod import;
mod ledger;
mod proxy;
mod random;
mod up;

use std::process::ExitCode;

use clap::{FromArgMatches, Parser, Subcommand};
use verify_cli::{AwsLcCheck, UNUSABLE_INPUT, VerifyCommand};

/// Stelala makes invoices legally true in the DR Congo: sealed at the moment of sale, checkable without a network.
///
/// It sets up fiscal memories and sells by them, prints receipts, and judges what anyone sealed. Each command says more
/// with --help, and shows an example.
#[derive(Parser)]
#[command(name = "stelala", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A shop sells for a day at a simulated device, which loses its power twice; then all is judged.
    ///
    /// It shows each command that it uses, and leaves device, till, receipts, keys and journal in a folder, to go on with.
    Demo(demo::DemoCommand),
    /// Starts a cloud on this machine, and sells a day by its API.
    ///
    /// It makes a folder with a database, encrypted keys, a merchant with two outlets and API keys, and seals the day of
    /// examples/day by POST /api/v1/invoices. For the second outlet a simulated fiscal memory seals, which a proxy activates
    /// and brings to the cloud. All of it goes to a simulated tax authority. It says what to try, and serves until it is interrupted: first of all /docs, /devices and a
    /// sale of your own. Started again it goes on there.
    Up(up::UpCommand),
    /// Runs a cloud, and looks after what it needs: merchants, outlets, API keys, people, signing keys.
    #[command(subcommand)]
    Cloud(cloud::CloudCommand),
    /// Says in sentences what is wrong with a cloud.
    Doctor(cloud::DoctorCommand),
    /// Runs the proxy beside a fiscal memory, and looks after it: doctor, activation, tills.
    #[command(subcommand)]
    Proxy(proxy::ProxyCommand),
    /// Seals a day of sales from another system's export.
    Import(import::ImportCommand),
    /// Looks after what a cloud has sealed: exports, backups, heads.
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Says whether a receipt, a payload or a journal is true, and what that proves.
    #[command(subcommand)]
    Verify(Verify),
    /// Speaks with a fiscal memory, or stands in for one.
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// The way to the tax authority's e-DEF service: its machines, invoices in doubt, and a simulator of it.
    #[command(subcommand)]
    Edef(edef::EdefCommand),
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
    /// Prints a script by which a shell completes the commands of this program.
    ///
    /// Put it where your shell looks for such scripts; a new terminal then knows it.
    Completions(help::CompletionsCommand),
    /// Writes the pages of help into a folder: crates/stelala/tests/help.
    #[command(hide = true)]
    HelpPages(help::PagesCommand),
}

/// The referee's commands, and the one that needs a database.
#[derive(Subcommand)]
enum Verify {
    #[command(flatten)]
    Referee(VerifyCommand),
    /// Checks a cloud's database: each outlet's chain, and all that stands beside the records.
    Ledger(ledger::VerifyLedgerCommand),
}

fn main() -> ExitCode {
    let cli = Cli::from_arg_matches(&help::tree().get_matches()).unwrap_or_else(|fault| fault.exit());
    let ended = match cli.command {
        Command::Demo(command) => command.run(),
        Command::Up(command) => command.run(),
        Command::Cloud(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Device(command) => command.run(),
        Command::Edef(command) => command.run(),
        Command::Authority(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Proxy(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Ledger(command) => command.run(),
        Command::Verify(Verify::Referee(command)) => verify(&command),
        Command::Verify(Verify::Ledger(command)) => command.run(),
        Command::Completions(command) => Ok(command.run()),
        Command::HelpPages(command) => command.run(),
    };
    ended.unwrap_or_else(|fault| {
        eprintln!("{fault:#}");
        ExitCode::from(UNUSABLE_INPUT)
    })
}

fn verify(command: &VerifyCommand) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::from(command.run_with(&AwsLcCheck::default())?.print()?))
}
