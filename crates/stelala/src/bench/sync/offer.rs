//! Sales at a steady rate, whether or not those before were answered.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{anyhow, bail};
use fiscal::{Invoice, OutletId};

use super::ground::Ground;
use crate::{authority, up::http::Client};

/// The times from when a sale was due until its answer.
#[derive(Default)]
pub(super) struct Sample(Vec<Duration>);

/// About 850 bytes.
const SALE: &str = include_str!("../../../../../examples/day/001-bread-and-eggs.json");
/// How many tills offer, in turn.
const TILLS: u32 = 16;

/// Whether it is over after so long.
pub(super) fn until(time: Duration) -> impl Fn() -> bool + Sync {
    let begun = Instant::now();
    move || begun.elapsed() >= time
}

/// Offers so many sales a second at the outlet that has no machine, until it is over.
pub(super) fn offer(
    ground: &Ground,
    cloud: SocketAddr,
    per_second: u32,
    is_over: impl Fn() -> bool + Sync,
) -> anyhow::Result<Sample> {
    let begun = Instant::now();
    let apart = Duration::from_secs(1) * TILLS / per_second;
    let (run, is_over) = (ground.next_run(), &is_over);
    thread::scope(|scope| {
        let tills: Vec<_> = (0..TILLS)
            .map(|till| {
                let first = begun + apart * till / TILLS;
                scope.spawn(move || {
                    let mut client = Client::of_cloud(cloud, ground.key());
                    let (mut sample, mut due) = (Sample::default(), first);
                    for number in 0.. {
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        if is_over() {
                            break;
                        }
                        sell(&mut client, ground.busy(), &format!("{run:03}{till:02}{number:06}"))?;
                        sample.0.push(due.elapsed());
                        due += apart;
                    }
                    anyhow::Ok(sample)
                })
            })
            .collect();
        let mut all = Sample::default();
        for till in tills {
            all.0.extend(till.join().map_err(|_| anyhow!("a till panicked"))??.0);
        }
        Ok(all)
    })
}

/// Seals what is drained later, at the outlets that have machines.
pub(super) fn sell_backlog(ground: &Ground, cloud: SocketAddr, per_outlet: u32) -> anyhow::Result<()> {
    let run = ground.next_run();
    thread::scope(|scope| {
        let shops: Vec<_> = (ground.outlets().iter())
            .map(|outlet| {
                scope.spawn(move || {
                    let mut client = Client::of_cloud(cloud, ground.key());
                    (0..per_outlet)
                        .try_for_each(|number| sell(&mut client, *outlet, &format!("{run:03}00{number:06}")))
                })
            })
            .collect();
        for shop in shops {
            shop.join().map_err(|_| anyhow!("a shop panicked"))??;
        }
        Ok(())
    })
}

/// One sale, by a till whose number makes it another than all before.
fn sell(client: &mut Client, outlet: OutletId, till: &str) -> anyhow::Result<()> {
    let mut invoice = Invoice::read(SALE.as_bytes())?;
    invoice.outlet_id = outlet;
    let terminal = format!("T-{till}");
    invoice.pos_terminal_id = terminal.parse()?;
    invoice.timestamp = authority::now()?;
    let mut payload = String::new();
    invoice.write(&mut payload)?;
    let answer = client.seal(&format!("{outlet}-{till}"), &payload)?;
    if answer.status != 201 {
        bail!("{outlet}, {terminal}: {} {}", answer.status, answer.body);
    }
    Ok(())
}

impl Sample {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The time within which so many of a thousand were answered, in milliseconds.
    pub(super) fn within(&self, per_mille: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * per_mille / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }
}
