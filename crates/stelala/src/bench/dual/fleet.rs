//! Many outlets, each with a device and a proxy, on one cloud.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use anyhow::{anyhow, bail};

use super::{
    exchange::Sample,
    ground::Ground,
    shop::{Shop, sell},
};
use crate::up::http::Client;

/// What came of it.
pub(super) struct Fleet {
    pub(super) outlets: usize,
    /// Offered to the cloud, and answered with a new seal.
    pub(super) times: Sample,
    pub(super) wall: Duration,
    /// Found in the ledger afterwards, each under its number.
    pub(super) held: u64,
    /// How long setting all of it up took: registration, activation, homologation, hand-over.
    pub(super) setting_up: Duration,
}

/// How long the last record may take to the ledger.
const DRAIN: Duration = Duration::from_secs(30);

pub(super) fn measure(ground: &Ground, cloud: SocketAddr, each: u32) -> anyhow::Result<Fleet> {
    let outlets = ground.outlets().len() - 1;
    let begun = Instant::now();
    // Each waits for its device now and then; together they wait once.
    let shops = thread::scope(|scope| {
        let opening: Vec<_> =
            (0..outlets).map(|number| scope.spawn(move || Shop::open(ground, number, cloud))).collect();
        let opened =
            opening.into_iter().map(|one| one.join().map_err(|_| anyhow!("a technician panicked"))?);
        opened.collect::<anyhow::Result<Vec<Shop>>>()
    })?;
    let setting_up = begun.elapsed();
    let begun = Instant::now();
    let mut times = Sample::default();
    thread::scope(|scope| {
        let tills: Vec<_> =
            shops.iter().map(|shop| scope.spawn(|| sell_all(ground, cloud, shop, each))).collect();
        for till in tills {
            times.join(till.join().map_err(|_| anyhow!("a till panicked"))??);
        }
        anyhow::Ok(())
    })?;
    let wall = begun.elapsed();
    let mut held = 0;
    let mut client = Client::of_cloud(cloud, &ground.key);
    for shop in &shops {
        held += count(&mut client, shop, each)?;
    }
    // All proxies are stopped before the first device's end is waited for.
    let devices: Vec<_> = shops.into_iter().map(Shop::close).collect::<anyhow::Result<_>>()?;
    drop(devices);
    Ok(Fleet { outlets, times, wall, held, setting_up })
}

fn sell_all(ground: &Ground, cloud: SocketAddr, shop: &Shop, each: u32) -> anyhow::Result<Sample> {
    let mut client = Client::of_cloud(cloud, &ground.key);
    let mut sample = Sample::default();
    for number in 1..=each {
        let begun = Instant::now();
        sell(&mut client, shop.outlet, number)?;
        sample.push(begun.elapsed());
    }
    Ok(sample)
}

/// How many of an outlet's numbers the ledger has; it is given time for the last.
fn count(client: &mut Client, shop: &Shop, each: u32) -> anyhow::Result<u64> {
    let begun = Instant::now();
    let mut held = 0;
    while held < u64::from(each) {
        let number = format!("{}-0-{:08}", shop.outlet, held + 1);
        let answer = client.get(&format!("/api/v1/invoices/{number}"))?;
        match answer.status {
            200 => held += 1,
            404 if begun.elapsed() < DRAIN => thread::sleep(Duration::from_millis(50)),
            404 => break,
            status => bail!("{number}: {status} {}", answer.body),
        }
    }
    Ok(held)
}
