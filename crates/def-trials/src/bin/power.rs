//! The power campaign: cuts at every operation of scenarios, and checks what a host then finds.
#![allow(clippy::print_stdout, reason = "it prints what it found")]

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Parser;
use def_engine::recovery::Recovery;
use def_trials::power::{Campaign, Pairs, PathId, Scenario, Tally};

/// Cuts the power of simulated fiscal memories at every operation and checks that nothing is lost.
#[derive(Parser)]
struct Arguments {
    /// At least so many paths with one cut; scenarios of about 13,000 paths each are completed.
    #[arg(long, default_value_t = 100_000)]
    paths: u64,
    /// Cuts at every operation of every start a second time, instead of a sample.
    #[arg(long)]
    pairs: bool,
    /// Outcomes of each style that leaves something to chance.
    #[arg(long, default_value_t = 4)]
    seeds: u64,
    /// Goes on for so many minutes instead of so many paths.
    #[arg(long)]
    minutes: Option<u64>,
    /// Where it goes on, and where it keeps how far it came.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Goes one path again.
    #[arg(long)]
    replay: Option<PathId>,
}

/// How far a campaign came.
#[derive(Default)]
struct Progress {
    scenario: u64,
    forks: usize,
    tally: Tally,
}

/// Operations between two looks at the clock.
const BATCH: usize = 32;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let campaign = Campaign {
        recovery: Recovery::CAREFUL,
        seeds: arguments.seeds,
        pairs: if arguments.pairs { Pairs::All } else { Pairs::OneOf(16) },
        thorough: if arguments.minutes.is_some() { 8 } else { 64 },
        threads: thread::available_parallelism().map_or(1, usize::from),
    };
    if let Some(path) = arguments.replay {
        let violation = campaign.replay(&path)?;
        match &violation {
            Some(violation) => println!("{violation}"),
            None => println!("{path}: everything held"),
        }
        return Ok(ExitCode::from(u8::from(violation.is_some())));
    }
    let began = now();
    let mut progress = arguments.state.as_ref().map_or(Ok(Progress::default()), Progress::load)?;
    let before = progress.tally.paths + progress.tally.pairs;
    let until = arguments.minutes.map(|minutes| Duration::from_secs(minutes * 60));
    'campaign: loop {
        let scenario = Scenario::record(progress.scenario, campaign.recovery);
        let order = spread(scenario.forks.len());
        while progress.forks < order.len() {
            if until.is_some_and(|until| began.elapsed() >= until) {
                break 'campaign;
            }
            let batch = &order[progress.forks..order.len().min(progress.forks + BATCH)];
            let tally = campaign.run(&scenario, batch);
            tally.violations.iter().for_each(|violation| println!("{violation}"));
            progress.tally.add(tally);
            progress.forks += batch.len();
            if let Some(file) = &arguments.state {
                progress.save(file)?;
            }
        }
        (progress.scenario, progress.forks) = (progress.scenario + 1, 0);
        let Tally { paths, pairs, broken, .. } = progress.tally;
        eprintln!("{paths} paths, {pairs} pairs, {broken} violations, {} s", began.elapsed().as_secs());
        if until.is_none() && progress.tally.paths >= arguments.paths {
            break;
        }
    }
    let Progress { tally: Tally { paths, pairs, stopped, broken, .. }, scenario, .. } = progress;
    let seconds = began.elapsed().as_secs().max(1);
    let rate = (paths + pairs - before) / seconds;
    println!(
        "{paths} paths with one cut and {pairs} with two, in {scenario} whole scenarios: {broken} violations"
    );
    println!(
        "{stopped} with two left the counter so far ahead that the device waits for a RESET, as it has to"
    );
    println!("{seconds} s, {rate} paths each second");
    Ok(ExitCode::from(u8::from(broken > 0)))
}

/// All numbers below one, so that a part of them is spread over all.
fn spread(count: usize) -> Vec<usize> {
    (0..64).flat_map(|first| (first..count).step_by(64)).collect()
}

#[allow(clippy::disallowed_methods, reason = "how long it took is all that is done with it")]
fn now() -> Instant {
    Instant::now()
}

impl Progress {
    fn load(file: &PathBuf) -> Result<Self> {
        let Ok(text) = fs::read_to_string(file) else { return Ok(Self::default()) };
        let numbers: Vec<u64> =
            text.split_whitespace().map(str::parse).collect::<Result<_, _>>().context("the state file")?;
        let [scenario, forks, paths, pairs, stopped, broken] = numbers[..] else {
            anyhow::bail!("{} is no state of a campaign: give another file", file.display())
        };
        let tally = Tally { paths, pairs, stopped, broken, violations: Vec::new() };
        Ok(Self { scenario, forks: forks as usize, tally })
    }

    fn save(&self, file: &PathBuf) -> Result<()> {
        let Self { scenario, forks, tally: Tally { paths, pairs, stopped, broken, .. } } = self;
        fs::write(file, format!("{scenario} {forks} {paths} {pairs} {stopped} {broken}\n"))
            .context("the state file")
    }
}
