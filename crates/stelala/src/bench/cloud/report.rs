use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use serde_json::{Value, json};

use super::{super::ratio::Ratio, grown::Cost, load::Sample, place::ALLOWED};

/// Of the echo's rate, at so many connections.
const OF_ECHO: (usize, f64) = (64, 0.5);
/// 99 of 100 are answered in so many milliseconds, at the same number of connections.
const P99_MILLIS: f64 = 50.0;
/// Invoices in a second on a slow disk, at so many connections.
const ON_SLOW_DISK: (usize, f64) = (256, 8_000.0);
/// Of a token's own rate, at the best number of connections.
const OF_TOKEN: f64 = 0.85;
/// Of the rate on SQLite, at as many connections as for the echo.
const OF_SQLITE: f64 = 0.5;
/// What an invoice costs in a large ledger, against a small one.
const GROWN: f64 = 1.15;

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Report {
    pub(super) store: String,
    pub(super) signer: String,
    /// How long it takes until something is on the disk.
    pub(super) sync: Duration,
    /// Whether other limits hold, for that reason.
    pub(super) slow_disk: bool,
    /// In bytes.
    pub(super) payload: usize,
    /// Bare signatures in a second.
    pub(super) signing: f64,
    pub(super) at: Vec<At>,
    pub(super) grown: Option<[Cost; 2]>,
}

/// With so many connections.
pub(super) struct At {
    pub(super) connections: usize,
    pub(super) echo: Sample,
    pub(super) sealed: Sample,
    /// The same on SQLite, beside another store.
    pub(super) on_sqlite: Option<Sample>,
}

impl Report {
    /// On the standard output; 1 when a limit is not kept, 2 when there was none to judge by.
    pub(super) fn print(&self, json: bool) -> anyhow::Result<ExitCode> {
        let ratios = self.ratios();
        let mut out = io::stdout().lock();
        if json {
            writeln!(out, "{:#}", self.json(&ratios))?;
        } else {
            self.tables(&mut out, &ratios)?;
        }
        Ok(ExitCode::from(match kept(&ratios) {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        }))
    }

    fn tables(&self, out: &mut impl Write, ratios: &[Ratio]) -> io::Result<()> {
        let Self { store, signer, .. } = self;
        writeln!(out, "{store}, {signer}; 4 KiB are on the disk after {:.2} ms.", millis(self.sync))?;
        writeln!(out, "Bare signing {:>9.0} /s\n", self.signing)?;
        if !self.at.is_empty() {
            writeln!(
                out,
                "Payloads of {} bytes, with a key allowed {ALLOWED}/s; times in ms, of the server's processors in µs.\n",
                self.payload
            )?;
            writeln!(
                out,
                "  connections    echo/s  µs each   sealed/s  µs each      p50      p99     p999  of echo  of signing"
            )?;
        }
        for At { connections, echo, sealed, on_sqlite } in &self.at {
            let [p50, p99, p999] = [500, 990, 999].map(|part| f64::from(sealed.within(part)) / 1e3);
            writeln!(
                out,
                "  {connections:>11} {:>9.0} {:>8.1} {:>10.0} {:>8.1} {p50:>8.2} {p99:>8.2} {p999:>8.2} {:>8.2} {:>11.2}",
                echo.rate(),
                echo.cpu(),
                sealed.rate(),
                sealed.cpu(),
                sealed.rate() / echo.rate(),
                sealed.rate() / self.signing,
            )?;
            if let Some(sample) = on_sqlite {
                writeln!(out, "    on SQLite {:>31.0} {:>8.1}", sample.rate(), sample.cpu())?;
            }
        }
        for cost in self.grown.iter().flatten() {
            let Cost { records, wall, cpu } = cost;
            writeln!(out, "  an invoice at {records:>9} records {wall:>8.2} µs, processors {cpu:>8.2} µs")?;
        }
        if ratios.is_empty() {
            return writeln!(
                out,
                "\nNothing was judged: limits are for {} connections, on a slow disk for {}.",
                OF_ECHO.0, ON_SLOW_DISK.0
            );
        }
        writeln!(out, "\n  ratio                                          measured     limit")?;
        ratios.iter().try_for_each(|ratio| writeln!(out, "{ratio}"))
    }

    fn ratios(&self) -> Vec<Ratio> {
        let mut ratios = Vec::new();
        let at = |connections| self.at.iter().find(|at| at.connections == connections);
        let in_process = self.signer != "SoftHSM";
        if self.store != "SQLite" || !in_process {
            // Their limits are against SQLite and against the token.
        } else if self.slow_disk {
            let sealed = at(ON_SLOW_DISK.0).map(|at| at.sealed.rate() / ON_SLOW_DISK.1);
            ratios.extend(sealed.map(|of| Ratio::at_least("sealed/s at 256 connections, of 8,000", of, 1.0)));
        } else if let Some(at) = at(OF_ECHO.0) {
            let of_echo = at.sealed.rate() / at.echo.rate();
            ratios.push(Ratio::at_least("sealed/s of the echo's, 64 connections", of_echo, OF_ECHO.1));
            let p99 = f64::from(at.sealed.within(990)) / 1e3 / P99_MILLIS;
            ratios.push(Ratio::at_most("p99 of 50 ms, 64 connections", p99, 1.0));
        }
        if let Some((at, sample)) = at(OF_ECHO.0).and_then(|at| Some((at, at.on_sqlite.as_ref()?))) {
            let of = at.sealed.rate() / sample.rate();
            ratios.push(Ratio::at_least("sealed/s of SQLite's, 64 connections", of, OF_SQLITE));
        }
        if !in_process {
            let best = self.at.iter().map(|at| at.sealed.rate() / self.signing).max_by(f64::total_cmp);
            ratios
                .extend(best.map(|best| Ratio::at_least("sealed/s of the token's own rate", best, OF_TOKEN)));
        }
        if let Some([small, large]) = &self.grown {
            ratios.push(Ratio::at_most(
                "an invoice in the large ledger / small",
                large.wall / small.wall,
                GROWN,
            ));
            let cpu = large.cpu / small.cpu;
            ratios.push(Ratio::at_most("the same, time of processors", cpu, GROWN));
        }
        ratios
    }

    fn json(&self, ratios: &[Ratio]) -> Value {
        let at = self.at.iter().map(|At { connections, echo, sealed, on_sqlite }| {
            json!({
                "connections": connections,
                "echo_per_second": echo.rate(),
                "echo_cpu_microseconds": echo.cpu(),
                "sealed_per_second": sealed.rate(),
                "sealed_cpu_microseconds": sealed.cpu(),
                "p50_microseconds": sealed.within(500),
                "p99_microseconds": sealed.within(990),
                "p999_microseconds": sealed.within(999),
                "sealed_per_second_on_sqlite": on_sqlite.as_ref().map(Sample::rate),
            })
        });
        let grown = self.grown.iter().flatten().map(|Cost { records, wall, cpu }| {
            json!({ "records": records, "microseconds": wall, "cpu_microseconds": cpu })
        });
        json!({
            "store": self.store,
            "signer": self.signer,
            "sync_milliseconds": millis(self.sync),
            "signatures_per_second": self.signing,
            "payload_bytes": self.payload,
            "key_allowed_per_second": ALLOWED,
            "http": at.collect::<Vec<_>>(),
            "grown": grown.collect::<Vec<_>>(),
            "judged": ratios.len(),
            "kept": kept(ratios),
        })
    }
}

/// Whether all limits are kept, if there are any.
fn kept(ratios: &[Ratio]) -> Option<bool> {
    (!ratios.is_empty()).then(|| ratios.iter().all(|ratio| ratio.kept))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
