//! Breaks what a running cloud rests on, one thing at a time, and checks that nothing that it answered is lost.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, builder::PossibleValuesParser};
use cloud_trials::faults::{Fault, Ground};

/// Breaks the disk, the clock, the token and the database of a cloud while tills sell. Needs gcc for the shim, softhsm2,
/// and a PostgreSQL by `crates/ledger/tests/with_postgres`.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
    /// Only these.
    #[arg(long, value_parser = PossibleValuesParser::new(Fault::ALL.map(Fault::name)))]
    only: Vec<String>,
}

fn main() -> ExitCode {
    let Arguments { stelala, only } = Arguments::parse();
    let postgres =
        of_environment("STELALA_TEST_POSTGRES").zip(of_environment("STELALA_TEST_POSTGRES_RESTART"));
    let ground = Ground { binary: stelala, postgres };
    let mut failed = 0;
    for fault in Fault::ALL {
        if !only.is_empty() && !only.iter().any(|name| name == fault.name()) {
            continue;
        }
        match fault.run(&ground) {
            Ok(said) => println!("{said}"),
            Err(cause) => {
                println!("FAILED {}: {cause:#}", fault.name());
                failed += 1;
            }
        }
    }
    ExitCode::from(u8::from(failed > 0))
}

#[allow(clippy::disallowed_methods, reason = "a program for trials: with_postgres says where it is")]
fn of_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
