//! A line that goes to a device and back.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::path::PathBuf;

use clap::Parser;
use dual_trials::{Plan, handover, instant};

/// Has an outlet's line go to a simulated device and back, in good order and by force, with sales, replays, returns and an
/// unplugged device between, and says what was seen. It stops at the first thing that must not be.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let began = instant();
    let seen = handover::play(&arguments.stelala, &Plan { devices: true, ..Plan::default() })?;
    seen.iter().for_each(|one| println!("{one}"));
    println!("{} things seen, {} s", seen.len(), began.elapsed().as_secs());
    Ok(())
}
