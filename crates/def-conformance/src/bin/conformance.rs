//! Runs the cases against a board: exit code 1 when one of them fails, or when a code of the document was never seen.

#![allow(clippy::print_stdout, reason = "what it finds goes to standard output")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use def_client::{HostPace, Pace};
use def_conformance::{
    Bench, Board, Case, Shown, cases, document,
    run::{self, Told},
};

/// Asks a device over its line whether it does what docs/protocol.md says.
#[derive(Parser)]
struct Arguments {
    /// The program whose `device simulate` and `device qemu` are asked.
    #[arg(long, value_name = "PATH", required_unless_present = "list")]
    stelala: Option<PathBuf>,
    /// The board.
    #[arg(long, default_value = "simulate")]
    board: Board,
    /// Where devices keep their files; a folder in it is emptied first.
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    work: Option<PathBuf>,
    /// Only cases with this text in their section or their sentence.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Leave out the cases that wait for seconds; then not every code is seen, and none is missed.
    #[arg(long)]
    quick: bool,
    /// Say what the cases are, and run none.
    #[arg(long)]
    list: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let chosen: Vec<Case> = cases::all().into_iter().filter(|case| arguments.wants(case)).collect();
    if arguments.list {
        chosen.iter().for_each(|case| println!("{}: {}", case.section, case.name));
        return Ok(ExitCode::SUCCESS);
    }
    let mut pace = HostPace::start();
    let stelala = arguments.stelala.as_ref().context("--stelala names the program")?;
    let work = arguments.work.as_ref().context("--work names a folder")?;
    let bench = Bench::new(stelala, arguments.board, work)?;
    let (mut failed, mut not_here) = (0, Vec::new());
    run::all(&bench, &chosen, |told| {
        say(&told);
        match told.shown {
            Ok(Shown::Yes) => {}
            Ok(Shown::NotHere { code, why }) => not_here.push((told.case, code, why)),
            Err(_) => failed += 1,
        }
    });
    let mut unseen = if arguments.only.is_none() && !arguments.quick { unseen(&bench) } else { Vec::new() };
    unseen.retain(|missing| !not_here.iter().any(|(_, code, _)| missing == code));
    summary(&bench, chosen.len(), failed, pace.elapsed().as_secs());
    for (case, code, why) in &not_here {
        println!("not provoked on this board: {code}: {case} ({why})");
    }
    for code in &unseen {
        println!("FAILED: the document's code {code} was never seen");
    }
    Ok(ExitCode::from(u8::from(failed > 0 || !unseen.is_empty())))
}

impl Arguments {
    fn wants(&self, case: &Case) -> bool {
        let named =
            self.only.as_ref().is_none_or(|text| case.name.contains(text) || case.section.contains(text));
        named && !(self.quick && case.waits)
    }
}

fn say(told: &Told) {
    let (section, case, took) = (told.section, told.case, told.took.as_millis());
    match &told.shown {
        Ok(Shown::Yes) => println!("ok     {section}: {case} ({took} ms)"),
        Ok(Shown::NotHere { why, .. }) => println!("-      {section}: {case}: not on this board, {why}"),
        Err(wrong) => {
            println!("FAILED {section}: {case} ({took} ms)\n       {}", wrong.what);
            wrong.exchanges.iter().for_each(|exchange| println!("       {exchange}"));
        }
    }
}

/// The codes of the document that no refusal had.
fn unseen(bench: &Bench) -> Vec<String> {
    let seen = bench.census().codes();
    let codes = document::codes().iter().map(|code| code.name.clone());
    codes.filter(|code| !seen.contains(code)).collect()
}

fn summary(bench: &Bench, cases: usize, failed: usize, seconds: u64) {
    let census = bench.census();
    let slowest = census.slowest();
    let slow: Vec<String> = slowest
        .iter()
        .filter(|(command, _)| !command.is_empty())
        .map(|(command, took)| format!("{command} {} ms", took.as_millis()))
        .collect();
    println!("slowest answers: {}", slow.join(", "));
    println!("longest reply: {} bytes", census.longest_reply());
    println!(
        "{} board: {cases} cases, {} commands, {} of {} codes seen, {failed} failed, {seconds} s",
        bench.board().command(),
        census.commands(),
        census.codes().len(),
        document::codes().len(),
    );
}
