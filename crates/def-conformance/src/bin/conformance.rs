//! Runs the cases against a board: exit code 1 when one of them fails, or when a code of the document was never seen.

#![allow(clippy::print_stdout, reason = "what it finds goes to standard output")]

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use def_client::{HostPace, Pace};
use def_conformance::{
    Bench, Board, Case, cases, document,
    exceptions::{self, EXCEPTIONS, What},
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
    let (left_out, runs): (Vec<Case>, Vec<Case>) =
        chosen.iter().partition(|case| exceptions::find(arguments.board, What::Case(case.name)).is_some());
    let mut failed = 0;
    run::all(&bench, &runs, |told| {
        say(&told);
        failed += usize::from(told.shown.is_err());
    });
    let wrong = if arguments.is_everything() { wrong_codes(&bench) } else { Vec::new() };
    summary(&bench, runs.len(), failed, pace.elapsed().as_secs());
    say_exceptions(arguments.board, &left_out);
    wrong.iter().for_each(|wrong| println!("FAILED: {wrong}"));
    Ok(ExitCode::from(u8::from(failed > 0 || !wrong.is_empty())))
}

impl Arguments {
    fn wants(&self, case: &Case) -> bool {
        let named =
            self.only.as_ref().is_none_or(|text| case.name.contains(text) || case.section.contains(text));
        named && !(self.quick && case.waits)
    }

    /// Whether all cases are run: then each code is seen.
    fn is_everything(&self) -> bool {
        self.only.is_none() && !self.quick
    }
}

fn say(told: &Told) {
    let (section, case, took) = (told.section, told.case, told.took.as_millis());
    match &told.shown {
        Ok(()) => println!("ok     {section}: {case} ({took} ms)"),
        Err(wrong) => {
            println!("FAILED {section}: {case} ({took} ms)\n       {}", wrong.what);
            wrong.exchanges.iter().for_each(|exchange| println!("       {exchange}"));
        }
    }
}

/// Codes of the document that no refusal had, and exceptions that are none.
fn wrong_codes(bench: &Bench) -> Vec<String> {
    let seen = bench.census().codes();
    let codes = document::codes().iter().map(|code| code.name.as_str());
    codes
        .filter_map(|code| {
            let is_exception = exceptions::find(bench.board(), What::Code(code)).is_some();
            match (seen.contains(code), is_exception) {
                (true, true) => Some(format!("the code {code} was seen: it is no exception on this board")),
                (false, false) => Some(format!("the document's code {code} was never seen")),
                _ => None,
            }
        })
        .collect()
}

fn say_exceptions(board: Board, left_out: &[Case]) {
    for exception in EXCEPTIONS.iter().filter(|exception| exception.boards.contains(&board)) {
        let what = match exception.what {
            What::Case(name) if left_out.iter().any(|case| case.name == name) => name,
            What::Case(_) => continue,
            What::Code(code) => code,
        };
        println!("not provoked on this board: {what} ({})", exception.why);
    }
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
