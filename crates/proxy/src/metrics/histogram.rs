use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::write::Text;

/// The upper bounds of the buckets, in microseconds and as they are written in seconds.
const BOUNDS: [(u64, &str); 12] = [
    (500, "0.0005"),
    (1_000, "0.001"),
    (2_000, "0.002"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (20_000, "0.02"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (1_000_000, "1"),
    (5_000_000, "5"),
    (30_000_000, "30"),
];

/// How long something took, in buckets.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// Those of each bucket alone; the last is for what took longer.
    counts: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    pub(super) fn observe(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|(bound, _)| micros <= *bound).unwrap_or(BOUNDS.len());
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    pub(super) fn sum_millis(&self) -> u64 {
        self.micros.load(Ordering::Relaxed) / 1_000
    }

    pub(super) fn write(&self, text: &mut Text) {
        let mut sum = 0;
        let names = BOUNDS.iter().map(|(_, name)| *name).chain(["+Inf"]);
        for (count, name) in self.counts.iter().zip(names) {
            sum += count.load(Ordering::Relaxed);
            text.named("_bucket", &[("le", name)], sum);
        }
        let micros = self.micros.load(Ordering::Relaxed);
        text.named("_sum", &[], format_args!("{}.{:06}", micros / 1_000_000, micros % 1_000_000));
        text.named("_count", &[], sum);
    }
}
