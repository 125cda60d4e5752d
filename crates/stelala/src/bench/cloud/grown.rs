//! What an invoice costs in a small ledger and in a large one, without HTTP.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use ::cloud::{Config, SystemClock};
use ::signing::{KeyRing, RingSettings, Signer};
use anyhow::Context;
use ledger::{Ledger, Limits, NoWitness, Offer, Parts};
use rustix::time::{ClockId, clock_gettime};

use super::{sales::Sales, signing};
use crate::random;

/// Before the first measurement.
const FEW: u64 = 1_000;
/// Of one measurement.
const WINDOW: u64 = 20_000;
/// As many wait at once.
const WAITING: usize = 256;

/// What one invoice costs.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    /// How many records there were before.
    pub(super) records: u64,
    /// Microseconds of the clock.
    pub(super) wall: f64,
    /// Microseconds of this process's processors.
    pub(super) cpu: f64,
}

/// Before and after a ledger has grown.
pub(super) fn measure(config: &Config, sales: &Sales, records: u64) -> anyhow::Result<[Cost; 2]> {
    let ring = KeyRing::start(signing::store(config)?, RingSettings::new(config.signer.id()), random::fill);
    ring.wait_until_ready(Duration::from_secs(20))?;
    let parts = Parts {
        database: ::cloud::database(&config.database)?,
        signer: Arc::new(ring) as Arc<dyn Signer>,
        clock: Arc::new(SystemClock),
        witness: Arc::new(NoWitness),
        process: random::number()?,
        vouchers: None,
        attester: None,
    };
    let ledger = Ledger::start(parts, Limits::default())?;
    seal(&ledger, sales, FEW)?;
    let small = seal(&ledger, sales, WINDOW)?;
    seal(&ledger, sales, records.saturating_sub(FEW + WINDOW))?;
    let large = seal(&ledger, sales, WINDOW)?;
    ledger.stop();
    Ok([Cost { records: FEW, ..small }, Cost { records: records.max(FEW + WINDOW), ..large }])
}

/// Seals so many sales, a number of them at once.
fn seal(ledger: &Ledger, sales: &Sales, count: u64) -> anyhow::Result<Cost> {
    let (done, answers) = mpsc::sync_channel(WAITING);
    let cpu = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default();
    let (begun, cpu_before) = (Instant::now(), cpu());
    let mut waiting = 0;
    for _ in 0..count {
        if waiting == WAITING {
            answers.recv().context("the ledger ended")??;
            waiting -= 1;
        }
        let (payload, key) = sales.next_payload();
        let offer = Offer::read(payload, key.parse().ok())?;
        let done = done.clone();
        ledger.submit(offer, move |answer| _ = done.send(answer.map(drop)));
        waiting += 1;
    }
    while waiting > 0 {
        answers.recv().context("the ledger ended")??;
        waiting -= 1;
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count.max(1) as f64;
    Ok(Cost { records: 0, wall: each(begun.elapsed()), cpu: each(cpu() - cpu_before) })
}
