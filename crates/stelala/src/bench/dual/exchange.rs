//! The same sale three ways: at the device's port, at the cloud through tunnel and proxy, and at the proxy.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use super::{
    bare::Bare,
    ground::Ground,
    shop::{Shop, sell},
};
use crate::up::http::Client;

/// Times of one way.
#[derive(Default)]
pub(super) struct Sample(Vec<Duration>);

/// Of all three.
pub(super) struct Ways {
    pub(super) bare: Sample,
    pub(super) cloud: Sample,
    pub(super) local: Sample,
}

/// Before each sale: what was sold before comes to the ledger meanwhile, and does not count for the next way.
const REST: Duration = Duration::from_millis(15);
/// Not counted: files, connections and caches are new.
const WARM_UP: u32 = 20;

pub(super) fn measure(ground: &Ground, address: SocketAddr, sales: u32) -> anyhow::Result<Ways> {
    let mut bare = Bare::open(ground.folder())?;
    let shop = Shop::open(ground, ground.outlets().len() - 1, address)?;
    let mut by_cloud = Client::of_cloud(address, &ground.key);
    let mut by_proxy = Client::of_proxy(shop.local());
    let mut ways = Ways { bare: Sample::default(), cloud: Sample::default(), local: Sample::default() };
    for number in 1..=WARM_UP + sales {
        let took = [
            timed(|| bare.sell(number))?,
            timed(|| sell(&mut by_cloud, shop.outlet, 2 * number))?,
            timed(|| sell(&mut by_proxy, shop.outlet, 2 * number + 1))?,
        ];
        if number > WARM_UP {
            for (sample, took) in [&mut ways.bare, &mut ways.cloud, &mut ways.local].into_iter().zip(took) {
                sample.0.push(took);
            }
        }
    }
    drop(shop.close()?);
    Ok(ways)
}

fn timed(sell: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    thread::sleep(REST);
    let begun = Instant::now();
    sell()?;
    Ok(begun.elapsed())
}

impl Sample {
    /// The time within which so many of a thousand were done, in milliseconds.
    pub(super) fn within(&self, per_mille: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * per_mille / 1_000).min(sorted.len().saturating_sub(1));
        sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
    }

    pub(super) fn push(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(super) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
