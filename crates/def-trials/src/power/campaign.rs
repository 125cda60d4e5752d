//! All paths, or as many as there is time for.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use def_engine::{Memory, recovery::Recovery};
use def_sim::{Fork, Operation, Outcome, Style, World};

use super::{
    check::{After, Held},
    path::{Cut, PathFault, PathId, Turns},
    scenario::Scenario,
};
use crate::Host;

/// How paths are made.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// How the device decides after a cut.
    pub recovery: Recovery,
    /// How many outcomes of each style that leaves something to chance.
    pub seeds: u64,
    /// Which second cuts.
    pub pairs: Pairs,
    /// One path of so many is read from its first record, with every signature.
    pub thorough: u64,
    /// How many at a time.
    pub threads: usize,
}

/// Which paths have a second cut, during the start after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// None.
    None,
    /// One second cut for one path of so many.
    OneOf(u64),
    /// Every operation of every start, in every style.
    All,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Paths with one cut.
    pub paths: u64,
    /// Paths with two.
    pub pairs: u64,
    /// On how many of these the counter came so far ahead that the device waits for the authority (D11).
    pub stopped: u64,
    /// How many of all paths broke a promise.
    pub broken: u64,
    /// The first of them.
    pub violations: Vec<Violation>,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub struct Violation {
    /// On which path.
    pub path: PathId,
    /// Which.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// How many violations are kept; the rest are counted.
const MOST_VIOLATIONS: usize = 50;

impl Default for Campaign {
    fn default() -> Self {
        Self { recovery: Recovery::CAREFUL, seeds: 4, pairs: Pairs::OneOf(16), thorough: 16, threads: 1 }
    }
}

impl Campaign {
    /// Every operation among these, in every style. The operations of a scenario are [`Scenario::forks`].
    pub fn run(&self, scenario: &Scenario, forks: &[usize]) -> Tally {
        let next = AtomicUsize::new(0);
        let total = Mutex::new(Tally::default());
        thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    let mut memory = Box::new(Memory::new());
                    while let Some(fork) = forks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let tally = self.cut_at(scenario, *fork, &mut memory);
                        // A thread that panicked outside of a path ends the campaign.
                        total.lock().expect("no thread panics").add(tally);
                    }
                });
            }
        });
        total.into_inner().expect("no thread panics")
    }

    /// One path again.
    pub fn replay(&self, path: &PathId) -> Result<Option<Violation>, PathFault> {
        let scenario = Scenario::record(path.scenario, self.recovery);
        let found = scenario.forks.iter().position(|(_, fork)| fork.number == path.first.operation);
        let index = found.ok_or(PathFault::NoSuchOperation)?;
        let mut memory = Box::new(Memory::new());
        let world = match path.second {
            None => scenario.forks[index].1.cut(path.first.outcome),
            Some(second) => {
                let once = PathId { second: None, ..*path };
                let starts = start_again(&scenario, index, &once, &mut memory);
                let fork = starts.into_iter().find(|fork| fork.number == second.operation);
                fork.ok_or(PathFault::NoSuchOperation)?.cut(second.outcome)
            }
        };
        let mut tally = Tally::default();
        walk(&scenario, index, world, *path, true, &mut memory, &mut tally);
        Ok(tally.violations.pop())
    }

    fn cut_at(&self, scenario: &Scenario, index: usize, memory: &mut Memory) -> Tally {
        let mut tally = Tally::default();
        let fork = &scenario.forks[index].1;
        for outcome in outcomes(fork, self.seeds) {
            let first = Cut { operation: fork.number, outcome };
            let path = PathId { scenario: scenario.seed, first, second: None };
            let hash = path.hash();
            let thorough = (hash >> 32).is_multiple_of(self.thorough);
            tally.paths += 1;
            walk(scenario, index, fork.cut(outcome), path, thorough, memory, &mut tally);
            let all = match self.pairs {
                Pairs::None => continue,
                Pairs::OneOf(many) if !hash.is_multiple_of(many) => continue,
                Pairs::OneOf(_) => false,
                Pairs::All => true,
            };
            self.cut_again(scenario, index, &path, all, memory, &mut tally);
        }
        tally
    }

    /// The second cuts of a path.
    fn cut_again(
        &self,
        scenario: &Scenario,
        index: usize,
        once: &PathId,
        all: bool,
        memory: &mut Memory,
        tally: &mut Tally,
    ) {
        let mut cuts: Vec<(Fork, Outcome)> = Vec::new();
        for fork in start_again(scenario, index, once, memory) {
            cuts.extend(outcomes(&fork, 1).map(|outcome| (fork.clone(), outcome)));
        }
        if !all && !cuts.is_empty() {
            let chosen = (once.hash() >> 8) as usize % cuts.len();
            cuts = vec![cuts.swap_remove(chosen)];
        }
        for (fork, outcome) in cuts {
            let path = PathId { second: Some(Cut { operation: fork.number, outcome }), ..*once };
            let thorough = (path.hash() >> 32).is_multiple_of(self.thorough);
            tally.pairs += 1;
            walk(scenario, index, fork.cut(outcome), path, thorough, memory, tally);
        }
    }
}

impl Tally {
    fn violate(&mut self, path: PathId, what: String) {
        self.broken += 1;
        if self.violations.len() < MOST_VIOLATIONS {
            self.violations.push(Violation { path, what });
        }
    }

    /// Both together.
    pub fn add(&mut self, other: Self) {
        self.paths += other.paths;
        self.pairs += other.pairs;
        self.stopped += other.stopped;
        self.broken += other.broken;
        self.violations.extend(other.violations);
        self.violations.truncate(MOST_VIOLATIONS);
    }
}

/// In which ways an operation is interrupted. Where chance has a part, each operation has chances of its own.
fn outcomes(fork: &Fork, seeds: u64) -> impl Iterator<Item = Outcome> + use<> {
    let styles: &'static [Style] = fork.operation.styles();
    let flash = matches!(fork.operation, Operation::Program { .. } | Operation::Erase { .. });
    let number = fork.number;
    styles.iter().flat_map(move |style| {
        // What all bits read as when they are weak is chance, though which they are is not.
        let many = style.depends_on_seed() || flash && *style == Style::AllWeak;
        (0..if many { seeds } else { 1 }).map(move |seed| Outcome::new(*style, number * seeds + seed))
    })
}

/// The operations of the start after a first cut.
fn start_again(scenario: &Scenario, index: usize, once: &PathId, memory: &mut Memory) -> Vec<Fork> {
    let world = scenario.forks[index].1.cut(once.first.outcome);
    world.change(|state| state.flash.set_weak_reads(Turns::of(once).moods[0]));
    world.record_forks(true);
    drop(Host::start_with(&world, scenario.authority.factory(), memory, scenario.recovery));
    world.take_forks()
}

fn walk(
    scenario: &Scenario,
    index: usize,
    world: World,
    path: PathId,
    thorough: bool,
    memory: &mut Memory,
    tally: &mut Tally,
) {
    let step = &scenario.steps[scenario.forks[index].0];
    let after = After { scenario, step, world, turns: Turns::of(&path), thorough };
    let held = catch_unwind(AssertUnwindSafe(|| after.check(memory)));
    match held.unwrap_or_else(|_| Err("the device or the host panicked".into())) {
        Ok(Held::Works) => {}
        Ok(Held::Stopped) => tally.stopped += 1,
        Err(what) => tally.violate(path, what),
    }
}
