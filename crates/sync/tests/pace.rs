//! How close confirms follow each other: an authority that takes 200 ms for each lets no more than five a second pass.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "helpers of tests panic as tests do, and this one measures"
)]

#[path = "world/mod.rs"]
mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use edef_sim::Options;
use fiscal::UtcOffset;
use ledger::Outlet;
use world::{TestClock, World};

const LATENCY: Duration = Duration::from_millis(200);
const MACHINES: usize = 4;

/// Tests share their machine with others, who only make it slower: the best of three counts. The target is 930.
#[test]
fn confirms_of_an_e_mcf_follow_back_to_back() {
    let mut ratios = std::iter::repeat_with(of_a_thousand).take(3);
    assert!(ratios.any(|ratio| ratio >= 700));
}

/// How much of what the authority lets pass is confirmed.
fn of_a_thousand() -> u128 {
    let clock = TestClock::new();
    let (_directory, database) = world::sqlite(&clock);
    let options = Options { machines: Vec::new(), seed: Some(1), latency: LATENCY, ..Options::default() };
    let slow = edef_sim::spawn(options).unwrap();
    let mut world = World::new(database, clock.clone(), 1);
    world.authority = slow;
    let fourth = Outlet {
        id: "O-1-D".parse().unwrap(),
        nif: "A2301457K".parse().unwrap(),
        prefix: "D0000001".parse().unwrap(),
        zone: UtcOffset::KINSHASA,
    };
    world.ledger.register(&fourth).unwrap();
    world.outlets.push(fourth.id);
    let invoices = std::env::var("INVOICES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    for outlet in world.outlets.clone() {
        world.machine(&[outlet]);
        for _ in 0..invoices / MACHINES {
            world.sell(outlet);
        }
    }
    // Time passes as it does.
    let is_over = Arc::new(AtomicBool::new(false));
    let passing = std::thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let mut before = Instant::now();
            while !is_over.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
                let now = Instant::now();
                clock.pass(Duration::from_millis(u64::try_from((now - before).as_millis()).unwrap()));
                before = now;
            }
        }
    });
    let agent = world.agent(1, MACHINES);
    let wait_for = |count: usize| {
        for _ in 0..30_000 {
            if world.finalised().0 >= count {
                return Instant::now();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("only {:?} were finalised", world.finalised());
    };
    let first = wait_for(MACHINES);
    let last = wait_for(invoices);
    agent.stop();
    is_over.store(true, Ordering::SeqCst);
    passing.join().unwrap();
    let ideal = LATENCY * u32::try_from(invoices / MACHINES - 1).unwrap();
    let ratio = ideal.as_millis() * 1_000 / (last - first).as_millis();
    println!("{invoices} invoices at {MACHINES} e-MCFs: {} of 1000 of what the authority lets pass", ratio);
    assert_eq!(world.finalised(), (invoices, invoices));
    ratio
}
