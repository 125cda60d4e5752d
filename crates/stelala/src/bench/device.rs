//! What a device makes of the signatures that its secure element could give, and whether a long journal slows it.

#![allow(clippy::float_arithmetic, reason = "ratios of times are not money")]
#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    hint::black_box,
    io::{self, Write},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use def_engine::Memory;
use def_sim::{ManualClock, World};
use def_trials::{
    Authority, Host,
    authority::{OPENING, at},
};
use fiscal::{PrivateKey, RecordHash, Timestamp};

use super::{
    measure::{Subject, medians},
    port::Port,
    ratio::Ratio,
};
use crate::random;

const PREPARE_AND_COMMIT: f64 = 0.7;
const THROUGH_THE_PORT: f64 = 0.3;
const LATE_COMMIT: f64 = 1.1;
const PER_MIB: f64 = 2_500.0;
/// Of a sector, and of the records in it, in bytes.
const SECTOR: f64 = 4_096.0;
const SECTOR_DATA: f64 = 3_968.0;
/// 64 MiB
const SECTORS: usize = 16_384;
/// A sale of five lines in three tax groups.
const FIVE_LINES: &str = include_str!("../../../../examples/day/006-family-shopping.json");
/// COMMITs of which the median counts.
const SAMPLE: usize = 1_001;

pub(super) fn run(rounds: usize, records: u64) -> anyhow::Result<ExitCode> {
    let key = random::bare_software_key()?;
    let hash = RecordHash([7; 32]);
    let mut memory = Box::new(Memory::new());
    let mut shop = Shop::open(&mut memory);
    let mut port = Port::open()?;
    let mut subjects = [
        Subject {
            name: "bare signature, p256",
            call: Box::new(|| _ = black_box(key.sign(black_box(&hash)))),
        },
        Subject { name: "PREPARE and COMMIT", call: Box::new(|| _ = shop.sell()) },
        Subject { name: "the same through the port", call: Box::new(|| port.sell()) },
    ];
    let times = medians(&mut subjects, rounds);
    let mut out = io::stdout().lock();
    writeln!(out, "Sales of 5 lines, {} bytes; median of {rounds} rounds.\n", FIVE_LINES.len())?;
    for (subject, time) in subjects.iter().zip(&times) {
        writeln!(out, "  {:<38} {:>9.2} µs", subject.name, time / 1_000.0)?;
    }
    drop(subjects);
    let [bare, direct, through] = times[..] else { anyhow::bail!("a subject has no place in the summary") };
    let mut memory = Box::new(Memory::new());
    let Long { first, last, per_mib, mount } = Shop::open(&mut memory).fill(records)?;
    writeln!(out, "\n  COMMIT at the first {SAMPLE} records            {first:>9.2} µs")?;
    writeln!(out, "  COMMIT at the {records}th record           {last:>9.2} µs")?;
    writeln!(out, "  invoices in one MiB of the journal     {per_mib:>9.0}")?;
    writeln!(out, "  start with that journal                {:>9.2} ms", mount.as_secs_f64() * 1e3)?;
    writeln!(out, "\n  ratio                                          measured     limit")?;
    let ratios = [
        Ratio::at_least("sales per bare signature", bare / direct, PREPARE_AND_COMMIT),
        Ratio::at_least("sales through the port per bare signature", bare / through, THROUGH_THE_PORT),
        Ratio::at_most("last COMMIT / first COMMIT", last / first, LATE_COMMIT),
        Ratio::at_least("invoices in one MiB / 2,500", per_mib / PER_MIB, 1.0),
    ];
    for ratio in &ratios {
        writeln!(out, "{ratio}")?;
    }
    Ok(ExitCode::from(u8::from(!ratios.iter().all(|ratio| ratio.kept))))
}

/// A device in memory that sells.
struct Shop<'m> {
    world: World,
    host: Host<'m>,
    till: Till,
    sales: u32,
}

