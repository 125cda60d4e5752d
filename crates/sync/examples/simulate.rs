//! Runs the simulation of the sync with the authority over many seeds.

#![allow(clippy::print_stdout, reason = "an example prints what it found")]
#![allow(clippy::disallowed_methods, reason = "a program for campaigns: how long one runs is real time")]

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use sync::simulation::{Broken, Census, run};

const USAGE: &str = "simulate --seeds N | --minutes M [--state FILE] | --seed S, each with --broken NAME";

/// What a long run keeps, so that it goes on where it was.
#[derive(Default, Serialize, Deserialize)]
struct State {
    next: u64,
    census: Census,
}

#[derive(Default)]
struct Wanted {
    seeds: Option<u64>,
    minutes: Option<u64>,
    seed: Option<u64>,
    state: Option<PathBuf>,
    broken: Option<Broken>,
}

fn main() -> ExitCode {
    match wanted().and_then(|wanted| all(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            println!("{text}");
            ExitCode::FAILURE
        }
    }
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|_| USAGE.to_owned());
        match word.as_str() {
            "--seeds" => wanted.seeds = Some(number()?),
            "--minutes" => wanted.minutes = Some(number()?),
            "--seed" => wanted.seed = Some(number()?),
            "--state" => wanted.state = Some(PathBuf::from(&value)),
            "--broken" => {
                let names: Vec<_> = Broken::ALL.iter().map(|broken| broken.name()).collect();
                let unknown = || format!("a broken rule is one of {}", names.join(", "));
                wanted.broken = Some(Broken::from_name(&value).ok_or_else(unknown)?);
            }
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(wanted)
}

fn all(wanted: &Wanted) -> Result<(), String> {
    if let Some(seed) = wanted.seed {
        print!("{}", run(seed, wanted.broken).map_err(|violation| violation.to_string())?);
        return Ok(());
    }
    let kept = wanted.state.as_ref().and_then(|path| std::fs::read(path).ok());
    let mut state: State = match kept {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|fault| format!("the state: {fault}"))?,
        None => State::default(),
    };
    let (begin, first) = (Instant::now(), state.next);
    let time = wanted.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    loop {
        let over = match time {
            Some(time) => begin.elapsed() >= time,
            None => state.next - first >= wanted.seeds.unwrap_or(100),
        };
        if over {
            break;
        }
        state.census.add(&run(state.next, wanted.broken).map_err(|violation| violation.to_string())?);
        state.next += 1;
        if state.next.is_multiple_of(500) {
            keep(wanted, &state)?;
        }
    }
    keep(wanted, &state)?;
    print!("{}", state.census);
    println!("{:>12} seconds for {} seeds", begin.elapsed().as_secs(), state.next - first);
    Ok(())
}

fn keep(wanted: &Wanted, state: &State) -> Result<(), String> {
    let Some(path) = &wanted.state else { return Ok(()) };
    let bytes = serde_json::to_vec(state).map_err(|fault| fault.to_string())?;
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|fault| fault.to_string())
}
