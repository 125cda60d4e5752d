//! Section 6: when an answer is lost.

use anyhow::{Context, Result, ensure};
use def_trials::authority::{OPENING, at};
use serde_json::Value;

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, sales::commit_of, same},
    document,
    frame::Form,
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "6 lost answers",
        "the same COMMIT has the same seal, however often and after power cuts",
        commit_again,
    ),
    Case::new(
        "6 lost answers",
        "a COMMIT whose answer nobody read has its seal when it is asked again",
        unread,
    ),
    Case::new(
        "6 lost answers",
        "REPLAY_DETECTED says as what a payload was sealed, also after a power cut",
        replay,
    ),
    Case::new(
        "6 lost answers",
        "the power fails after a COMMIT is durable: the same COMMIT has the seal",
        after_commit,
    ),
    Case::new(
        "6 lost answers",
        "the power fails within a COMMIT: it is sealed once or not at all",
        in_commit,
    ),
    Case::new(
        "6 lost answers",
        "power cuts before, in and after a COMMIT leave one seal for each sale, and a journal that is true",
        cuts,
    ),
    Case::waiting(
        "6 lost answers",
        "the last 1,024 invoices are remembered; what is older is STALE_TIMESTAMP",
        window,
    ),
];

fn commit_again(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    let seal = device.commit(&nonce, &payload)?;
    device.unchanged(|device| same("at once", device.commit(&nonce, &payload)?, seal.clone()))?;
    for _ in 0..20 {
        device.sell_one()?;
    }
    device.unchanged(|device| same("20 sales later", device.commit(&nonce, &payload)?, seal.clone()))?;
    for _ in 0..2 {
        device.restart()?;
        device
            .unchanged(|device| same("after a power cut", device.commit(&nonce, &payload)?, seal.clone()))?;
    }
    ensure!(
        device.status()?["metrics"]["retries"].as_u64() >= Some(1),
        "the status counts what is said again"
    );
    Ok(())
}

fn unread(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    let number = device.status()?["next_invoice_seq"].clone();
    device.wire.send(&Form::Crc.frame(commit_of(&nonce).as_bytes()))?;
    std::thread::sleep(std::time::Duration::from_millis(1_000));
    device.wire.reopen()?;
    let seal = device.commit(&nonce, &payload)?;
    same("its number", &seal["invoice_seq"], &number)?;
    same(
        "there is one",
        device.status()?["next_invoice_seq"].as_u64(),
        number.as_u64().map(|number| number + 1),
    )?;
    Ok(())
}

fn is_replay(device: &mut Device, payload: &str, seal: &Value) -> Result<()> {
    let replay = device.refuses(payload, "REPLAY_DETECTED")?;
    same("its epoch", &replay["epoch"], &seal["epoch"])?;
    same("its number", &replay["invoice_seq"], &seal["invoice_seq"])?;
    let entry = device.ok(&format!("QRY|LOG {}/{}", replay["epoch"], replay["invoice_seq"]))?;
    let mut sealed = seal.clone();
    sealed.as_object_mut().context("a seal")?.shift_remove("status");
    same("log_entry.sealed", &entry["log_entry"]["sealed"], &sealed)?;
    same("log_entry.payload", entry["log_entry"]["payload"].as_str(), Some(payload))
}

fn replay(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let sold = [device.sell_one()?, device.sell_one()?, device.sell_one()?];
    for (payload, seal) in &sold {
        is_replay(&mut device, payload, seal)?;
    }
    device.restart()?;
    for (payload, seal) in &sold {
        is_replay(&mut device, payload, seal)?;
    }
    Ok(())
}

/// Sends a COMMIT at which the power fails, and gives the power back.
fn dies(device: &mut Device, when: &str) -> Result<(String, String, u64)> {
    device.cut()?;
    device.start_again(&["--power-fails", when])?;
    let payload = device.payload("T1");
    let next = device.status()?["next_invoice_seq"].as_u64().context("next_invoice_seq")?;
    let nonce = device.prepare(&payload)?;
    device.wire.send(&Form::Crc.frame(commit_of(&nonce).as_bytes()))?;
    device.power_failed()?;
    device.start_again(&[])?;
    Ok((nonce, payload, next))
}

