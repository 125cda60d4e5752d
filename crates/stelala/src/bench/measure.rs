//! Time per call, in turns, so that a machine that slows down slows everything alike.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]
#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]

use std::time::{Duration, Instant};

/// Something to measure.
pub(super) struct Subject<'a> {
    pub(super) name: &'static str,
    pub(super) call: Box<dyn FnMut() + 'a>,
}

/// The median time of one call of each subject, in nanoseconds.
pub(super) fn medians(subjects: &mut [Subject<'_>], rounds: usize) -> Vec<f64> {
    let calls: Vec<u32> = subjects.iter_mut().map(calls_in_a_round).collect();
    let mut times = vec![Vec::with_capacity(rounds); subjects.len()];
    for _ in 0..rounds {
        for (index, subject) in subjects.iter_mut().enumerate() {
            times[index].push(time(subject, calls[index]).as_nanos() as f64 / f64::from(calls[index]));
        }
    }
    times.into_iter().map(median).collect()
}

/// As many calls as fill about five milliseconds.
fn calls_in_a_round(subject: &mut Subject<'_>) -> u32 {
    let mut calls = 1;
    while time(subject, calls) < Duration::from_millis(5) {
        calls *= 2;
    }
    calls
}

fn time(subject: &mut Subject<'_>, calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        (subject.call)();
    }
    start.elapsed()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
