//! Section 5: sealing a sale.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};
use def_protocol::token::Policy;
use def_trials::authority::{OPENING, at};
use serde_json::Value;

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, Outlet, sales::commit_of, same},
    document,
    payload::Draft,
};

pub(super) const CASES: &[Case] = &[
    Case::new("5 sealing", "a sale gets the next number and position, and a seal that verifies", seals),
    Case::new("5 sealing", "PREPARE changes nothing", prepare_changes_nothing),
    Case::new("5 sealing", "a till has one open payload: a new one replaces it", replacement),
    Case::new("5 sealing", "8 tills have open payloads, the ninth is DEVICE_BUSY until one is sealed", pool),
    Case::new(
        "5 sealing",
        "open payloads have 65,536 bytes together: one byte more is DEVICE_BUSY, and is let in later",
        room,
    ),
    Case::new("5 sealing", "the same payload while it is open gets the same nonce", same_nonce),
    Case::new(
        "5 sealing",
        "COMMIT repeats the checks that depend on what was sealed meanwhile",
        commit_checks,
    ),
    Case::waiting("5 sealing", "a nonce holds for 7 seconds and not longer", life),
    Case::waiting("5 sealing", "the same payload again gives its nonce the full time again", renewed),
    Case::waiting("5 sealing", "places of a full pool become free after 7 seconds", pool_expires),
];

fn seals(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let mut before: Option<Value> = None;
    for number in 1..=5 {
        let status = device.status()?;
        let (_, seal) = device.sell_one()?;
        same("the number", seal["invoice_seq"].as_u64(), Some(number))?;
        same("the number that the status announced", &seal["invoice_seq"], &status["next_invoice_seq"])?;
        same(
            "the position",
            seal["position"].as_u64(),
            status["last_position"].as_u64().map(|last| last + 1),
        )?;
        same("the record before", &seal["previous_hash"], &status["head_hash"])?;
        if let Some(before) = before {
            ensure!(seal["counter"].as_u64() > before["counter"].as_u64(), "the counter rises");
            ensure!(seal["timestamp"].as_str() >= before["timestamp"].as_str(), "times never go back");
        }
        before = Some(seal);
    }
    let status = device.status()?;
    same("the life", status["lifecycle"].as_str(), Some("active"))?;
    same("the head", Some(&status["head_hash"]), before.as_ref().map(|seal| &seal["record_hash"]))?;
    Ok(())
}

fn prepare_changes_nothing(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    device.unchanged(|device| {
        (0..8).try_for_each(|till| {
            let payload = device.payload(&format!("T{till}"));
            device.prepare(&payload).map(drop)
        })
    })?;
    // A power cut forgets open payloads, and nothing else.
    let payload = device.payload("T0");
    let nonce = device.prepare(&payload)?;
    device.restart()?;
    device.refused(&commit_of(&nonce), "INVALID_NONCE")?;
    same("open payloads after a power cut", device.status()?["nonce_pool"].as_u64(), Some(8))?;
    same("the next number", device.sell(&payload)?["invoice_seq"].as_u64(), Some(2))?;
    Ok(())
}

fn replacement(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (first, second, other) = (device.payload("T1"), device.payload("T1"), device.payload("T2"));
    let old = device.prepare(&first)?;
    let beside = device.prepare(&other)?;
    let new = device.prepare(&second)?;
    ensure!(old != new && beside != new, "nonces are random");
    same("places left", device.status()?["nonce_pool"].as_u64(), Some(6))?;
    let reply = device.ask(&commit_of(&old))?;
    ensure!(
        matches!(reply.code(), Some("NONCE_EXPIRED" | "INVALID_NONCE")),
        "the replaced one: {}",
        reply.json
    );
    device.commit(&new, &second)?;
    device.commit(&beside, &other)?;
    device.sell(&first)?;
    Ok(())
}

fn pool(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let places = document::limit("open payloads");
    let payloads: Vec<String> = (0..=places).map(|till| device.payload(&format!("T{till}"))).collect();
    let mut nonces = Vec::new();
    for (till, payload) in payloads[..places].iter().enumerate() {
        nonces.push(device.prepare(payload)?);
        same("places left", device.status()?["nonce_pool"].as_u64(), Some((places - till - 1) as u64))?;
    }
    device.refuses(&payloads[places], "DEVICE_BUSY")?;
    same("an open one is still renewed", device.prepare(&payloads[0])?.as_str(), nonces[0].as_str())?;
    let replacing = device.payload("T1");
    let replaced = device.prepare(&replacing)?;
    device.refuses(&payloads[places], "DEVICE_BUSY")?;
    device.commit(&nonces[0], &payloads[0])?;
    let ninth = device.prepare(&payloads[places])?;
    device.commit(&ninth, &payloads[places])?;
    device.commit(&replaced, &replacing)?;
    for at in 2..places {
        device.commit(&nonces[at], &payloads[at])?;
    }
    same("all places are free", device.status()?["nonce_pool"].as_u64(), Some(places as u64))?;
    Ok(())
}

