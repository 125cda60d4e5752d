//! One suite over each signer.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Parser;
use dual_trials::{
    instant, now,
    signers::{FOLLOWS, Ground, Signer, differences},
};

/// Asks the same of clouds whose outlet is signed by a software key, by SoftHSM, by a simulated device and by the board's
/// firmware in QEMU, and compares the answers member by member. Exit code 1: they differ where they must not.
#[derive(Parser)]
struct Arguments {
    /// The program under trial.
    #[arg(long, default_value = "target/release/stelala")]
    stelala: PathBuf,
    /// The firmware of QEMU's board, built before; else `stelala device qemu` builds it.
    #[arg(long, value_name = "ELF")]
    firmware: Option<PathBuf>,
    /// Only these, of software, softhsm, simulated and qemu; the first is what others are compared with.
    #[arg(long, value_delimiter = ',', default_value = "software,softhsm,simulated,qemu")]
    signers: Vec<String>,
    /// Prints which members may differ, and why.
    #[arg(long)]
    members: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.members {
        for (member, why) in FOLLOWS {
            println!("{member:<16} {why}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let ground = Ground { binary: arguments.stelala, firmware: arguments.firmware, base: now() };
    let mut first = None;
    let mut wrong = 0;
    for name in &arguments.signers {
        let Some(signer) = Signer::ALL.into_iter().find(|signer| signer.name() == name) else {
            bail!("{name} is no signer: there are software, softhsm, simulated, qemu");
        };
        let began = instant();
        let transcript = ground.ask(signer)?;
        let seconds = began.elapsed().as_secs();
        let Some(first) = &first else {
            println!("{name}: {} answers, {seconds} s", transcript.len());
            first = Some(transcript);
            continue;
        };
        let found = differences(first, &transcript);
        println!("{name}: {} answers, {} differences, {seconds} s", transcript.len(), found.len());
        found.iter().for_each(|one| println!("  {one}"));
        wrong += found.len();
    }
    Ok(ExitCode::from(u8::from(wrong > 0)))
}
