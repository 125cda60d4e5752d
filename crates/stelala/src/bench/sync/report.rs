use std::io::{self, Write};

use serde_json::{Value, json};

use super::{super::ratio::Ratio, drain::Drained, offer::Sample};

/// Everything that was measured.
pub(super) struct Report {
    pub(super) drained: Drained,
    /// Sales while nothing was drained.
    pub(super) alone: Sample,
    /// Sales meanwhile.
    pub(super) beside: Sample,
}

/// Of what the authority's limits allow.
const DRAINED: f64 = 0.9;
/// The p99 of a sale meanwhile, of that before.
const SLOWER: f64 = 2.0;
/// The memory at the end, of that in the first quarter.
const GROWN: f64 = 1.25;

impl Report {
    pub(super) fn ratios(&self) -> Vec<Ratio> {
        let Self { drained, alone, beside } = self;
        let p99 = alone.within(990).max(f64::MIN_POSITIVE);
        vec![
            Ratio::at_least("rate of what the authority's limits allow", drained.of_allowed(), DRAINED),
            Ratio::at_most("p99 of a sale meanwhile, of that before", beside.within(990) / p99, SLOWER),
            Ratio::at_most("memory at the end, of the first quarter's", drained.grown(), GROWN),
            Ratio::at_least("invoices synced of those sealed", drained.synced(), 1.0),
        ]
    }

    pub(super) fn tables(&self, out: &mut impl Write, ratios: &[Ratio]) -> io::Result<()> {
        let Self { drained, alone, beside } = self;
        writeln!(
            out,
            "{} invoices of {} machines, {} ms a call: drained in {:.1} s, {:.0}/s; a machine's confirmations, one after \
             the other, allow {:.1} s.\nMemory: {} MiB in the first quarter, {} MiB at the end.\n",
            drained.invoices,
            drained.machines,
            drained.latency.as_millis(),
            drained.wall.as_secs_f64(),
            f64::from(drained.invoices) / drained.wall.as_secs_f64().max(f64::MIN_POSITIVE),
            drained.allowed().as_secs_f64(),
            drained.memory_first / 1024,
            drained.memory_last / 1024,
        )?;
        writeln!(out, "  sales, in ms                                   count      p50      p99")?;
        for (name, sample) in [("before", alone), ("meanwhile", beside)] {
            let (half, most) = (sample.within(500), sample.within(990));
            writeln!(out, "  {name:<42} {:>9} {half:>8.2} {most:>8.2}", sample.count())?;
        }
        writeln!(out, "\n  ratio                                          measured     limit")?;
        ratios.iter().try_for_each(|ratio| writeln!(out, "{ratio}"))
    }

    pub(super) fn json(&self, ratios: &[Ratio]) -> Value {
        let Self { drained, alone, beside } = self;
        let sales = |sample: &Sample| {
            json!({
                "count": sample.count(),
                "p50_milliseconds": sample.within(500),
                "p99_milliseconds": sample.within(990),
            })
        };
        json!({
            "invoices": drained.invoices,
            "machines": drained.machines,
            "seconds": drained.wall.as_secs_f64(),
            "allowed_seconds": drained.allowed().as_secs_f64(),
            "memory_kib": [drained.memory_first, drained.memory_last],
            "before": sales(alone),
            "meanwhile": sales(beside),
            "kept": ratios.iter().all(|ratio| ratio.kept),
        })
    }
}
