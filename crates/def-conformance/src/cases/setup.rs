//! Sections 7.10 and 7.11: the clock and the outlet.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};
use def_protocol::token::{HandOver, Policy};
use def_trials::{
    Authority,
    authority::{OPENING, at},
};
use fiscal::RecordHash;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, Outlet, orders::stranger, same},
};

pub(super) const CASES: &[Case] = &[
    Case::new("7.11 INIT", "INIT binds a device once, and says the same again", once),
    Case::new(
        "7.11 INIT",
        "an activation code of another root, device or form, or with another key, binds nothing",
        refusals,
    ),
    Case::new("7.11 INIT", "the key may be the authority's, and in PEM or base64 of its DER form", key_forms),
    Case::new(
        "7.10 TIME",
        "a clock that was never set, or lost its power, seals nothing until it is set",
        lost,
    ),
    Case::new(
        "7.10 TIME",
        "a challenge is used once, and only by the operator, for the time that was signed",
        challenge_once,
    ),
    Case::new(
        "7.10 TIME",
        "the clock goes back before the newest record only by a signature that names it",
        back,
    ),
    Case::waiting("7.10 TIME", "a challenge holds for nearly 60 seconds", challenge_holds),
    Case::waiting("7.10 TIME", "a challenge that is older than 60 seconds is UNAUTHORIZED", challenge_ends),
];

fn once(bench: &Bench) -> Result<()> {
    let mut device = bench.factory()?;
    let first = device.initialise(&Outlet::SHOP, Policy::default())?;
    same("the device", first["device_id"].as_str(), Some("DEF-000001"))?;
    let request =
        init(&device, &device.activation(&Outlet::SHOP, Policy::default())?, &device.operator_pem());
    device.unchanged(|device| same("the same INIT again", device.ok(&request)?, first.clone()))?;
    let other =
        init(&device, &device.activation(&Outlet::VECTORS, Policy::default())?, &device.operator_pem());
    device.unchanged(|device| device.refused(&other, "ALREADY_PROVISIONED"))?;
    device.set_clock(OPENING)?;
    device.sell_one()?;
    device.restart()?;
    device.refused(&other, "ALREADY_PROVISIONED")?;
    same("the same INIT after a power cut", device.ok(&request)?, first)?;
    Ok(())
}

fn init(_: &Device, code: &str, key: &str) -> String {
    format!("CFG|INIT {}", json!({"activation_code": code, "public_key": key}))
}

fn refusals(bench: &Bench) -> Result<()> {
    let mut device = bench.factory()?;
    let right = device.activation(&Outlet::SHOP, Policy::default())?;
    let key = device.operator_pem();
    let foreign = fiscal::PrivateKey::public_key(&stranger());
    let root = fiscal::PrivateKey::public_key(&device.authority.root);
    device.authority = Authority::new("DEF-000002");
    let other_device = device.activation(&Outlet::SHOP, Policy::default())?;
    device.authority = Authority::default();
    let real_root = std::mem::replace(&mut device.authority.root, stranger());
    let other_root = device.activation(&Outlet::SHOP, Policy::default())?;
    device.authority.root = real_root;
    let mut flipped = right.clone().into_bytes();
    let place = right.len() - 30;
    flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped)?;
    let mut wrong: Vec<(String, String, &str)> =
        [other_device, other_root, flipped].map(|code| (code, key.clone(), "UNAUTHORIZED")).to_vec();
    wrong.push((right.clone(), foreign.to_pem().to_string(), "UNAUTHORIZED"));
    wrong.push((right.clone(), root.to_pem().to_string(), "UNAUTHORIZED"));
    wrong.push((right[..right.len() - 4].to_owned(), key.clone(), "SCHEMA_INVALID"));
    let leave = HandOver::Leave { epoch: fiscal::Epoch(0) };
    wrong.push((device.authority.hand_over(leave), key.clone(), "UNAUTHORIZED"));
    wrong.push((right.clone(), key.replace("BEGIN PUBLIC", "BEGIN PRIVATE"), "SCHEMA_INVALID"));
    for (code, key, refusal) in &wrong {
        let request = init(&device, code, key);
        device.refused(&request, refusal)?;
        same("lifecycle", device.status()?["lifecycle"].as_str(), Some("factory"))?;
    }
    device.initialise(&Outlet::SHOP, Policy::default())?;
    Ok(())
}

