//! Runs cases and says what became of them.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use def_client::{HostPace, Pace};

use crate::{bench::Bench, case::Case, trace};

/// What became of one case.
#[derive(Debug)]
pub struct Told {
    /// Which one.
    pub case: &'static str,
    /// Its section of the document.
    pub section: &'static str,
    /// It was shown, or what was wrong and the exchange before it.
    pub shown: Result<(), Wrong>,
    /// How long it took.
    pub took: Duration,
}

/// Why a case failed.
#[derive(Debug)]
pub struct Wrong {
    /// In a sentence.
    pub what: String,
    /// The last bytes that went over the line.
    pub exchanges: Vec<String>,
}

/// Runs all of them; each is told as it ends.
pub fn all(bench: &Bench, cases: &[Case], mut tell: impl FnMut(Told)) {
    let (waiting, busy): (Vec<Case>, Vec<Case>) = cases.iter().partition(|case| case.waits);
    let queue = Mutex::new(VecDeque::from(busy));
    let (sender, told) = mpsc::channel();
    thread::scope(|scope| {
        for case in waiting {
            let sender = sender.clone();
            // Who does not listen has ended.
            scope.spawn(move || drop(sender.send(one(bench, &case))));
        }
        for _ in 0..bench.board().jobs() {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || {
                while let Some(case) = next(queue) {
                    drop(sender.send(one(bench, &case)));
                }
            });
        }
        drop(sender);
        told.iter().for_each(&mut tell);
    });
}

fn next(queue: &Mutex<VecDeque<Case>>) -> Option<Case> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

fn one(bench: &Bench, case: &Case) -> Told {
    trace::clear();
    let mut pace = HostPace::start();
    let ran = catch_unwind(AssertUnwindSafe(|| (case.run)(bench)));
    let shown = match ran {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(format!("{fault:#}")),
        Err(_) => Err("the case itself panicked".to_owned()),
    };
    let shown = shown.map_err(|what| Wrong { what, exchanges: trace::last() });
    Told { case: case.name, section: case.section, shown, took: pace.elapsed() }
}
