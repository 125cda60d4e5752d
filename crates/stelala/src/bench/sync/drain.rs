//! Machines are entered, and what waits goes to them.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    fs,
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};
use fiscal::OutletId;
use serde_json::{Value, json};

use super::{
    ground::{Ground, SimulatedMachine},
    offer::{Sample, offer},
};
use crate::up::http::Client;

/// A backlog that is about to be drained.
pub(super) struct Drain<'a> {
    pub(super) ground: &'a Ground,
    pub(super) cloud: SocketAddr,
    pub(super) per_outlet: u32,
    pub(super) latency: Duration,
}

/// What came of it.
pub(super) struct Drained {
    pub(super) invoices: u32,
    pub(super) machines: u32,
    pub(super) latency: Duration,
    /// From the first machine that was entered to the last invoice that was synced.
    pub(super) wall: Duration,
    /// Of those sealed at outlets with machines, how many are synced.
    pub(super) done: u64,
    /// How many the authority says that it finalised.
    pub(super) finalised: u64,
    /// This process's most memory in the first quarter, and from then on, in KiB.
    pub(super) memory_first: u64,
    pub(super) memory_last: u64,
}

/// How often it is asked how far it is. Each question counts rows.
const LOOK: Duration = Duration::from_millis(500);
/// It ends when it takes so many times what the limits allow.
const PATIENCE: u32 = 5;

impl Drain<'_> {
    /// Enters the machines and waits until nothing waits, while so many sales a second are offered.
    pub(super) fn measure(&self, offered: u32) -> anyhow::Result<(Drained, Sample)> {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let sales =
                scope.spawn(|| offer(self.ground, self.cloud, offered, || is_over.load(Ordering::Relaxed)));
            let drained = self.drain();
            is_over.store(true, Ordering::Relaxed);
            let beside = sales.join().map_err(|_| anyhow!("the tills panicked"))??;
            Ok((drained?, beside))
        })
    }

    fn drain(&self) -> anyhow::Result<Drained> {
        let mut client = Client::of_cloud(self.cloud, self.ground.key());
        let (url, machines) = self.ground.authority();
        let outlets = self.ground.outlets();
        let begun = Instant::now();
        for (machine, outlet) in machines.iter().zip(outlets) {
            enter(&mut client, url, machine, *outlet)?;
        }
        let invoices = self.per_outlet * u32::try_from(outlets.len())?;
        let mut drained = Drained {
            invoices,
            machines: u32::try_from(machines.len())?,
            latency: self.latency,
            wall: Duration::ZERO,
            done: 0,
            finalised: 0,
            memory_first: resident()?,
            memory_last: 0,
        };
        let allowed = drained.allowed();
        loop {
            thread::sleep(LOOK);
            let left = left(&mut client, outlets)?;
            let (wall, memory) = (begun.elapsed(), resident()?);
            drained.done = u64::from(invoices).saturating_sub(left);
            let is_first = drained.done * 4 < u64::from(invoices);
            let most = if is_first { &mut drained.memory_first } else { &mut drained.memory_last };
            *most = memory.max(*most);
            if left == 0 || wall > allowed * PATIENCE + Duration::from_secs(30) {
                drained.wall = wall;
                drained.finalised = finalised(url)?;
                return Ok(drained);
            }
        }
    }
}

fn enter(client: &mut Client, url: &str, machine: &SimulatedMachine, outlet: OutletId) -> anyhow::Result<()> {
    let body = json!({
        "url": url, "nim": machine.nim, "isf": "STELALA-1", "token": machine.token,
        "outlet_ids": [outlet.as_str()],
    });
    client.send("POST", "/api/v1/authority/machines", &body)?.good("entering a machine").map(drop)
}

/// How many of these outlets' invoices are not at their end.
fn left(client: &mut Client, outlets: &[OutletId]) -> anyhow::Result<u64> {
    let summary = client.get("/api/v1/authority")?.good("the summary")?;
    let of = summary["outlets"].as_array().context("the summary names no outlets")?;
    let mut left = 0;
    for outlet in of.iter().filter(|of| outlets.iter().any(|outlet| of["outlet_id"] == outlet.as_str())) {
        let states = outlet["states"].as_object().context("an outlet has no states")?;
        for stuck in ["FAILED", "DIFFERS", "AMBIGUOUS", "SYNCED_WITHOUT_CODE"] {
            if states.contains_key(stuck) {
                bail!("an invoice is {stuck}: {summary}");
            }
        }
        left += states.values().filter_map(Value::as_u64).sum::<u64>();
    }
    Ok(left)
}

/// How many invoices the authority's own books have.
fn finalised(url: &str) -> anyhow::Result<u64> {
    let address = url.strip_prefix("http://").context("the simulator's address")?.parse()?;
    let machines = Client::of_proxy(address).get("/simulator/machines")?.good("the simulator's machines")?;
    let machines = machines.as_array().context("the simulator names no machines")?;
    Ok(machines.iter().filter_map(|machine| machine["finalised"].as_u64()).sum())
}

/// What this process has in memory now, in KiB.
fn resident() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

impl Drained {
    /// Whatever its speed, each invoice is finalised, and once.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let Self { invoices, done, finalised, .. } = self;
        if *done != u64::from(*invoices) || *finalised != *done {
            bail!("of {invoices} invoices {done} are synced, and the authority finalised {finalised}");
        }
        Ok(())
    }

    /// What a machine's confirmations take, one after the other, after its first request.
    pub(super) fn allowed(&self) -> Duration {
        self.latency * (self.invoices / self.machines.max(1) + 1)
    }

    pub(super) fn of_allowed(&self) -> f64 {
        self.allowed().as_secs_f64() / self.wall.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    pub(super) fn grown(&self) -> f64 {
        self.memory_last as f64 / self.memory_first.max(1) as f64
    }

    pub(super) fn synced(&self) -> f64 {
        self.done as f64 / f64::from(self.invoices.max(1))
    }
}
