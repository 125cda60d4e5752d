//! The storm campaign: tills and devices in bad weather, seed after seed.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Parser;
use def_trials::storm::{Bench, Tally, weather};

/// Lets a till sell at a device while frames are lost, late, doubled and torn, power fails and the till crashes, and
/// checks that every sale ends with one seal and one original receipt.
#[derive(Parser)]
struct Arguments {
    /// So many storms.
    #[arg(long, default_value_t = 2_000)]
    seeds: u64,
    /// Goes on for so many minutes instead.
    #[arg(long)]
    minutes: Option<u64>,
    /// Where it goes on, and where it keeps how far it came.
    #[arg(long)]
    state: Option<PathBuf>,
    /// One storm again, by its seed.
    #[arg(long)]
    replay: Option<u64>,
}

struct Campaign {
    next: u64,
    end: Option<u64>,
    until: Option<Duration>,
    began: Instant,
    state: Option<PathBuf>,
    violations: Vec<u64>,
    tally: Tally,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(seed) = arguments.replay {
        println!("{:?}", weather(&Bench::start(), seed));
        return Ok(ExitCode::SUCCESS);
    }
    let first = match &arguments.state {
        Some(file) => load(file)?,
        None => 0,
    };
    let until = arguments.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let campaign = Mutex::new(Campaign {
        next: first,
        end: until.is_none().then_some(first + arguments.seeds),
        until,
        began: now(),
        state: arguments.state,
        violations: Vec::new(),
        tally: Tally::default(),
    });
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(|| storms(&campaign)))));
    let campaign = campaign.into_inner().context("a thread failed")?;
    campaign.save()?;
    let seconds = campaign.began.elapsed().as_secs();
    println!("{} storms (seeds {first} to {}), {seconds} s", campaign.next - first, campaign.next - 1);
    println!("{:?}", campaign.tally);
    println!("{} violations {:?}", campaign.violations.len(), campaign.violations);
    Ok(ExitCode::from(u8::from(!campaign.violations.is_empty())))
}

/// One storm after the other, until there is none left.
fn storms(campaign: &Mutex<Campaign>) {
    let mut bench = Bench::start();
    while let Some(seed) = take(campaign) {
        let ended = catch_unwind(AssertUnwindSafe(|| weather(&bench, seed)));
        let mut campaign = campaign.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match ended {
            Ok(tally) => campaign.tally.add(tally),
            Err(_) => {
                println!("violation: --replay {seed}");
                campaign.violations.push(seed);
                bench = Bench::start();
            }
        }
    }
}

fn take(campaign: &Mutex<Campaign>) -> Option<u64> {
    let mut campaign = campaign.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let over = campaign.end.is_some_and(|end| campaign.next >= end)
        || campaign.until.is_some_and(|until| campaign.began.elapsed() >= until);
    if over {
        return None;
    }
    campaign.next += 1;
    if campaign.next.is_multiple_of(500) {
        eprintln!("{} storms", campaign.next);
        // A state that cannot be written is said at the end.
        let _ = campaign.save();
    }
    Some(campaign.next - 1)
}

impl Campaign {
    fn save(&self) -> Result<()> {
        match &self.state {
            Some(file) => fs::write(file, format!("{}\n", self.next)).context("the state file"),
            None => Ok(()),
        }
    }
}

fn load(file: &PathBuf) -> Result<u64> {
    let Ok(text) = fs::read_to_string(file) else { return Ok(0) };
    text.trim().parse().with_context(|| format!("{} is no state of a campaign", file.display()))
}

#[allow(clippy::disallowed_methods, reason = "how long it took is all that is done with it")]
fn now() -> Instant {
    Instant::now()
}