fn key_forms(bench: &Bench) -> Result<()> {
    for (authority, der) in [(true, false), (false, true), (true, true)] {
        let mut device = bench.factory()?;
        let keys = &device.authority;
        let key = fiscal::PrivateKey::public_key(if authority { &keys.dgi } else { &keys.operator })
            .to_pem()
            .to_string();
        let base64: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        let request = init(
            &device,
            &device.activation(&Outlet::SHOP, Policy::default())?,
            if der { &base64 } else { &key },
        );
        device.ok(&request)?;
    }
    Ok(())
}

fn lost(bench: &Bench) -> Result<()> {
    let mut device = bench.factory()?;
    device.initialise(&Outlet::SHOP, Policy::default())?;
    let payload = device.payload("T1");
    device.refuses(&payload, "CLOCK_ROLLBACK_DETECTED")?;
    device.set_clock(OPENING)?;
    device.sell(&payload)?;
    device.cut()?;
    device.start_again(&["--clock-lost"])?;
    let status = device.status()?;
    same("clock", status["clock"].as_str(), Some("lost"))?;
    ensure!(
        status["warnings"].as_array().is_some_and(|warnings| warnings.contains(&json!("clock"))),
        "no warning"
    );
    let next = device.payload("T1");
    device.refuses(&next, "CLOCK_ROLLBACK_DETECTED")?;
    device.set_clock("2026-03-14T07:20:00")?;
    same("clock", device.status()?["clock"].as_str(), Some("ok"))?;
    device.sell(&next)?;
    Ok(())
}

fn challenge_once(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let challenge = device.challenge()?;
    same("the same challenge for a while", device.challenge()?, challenge)?;
    let later = at("2026-03-14T09:00:00");
    let right = device.signed_time(later, challenge, None);
    let other_time = right.replace("09:00:00", "09:00:01");
    let other_challenge = device.signed_time(later, def_protocol::Nonce([7; 16]), None);
    let real = std::mem::replace(&mut device.authority.operator, stranger());
    let foreign = device.signed_time(later, challenge, None);
    device.authority.operator = real;
    for wrong in [other_time, other_challenge, foreign] {
        device.unchanged(|device| device.refused(&wrong, "UNAUTHORIZED"))?;
    }
    device.ok(&right)?;
    ensure!(device.time()? >= later, "the clock was not set");
    device.unchanged(|device| device.refused(&right, "UNAUTHORIZED"))?;
    ensure!(device.challenge()? != challenge, "a used challenge is shown again");
    device.restart()?;
    ensure!(device.time()? >= later, "the clock did not go on");
    device.refused(&right, "UNAUTHORIZED")?;
    Ok(())
}

fn back(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.set_clock("2026-03-20T12:00:00")?;
    device.sell_one()?;
    let early = at("2026-03-19T12:00:00");
    let without = device.time_request(early, None)?;
    device.unchanged(|device| device.refused(&without, "UNAUTHORIZED"))?;
    let wrong = device.time_request(early, Some(RecordHash([1; 32])))?;
    device.unchanged(|device| device.refused(&wrong, "UNAUTHORIZED"))?;
    let head = device.status()?["head_hash"].as_str().and_then(RecordHash::from_hex).context("head_hash")?;
    let right = device.time_request(early, Some(head))?;
    device.ok(&right)?;
    let status = device.status()?;
    ensure!(
        status["time"].as_str() < Some("2026-03-19T12:30:00"),
        "the clock did not go back: {}",
        status["time"]
    );
    // What is sealed may not be before what is sealed already.
    let behind = status["clock"] == "behind";
    ensure!(
        behind == (status["warnings"].as_array().is_some_and(|warnings| warnings.contains(&json!("clock")))),
        "warnings"
    );
    let payload = device.payload("T1");
    if behind {
        device.refuses(&payload, "CLOCK_ROLLBACK_DETECTED")?;
    }
    device.set_clock("2026-03-20T12:05:00")?;
    same("clock", &device.status()?["clock"], &Value::from("ok"))?;
    device.sell(&payload)?;
    super::dump::verified(&mut device)?;
    Ok(())
}

fn challenge_holds(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let request = device.time_request(at("2026-03-14T10:00:00"), None)?;
    sleep(Duration::from_secs(40));
    // A newer challenge does not take the place of the one that is signed meanwhile.
    device.status()?;
    sleep(Duration::from_millis(12_000));
    device.ok(&request)?;
    Ok(())
}

fn challenge_ends(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let request = device.time_request(at("2026-03-14T10:00:00"), None)?;
    sleep(Duration::from_millis(60_100));
    device.unchanged(|device| device.refused(&request, "UNAUTHORIZED"))?;
    let fresh = device.time_request(at("2026-03-14T10:00:00"), None)?;
    device.ok(&fresh)?;
    Ok(())
}