fn after_commit(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let (nonce, payload, next) = dies(&mut device, "after-commit=1")?;
    same("it is there", device.status()?["next_invoice_seq"].as_u64(), Some(next + 1))?;
    let seal = device.commit(&nonce, &payload)?;
    same("its number", seal["invoice_seq"].as_u64(), Some(next))?;
    is_replay(&mut device, &payload, &seal)?;
    Ok(())
}

fn in_commit(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let (nonce, payload, next) = dies(&mut device, "in-commit=1")?;
    let status = device.status()?;
    let reply = device.ask(&commit_of(&nonce))?;
    if status["next_invoice_seq"].as_u64() == Some(next) {
        same("nothing was sealed", reply.code(), Some("INVALID_NONCE"))?;
        same("the number is not lost", device.sell(&payload)?["invoice_seq"].as_u64(), Some(next))?;
    } else {
        same("it was sealed", reply.value["invoice_seq"].as_u64(), Some(next))?;
        device.refused(&format!("TXN|PREPARE {payload}"), "REPLAY_DETECTED")?;
    }
    super::dump::verified(&mut device)?;
    Ok(())
}

/// How many cuts is the board's to say: an emulated one takes longer to start.
fn cuts(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let rounds = bench.board().power_cuts();
    let mut sold = Vec::new();
    for round in 0..rounds {
        let payload = device.payload("T1");
        let nonce = device.prepare(&payload)?;
        device.wire.send(&Form::Crc.frame(commit_of(&nonce).as_bytes()))?;
        // From before the COMMIT arrives until after its answer.
        std::thread::sleep(std::time::Duration::from_micros(
            bench.board().commit_micros() * (round * 7 % 23) / 11,
        ));
        device.restart()?;
        let reply = device.ask(&commit_of(&nonce))?;
        let seal = match reply.code() {
            None => device.commit(&nonce, &payload)?,
            Some("INVALID_NONCE") => device.sell(&payload)?,
            other => anyhow::bail!("the same COMMIT after the cut: {other:?}"),
        };
        same("the number", seal["invoice_seq"].as_u64(), Some(round + 1))?;
        sold.push((payload, seal));
    }
    let lines = super::dump::verified(&mut device)?;
    for (payload, seal) in &sold {
        let found = lines.iter().filter(|line| line["payload"].as_str() == Some(payload)).count();
        same(&format!("seals of number {}", seal["invoice_seq"]), found, 1)?;
    }
    Ok(())
}

fn window(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let remembered = document::limit("remembered invoices");
    let early = at(OPENING);
    let oldest = device.new_sale("T1", early, 1).payload();
    let nonce = device.prepare(&oldest)?;
    let first = device.commit(&nonce, &oldest)?;
    // Never offered before, and older than the oldest that will be remembered.
    let never = device
        .new_sale("T2", fiscal::Timestamp::from_unix(early.unix() - 60).context("a time")?, 1)
        .payload();
    for _ in 1..remembered {
        let payload = device.payload("T1");
        let nonce = device.prepare(&payload)?;
        // The seals of all others are looked at elsewhere: this one is long.
        device.ok(&commit_of(&nonce))?;
    }
    device.restart()?;
    same("the first of 1,024", device.commit(&nonce, &oldest)?, first.clone())?;
    is_replay(&mut device, &oldest, &first)?;
    // With the device's own time: the full window refuses what is stamped before its oldest record.
    let now = device.time()?;
    let fresh = device.new_sale("T1", now, 1).payload();
    device.sell(&fresh)?;
    for _ in 0..2 {
        device.refused(&commit_of(&nonce), "INVALID_NONCE")?;
        device.refuses(&oldest, "STALE_TIMESTAMP")?;
        device.refuses(&never, "STALE_TIMESTAMP")?;
        let now = device.time()?;
        let fresh = device.new_sale("T1", now, 1).payload();
        device.sell(&fresh)?;
        device.restart()?;
    }
    let lines = super::dump::verified(&mut device)?;
    ensure!(lines.len() > remembered, "{} lines", lines.len());
    Ok(())
}