fn room(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let together = document::bytes_together("open payloads");
    let others = together / 3;
    let last = together - 2 * others;
    let sale = |till: &str, bytes| Draft::of_length(till, at(OPENING), bytes).write();
    let first = [sale("T1", others), sale("T2", others)];
    let (below, filling, above) = (sale("T3", last - 1), sale("T3", last), sale("T3", last + 1));
    let nonces = [device.prepare(&first[0])?, device.prepare(&first[1])?];
    device.refused(&format!("TXN|PREPARE {above}"), "DEVICE_BUSY")?;
    device.prepare(&filling)?;
    let small = device.payload("T4");
    device.refused(&format!("TXN|PREPARE {small}"), "DEVICE_BUSY")?;
    same("places left", device.status()?["nonce_pool"].as_u64(), Some(5))?;
    // A slow board needs more than the life of a nonce for all of this.
    for (payload, nonce) in first.iter().zip(&nonces) {
        same("an open one that is renewed", &device.prepare(payload)?, nonce)?;
    }
    // In its place: what finds no room replaces nothing.
    let nonce = device.prepare(&below)?;
    device.refused(&format!("TXN|PREPARE {above}"), "DEVICE_BUSY")?;
    same("the one that stays open", device.prepare(&below)?, nonce.clone())?;
    device.commit(&nonces[0], &first[0])?;
    let let_in = device.prepare(&above)?;
    device.commit(&let_in, &above)?;
    device.refused(&commit_of(&nonce), "NONCE_EXPIRED")?;
    for payload in [&first[1], &small, &below, &filling] {
        device.sell(payload)?;
    }
    Ok(())
}

fn same_nonce(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    for _ in 0..3 {
        same("the nonce", device.prepare(&payload)?.as_str(), nonce.as_str())?;
        same("places left", device.status()?["nonce_pool"].as_u64(), Some(7))?;
    }
    device.commit(&nonce, &payload)?;
    Ok(())
}

fn commit_checks(bench: &Bench) -> Result<()> {
    let bound = Policy { invoices: 2, ..Policy::default() };
    let mut device = bench.bound(&Outlet::SHOP, bound, 4096, OPENING)?;
    let payloads = ["T1", "T2", "T3"].map(|till| device.payload(till));
    let mut nonces = Vec::new();
    for payload in &payloads {
        nonces.push(device.prepare(payload)?);
    }
    device.commit(&nonces[0], &payloads[0])?;
    device.commit(&nonces[1], &payloads[1])?;
    device.unchanged(|device| device.refused(&commit_of(&nonces[2]), "SYNC_REQUIRED"))?;
    let acknowledgement = device.acknowledgement()?;
    device.ok(&acknowledgement)?;
    device.commit(&nonces[2], &payloads[2])?;
    Ok(())
}

fn open(device: &mut Device, till: &str) -> Result<(String, String)> {
    let payload = device.payload(till);
    Ok((device.prepare(&payload)?, payload))
}

fn life(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let seconds = document::limit("nonce") as u64;
    let (short, first) = open(&mut device, "T1")?;
    let (long, second) = open(&mut device, "T2")?;
    // A busy machine asks late: seconds are left on either side.
    sleep(Duration::from_millis(seconds * 1_000 - 4_000));
    device.commit(&short, &first).context("in time")?;
    sleep(Duration::from_millis(4_400));
    device.unchanged(|device| device.refused(&commit_of(&long), "NONCE_EXPIRED"))?;
    ensure!(device.status()?["metrics"]["expired_nonces"].as_u64() >= Some(1), "the status counts it");
    let again = device.prepare(&second)?;
    ensure!(again != long, "an expired nonce is not given again");
    device.commit(&again, &second)?;
    Ok(())
}

fn renewed(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (nonce, payload) = open(&mut device, "T1")?;
    sleep(Duration::from_millis(4_000));
    same("the nonce", device.prepare(&payload)?.as_str(), nonce.as_str())?;
    sleep(Duration::from_millis(4_000));
    device.commit(&nonce, &payload).context("8 seconds after the first PREPARE")?;
    Ok(())
}

fn pool_expires(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for till in 0..document::limit("open payloads") {
        open(&mut device, &format!("T{till}"))?;
    }
    let ninth = device.payload("T9");
    device.refuses(&ninth, "DEVICE_BUSY")?;
    sleep(Duration::from_millis(document::limit("nonce") as u64 * 1_000 + 300));
    device.sell(&ninth)?;
    same(
        "places left",
        device.status()?["nonce_pool"].as_u64(),
        Some(document::limit("open payloads") as u64),
    )?;
    Ok(())
}