impl<'m> Shop<'m> {
    fn open(memory: &'m mut Memory) -> Self {
        let authority = Authority::default();
        let world = World::new(SECTORS, 7);
        world.change(|state| state.clock = ManualClock::at(at(OPENING)));
        let mut host = Host::start(&world, authority.factory(), memory);
        host.ask(&authority.initialisation());
        host.rest();
        Self { world, host, till: Till::new(), sales: 0 }
    }

    /// How long the COMMIT of one more sale takes.
    fn sell(&mut self) -> Duration {
        self.sales += 1;
        self.world.pass(Duration::from_secs(1));
        let prepared = self.host.exchange(self.till.prepare(self.sales));
        let commit = commit(&prepared);
        let begun = Instant::now();
        let sealed = self.host.exchange(commit.as_bytes());
        let took = begun.elapsed();
        assert!(
            sealed.starts_with(SEALED),
            "the benchmark's own sale: {}",
            String::from_utf8_lossy(&prepared)
        );
        self.host.rest();
        took
    }

    /// Sells until the journal has so many records, then takes the power away and gives it back.
    fn fill(mut self, records: u64) -> anyhow::Result<Long> {
        let free = self.free()?;
        let first = self.median().context("no sale")?;
        while u64::from(self.sales) + (SAMPLE as u64) < records {
            self.sell();
        }
        let last = self.median().context("no sale")?;
        let taken = free - self.free()?;
        let per_mib = f64::from(self.sales) * f64::from(1 << 20) / taken;
        let Self { world, host, .. } = self;
        drop(host);
        world.cut();
        world.reboot();
        let mut memory = Box::new(Memory::new());
        let begun = Instant::now();
        drop(Host::start(&world, Authority::default().factory(), &mut memory));
        Ok(Long { first, last, per_mib, mount: begun.elapsed() })
    }

    /// What invoices may still take of the flash, in bytes, headers of sectors included.
    fn free(&mut self) -> anyhow::Result<f64> {
        let status = self.host.ask("QRY|STATUS");
        let data = status["free_memory_bytes"].as_f64().context("the status has no free memory")?;
        Ok(data * SECTOR / SECTOR_DATA)
    }

    fn median(&mut self) -> Option<f64> {
        let mut times: Vec<Duration> = (0..SAMPLE).map(|_| self.sell()).collect();
        times.sort();
        times.get(SAMPLE / 2).map(|time| time.as_secs_f64() * 1e6)
    }
}

/// A journal with many records.
struct Long {
    /// The median time of a COMMIT when it was new, in microseconds.
    first: f64,
    /// And with all its records.
    last: f64,
    per_mib: f64,
    /// How long a device takes to start with it.
    mount: Duration,
}

/// A till that sells the same again each second, so that what it costs itself does not count.
pub(super) struct Till {
    request: Vec<u8>,
    time: usize,
}

impl Till {
    pub(super) fn new() -> Self {
        const BEFORE_TIME: &str = r#""timestamp":""#;
        let request = format!("\u{2}TXN|PREPARE {FIVE_LINES}\u{3}");
        let time = request.find(BEFORE_TIME).map_or(0, |at| at + BEFORE_TIME.len());
        Self { request: request.into_bytes(), time }
    }

    /// The frame of the sale with this number.
    pub(super) fn prepare(&mut self, sale: u32) -> &[u8] {
        let time = Timestamp::from_unix(at(OPENING).unix() + u64::from(sale)).unwrap_or(Timestamp::LATEST);
        self.request[self.time..self.time + OPENING.len()].copy_from_slice(time.to_string().as_bytes());
        &self.request
    }
}

/// The frame that commits what was prepared.
pub(super) fn commit(prepared: &[u8]) -> String {
    const BEFORE: &[u8] = b"\x02{\"status\":\"OK\",\"nonce\":\"";
    let nonce = prepared.strip_prefix(BEFORE).and_then(|rest| rest.get(..32)).unwrap_or_default();
    format!("\u{2}TXN|COMMIT {{\"nonce\":\"{}\"}}\u{3}", String::from_utf8_lossy(nonce))
}

/// How the answer to a COMMIT begins.
pub(super) const SEALED: &[u8] = b"\x02{\"status\":\"OK\",\"invoice_seq\":";
