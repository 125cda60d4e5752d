//! The storm campaign: tills and devices in bad weather, seed after seed.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::{Parser, value_parser};
use def_trials::storm::{Bench, Tally, weather};

/// Lets a till sell at a device while frames are lost, late, doubled and torn, power fails and the till crashes, and
/// checks that every sale ends with one seal and one original receipt.
#[derive(Parser)]
struct Arguments {
    /// So many storms.
    #[arg(long, default_value_t = 2_000, value_parser = value_parser!(u64).range(1..))]
    seeds: u64,
    /// Goes on for so many minutes instead.
    #[arg(long, value_parser = value_parser!(u64).range(1..))]
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
    /// The seeds that were taken and are not finished.
    running: BTreeSet<u64>,
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
    let until = arguments.minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
    let campaign = Mutex::new(Campaign {
        next: first,
        running: BTreeSet::new(),
        end: until.is_none().then_some(first.saturating_add(arguments.seeds)),
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
        campaign.running.remove(&seed);
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
    let seed = campaign.next;
    campaign.next += 1;
    campaign.running.insert(seed);
    if campaign.next.is_multiple_of(500) {
        eprintln!("{} storms", campaign.next);
        // A state that cannot be written is said at the end.
        let _ = campaign.save();
    }
    Some(seed)
}

impl Campaign {
    /// Where to go on: below it every seed is finished.
    fn reached(&self) -> u64 {
        self.running.first().copied().unwrap_or(self.next)
    }

    fn save(&self) -> Result<()> {
        match &self.state {
            Some(file) => fs::write(file, format!("{}\n", self.reached())).context("the state file"),
            None => Ok(()),
        }
    }
}

/// Where an earlier campaign came to; one that left no file begins at 0.
fn load(file: &Path) -> Result<u64> {
    let text = match fs::read_to_string(file) {
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(0),
        read => read.with_context(|| file.display().to_string())?,
    };
    text.trim().parse().with_context(|| format!("{} is no state of a campaign", file.display()))
}

#[allow(clippy::disallowed_methods, reason = "how long it took is all that is done with it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path for this process alone.
    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("stelala-tills-{}-{name}", std::process::id()))
    }

    fn campaign(next: u64, state: PathBuf) -> Mutex<Campaign> {
        Mutex::new(Campaign {
            next,
            running: BTreeSet::new(),
            end: None,
            until: None,
            began: now(),
            state: Some(state),
            violations: Vec::new(),
            tally: Tally::default(),
        })
    }

    #[test]
    fn only_a_state_that_is_not_there_begins_at_0() {
        let folder = path("folder");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(load(&folder.join("none")).unwrap(), 0);
        assert!(load(&folder).is_err(), "a folder cannot be read");
        fs::write(folder.join("words"), "many").unwrap();
        assert!(load(&folder.join("words")).unwrap_err().to_string().contains("no state of a campaign"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_campaign_goes_on_with_the_lowest_seed_that_was_not_finished() {
        let file = path("state");
        let campaign = campaign(40, file.clone());
        assert_eq!([take(&campaign), take(&campaign), take(&campaign)], [Some(40), Some(41), Some(42)]);
        let saved = |finished: &[u64]| {
            let mut campaign = campaign.lock().unwrap();
            finished.iter().for_each(|seed| assert!(campaign.running.remove(seed)));
            campaign.save().unwrap();
            load(&file).unwrap()
        };
        assert_eq!([saved(&[]), saved(&[41]), saved(&[40]), saved(&[42])], [40, 40, 42, 43]);
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_campaign_has_at_least_one_storm() {
        let read = |arguments: &[&str]| Arguments::try_parse_from([&["tills"], arguments].concat());
        assert!(read(&["--seeds", "1"]).is_ok());
        assert!(read(&["--seeds", "0"]).is_err() && read(&["--minutes", "0"]).is_err());
    }
}
