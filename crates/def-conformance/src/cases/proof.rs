//! Section 7.14: that the device is here.

use std::{thread::sleep, time::Duration};

use anyhow::{Context, Result, ensure};
use def_protocol::reply::Presence;
use def_trials::authority::at;
use fiscal::{RecordHash, Timestamp};
use serde_json::Value;

use super::requests::is_schema;
use crate::{
    bench::Bench,
    case::Case,
    device::{Device, orders::token, same},
    document,
};

pub(super) const CASES: &[Case] = &[
    Case::new("7.14 PROOF", "the device signs the challenge, itself and where its journal ends", signs),
    Case::new("7.14 PROOF", "a proof is given once a second, and a sale need not wait for it", rate),
    Case::new("7.14 PROOF", "a revoked device proves itself still, one without a key cannot", lives),
    Case::new("7.14 PROOF", "a challenge has 64 hexadecimal digits, in either case", forms),
];

fn ask(challenge: [u8; 32]) -> String {
    format!(r#"QRY|PROOF {{"challenge":"{}"}}"#, RecordHash(challenge))
}

/// The answer, verified by the bytes that the document says.
fn proves(device: &mut Device, challenge: [u8; 32]) -> Result<Value> {
    let answer = device.ask_until_free(&ask(challenge))?.value;
    same("status", answer["status"].as_str(), Some("OK"))?;
    let text = |member: &str| answer[member].as_str().with_context(|| format!("{member} is a text"));
    let mut bytes = b"stelala-attest-1".to_vec();
    bytes.extend(challenge);
    let id = text("device_id")?;
    bytes.push(u8::try_from(id.len())?);
    bytes.extend(id.as_bytes());
    bytes.extend(u32::try_from(answer["epoch"].as_u64().context("epoch")?)?.to_be_bytes());
    bytes.extend(answer["last_position"].as_u64().context("last_position")?.to_be_bytes());
    bytes.extend(RecordHash::from_hex(text("head_hash")?).context("head_hash")?.0);
    let time = match &answer["time"] {
        Value::Null => 0,
        time => time.as_str().and_then(|time| time.parse().ok()).map(Timestamp::unix).context("time")?,
    };
    bytes.extend(time.to_be_bytes());
    let presence: Presence = serde_json::from_value(answer.clone())?;
    let hash = RecordHash(fiscal::PayloadHash::of(&bytes).0);
    device.key()?.verify(&hash, &presence.signature).context("the device's key did not sign these bytes")?;
    same("the key", presence.public_key_id, device.key()?.id())?;
    Ok(answer)
}

fn signs(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for start in 0..2 {
        let (_, seal) = device.sell_one()?;
        let before = device.status()?;
        let counter = before["secure_element"]["counter"].clone();
        let challenge = [0x5A ^ start; 32];
        let answer = device.unchanged(|device| proves(device, challenge))?;
        for member in ["device_id", "public_key_id", "epoch", "last_position", "head_hash"] {
            same(member, &answer[member], &before[member])?;
        }
        same("the newest record", &answer["head_hash"], &seal["record_hash"])?;
        same("the counter", &device.status()?["secure_element"]["counter"], &counter)?;
        let presence: Presence = serde_json::from_value(answer)?;
        let key = device.key()?;
        ensure!(presence.verify(&challenge, &key).is_ok(), "it does not hold for its challenge");
        ensure!(presence.verify(&[0; 32], &key).is_err(), "it holds for another challenge");
        device.restart()?;
    }
    Ok(())
}

fn rate(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let at_once = |device: &mut Device| {
        device.ok(&ask([1; 32]))?;
        device.ask(&ask([2; 32]))
    };
    let mut second = device.unchanged(at_once)?;
    // On a busy machine a second may be over before it is asked again.
    for _ in 0..2 {
        if second.code().is_some() {
            break;
        }
        sleep(Duration::from_millis(1_100));
        second = device.unchanged(at_once)?;
    }
    same("asked again at once", second.code(), Some("DEVICE_BUSY"))?;
    device.sell_one()?;
    sleep(Duration::from_millis(1_100));
    device.ok(&ask([2; 32]))?;
    Ok(())
}

fn lives(bench: &Bench) -> Result<()> {
    let mut new = bench.factory()?;
    new.refused(&ask([1; 32]), "NOT_PROVISIONED")?;
    let mut device = bench.ready()?;
    let state = device.authority.state(def_protocol::token::NewState::Revoked);
    device.obeys(&token("CFG|STATE", &state))?;
    proves(&mut device, [1; 32])?;
    device.restart()?;
    let answer = proves(&mut device, [2; 32])?;
    let time = answer["time"].as_str().and_then(|time| time.parse().ok()).context("time")?;
    ensure!(at(def_trials::authority::OPENING) <= time, "{answer}");
    Ok(())
}

fn forms(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for wrong in [String::new(), "c4".repeat(16), "c".repeat(63), "c".repeat(65), "g".repeat(64)] {
        is_schema(&mut device, &format!(r#"QRY|PROOF {{"challenge":"{wrong}"}}"#))?;
    }
    let capitals = document::example("request-proof").replace("c4", "C4");
    let answer = device.ok(&capitals)?;
    let presence: Presence = serde_json::from_value(answer)?;
    ensure!(presence.verify(&[0xC4; 32], &device.key()?).is_ok(), "capitals are other bytes");
    Ok(())
}
