//! The referee as one file.

use std::process::ExitCode;

use clap::Parser;
use verify_cli::{UNUSABLE_INPUT, VerifyCommand};

/// Stelala's referee: says whether a receipt, a payload or a journal is true.
///
/// Exit code: 0 when all is true, 1 when something is false, 2 when the question could not be asked.
#[derive(Parser)]
#[command(name = "stelala-verify", version)]
struct Cli {
    #[command(subcommand)]
    command: VerifyCommand,
}

fn main() -> ExitCode {
    let answered = Cli::parse().command.run().map_err(|fault| fault.to_string());
    match answered.and_then(|answer| answer.print().map_err(|fault| fault.to_string())) {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(UNUSABLE_INPUT)
        }
    }
}
