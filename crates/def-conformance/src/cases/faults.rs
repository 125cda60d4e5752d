//! What fails in the hardware: section 8's codes that no request provokes.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use def_protocol::token::Policy;
use def_trials::authority::{OPENING, at};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    board::Board,
    case::Case,
    device::{Device, Outlet, sales::commit_of, same},
    payload::Draft,
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "8 codes",
        "a changed record is STORAGE_CORRUPT: the device seals nothing and says where",
        corrupt,
    ),
    Case::new(
        "8 codes",
        "a changed end of the journal is STORAGE_CORRUPT, not a sale that never was",
        corrupt_end,
    ),
    Case::new(
        "8 codes",
        "a journal that was restored from an older copy is STORAGE_CORRUPT until a new epoch",
        restored,
    ),
    Case::new(
        "8 codes",
        "a full journal is STORAGE_FULL, and closing, acknowledging and a reset make room",
        full,
    ),
    Case::new(
        "8 codes",
        "an element that does not answer is SE_FAILURE, nothing is sealed, and it may be asked again",
        element,
    ),
];

/// The first byte of the content of the first record of the first sector, which is the second of the ring.
const FIRST_CONTENT: usize = 4096 + 120 + 6;

fn change(flash: &Path, place: usize) -> Result<()> {
    let mut bytes = fs::read(flash)?;
    *bytes.get_mut(place).context("the flash is shorter")? ^= 0x10;
    Ok(fs::write(flash, bytes)?)
}

fn is_corrupt(device: &mut Device) -> Result<()> {
    let status = device.status()?;
    ensure!(!status["corrupt"].is_null(), "the status does not say so: {}", status["corrupt"]);
    let payload = device.payload("T1");
    let refusal = device.refuses(&payload, "STORAGE_CORRUPT")?;
    let named = refusal["sector"].is_u64() || refusal["position"].is_u64();
    ensure!(named == status["corrupt"]["sector"].is_u64(), "the place: {refusal}");
    for request in [
        r#"RPT|Z {"date":"2026-03-14"}"#.to_owned(),
        crate::device::orders::token("CFG|MANIFEST", &device.authority.manifest(1)),
    ] {
        device.refused(&request, "STORAGE_CORRUPT")?;
    }
    Ok(())
}

fn corrupt(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for _ in 0..20 {
        device.sell_one()?;
    }
    device.cut()?;
    change(&device.place().state().join("flash"), FIRST_CONTENT + 40)?;
    device.start_again(&[])?;
    is_corrupt(&mut device)?;
    same("the sector that is named", &device.status()?["corrupt"]["sector"], &json!(1))?;
    device.cut()?;
    change(&device.place().state().join("flash"), FIRST_CONTENT + 40)?;
    device.start_again(&[])?;
    same("once it is as it was", &device.status()?["corrupt"], &Value::Null)?;
    device.sell_one()?;
    Ok(())
}

fn corrupt_end(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let sold = device.sell_one()?;
    let before = fs::read(device.place().state().join("flash"))?;
    device.cut()?;
    device.start_again(&[])?;
    let last = device.sell_one()?;
    device.cut()?;
    let flash = device.place().state().join("flash");
    let after = fs::read(&flash)?;
    let programmed: Vec<usize> = (0..after.len()).filter(|at| before.get(*at) != Some(&after[*at])).collect();
    // Well within the content of the newest record.
    let place = programmed
        .len()
        .checked_sub(60)
        .and_then(|index| programmed.get(index))
        .context("a sale was written")?;
    change(&flash, *place)?;
    device.start_again(&[])?;
    let next = device.status()?["next_invoice_seq"].as_u64();
    is_corrupt(&mut device)?;
    ensure!(next <= Some(3), "numbers go on: {next:?}");
    for (payload, _) in [sold, last] {
        device.refuses(&payload, "STORAGE_CORRUPT")?;
    }
    Ok(())
}

fn restored(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (payload, seal) = device.sell_one()?;
    device.cut()?;
    let flash = device.place().state().join("flash");
    let older = fs::read(&flash)?;
    device.start_again(&[])?;
    for _ in 0..20 {
        device.sell_one()?;
    }
    device.cut()?;
    fs::write(&flash, older)?;
    device.start_again(&[])?;
    is_corrupt(&mut device)?;
    let entry = device.ok(&format!("QRY|LOG {}", seal["invoice_seq"]))?;
    same("what it has can be read", entry["log_entry"]["payload"].as_str(), Some(payload.as_str()))?;
    new_epoch(&mut device)?;
    same("epoch and number", device.sell_one()?.1["epoch"].as_u64(), Some(1))?;
    Ok(())
}

/// Acknowledges all and begins a new epoch.
fn new_epoch(device: &mut Device) -> Result<()> {
    let newest = device.newest()?;
    let acknowledgement = device.acknowledgement()?;
    device.ok(&acknowledgement)?;
    let reset = device.authority.reset(1, Some(newest));
    device.ok(&format!(r#"ADM|RESET {{"dgi_authorization":"{reset}"}}"#))?;
    Ok(())
}

fn full(bench: &Bench) -> Result<()> {
    let mut device = bench.bound(&Outlet::SHOP, Policy::default(), crate::bench::SMALL_KIB, OPENING)?;
    let mut sales = 0;
    let refused = loop {
        let payload = Draft::of_length("T1", at(OPENING), 24_576 - sales).write();
        let reply = device.ask(&format!("TXN|PREPARE {payload}"))?;
        match reply.code() {
            None => {}
            Some("STORAGE_FULL") => break payload,
            // Erasing ahead takes its time.
            Some("DEVICE_BUSY") => continue,
            Some(other) => anyhow::bail!("after {sales} sales: {other}"),
        }
        let nonce = reply.value["nonce"].as_str().context("nonce")?;
        if device.ask(&commit_of(nonce))?.code().is_none() {
            sales += 1;
        }
        ensure!(sales < 1_000, "the flash is never full");
    };
    let status = device.status()?;
    ensure!(
        status["warnings"].as_array().is_some_and(|warnings| warnings.contains(&json!("flash"))),
        "no warning"
    );
    device.refuses(&refused, "STORAGE_FULL")?;
    device.restart()?;
    device.refuses(&refused, "STORAGE_FULL")?;
    same("every sale is there", device.status()?["next_invoice_seq"].as_u64(), Some(sales as u64 + 1))?;
    device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    new_epoch(&mut device)?;
    for _ in 0..600 {
        let reply = device.ask(&format!("TXN|PREPARE {refused}"))?;
        match reply.code() {
            None => return Ok(()),
            Some("DEVICE_BUSY") => std::thread::sleep(std::time::Duration::from_millis(100)),
            Some(other) => anyhow::bail!("in the new epoch: {other}"),
        }
    }
    anyhow::bail!("the new epoch gives no room")
}

fn element(bench: &Bench) -> Result<()> {
    match bench.board() {
        Board::Simulate => element_stops(bench),
        Board::Qemu => element_is_damaged(bench),
    }
}

fn element_stops(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    let file = device.place().state().join("secure-element");
    let kept = fs::read(&file)?;
    // A file that cannot be replaced: the element cannot count.
    fs::remove_file(&file)?;
    fs::create_dir(&file)?;
    let number = device.status()?["next_invoice_seq"].clone();
    for _ in 0..2 {
        device.refused(&commit_of(&nonce), "SE_FAILURE")?;
    }
    same("nothing was sealed", &device.status()?["next_invoice_seq"], &number)?;
    fs::remove_dir(&file)?;
    fs::write(&file, kept)?;
    let reply = device.ask(&commit_of(&nonce))?;
    let seal =
        if reply.code().is_none() { device.commit(&nonce, &payload)? } else { device.sell(&payload)? };
    same("its number", &seal["invoice_seq"], &number)?;
    super::dump::verified(&mut device)?;
    Ok(())
}

/// Where the emulated element has its entries, and how long one is.
const ENTRIES: std::ops::Range<usize> = 4_096..12_288;
const ENTRY: usize = 64;

fn element_is_damaged(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    let number = device.status()?["next_invoice_seq"].clone();
    let payload = device.payload("T1");
    device.cut()?;
    let file = device.place().state().join("secure-element");
    let kept = fs::read(&file)?;
    let mut damaged = kept.clone();
    for entry in damaged[ENTRIES].chunks_mut(ENTRY).filter(|entry| entry.iter().any(|byte| *byte != 0xFF)) {
        entry[8] ^= 1;
    }
    fs::write(&file, damaged)?;
    device.start_again(&[])?;
    for _ in 0..2 {
        device.refused(&format!("TXN|PREPARE {payload}"), "SE_FAILURE")?;
    }
    device.cut()?;
    fs::write(&file, kept)?;
    device.start_again(&[])?;
    same("its number", &device.sell(&payload)?["invoice_seq"], &number)?;
    super::dump::verified(&mut device).map(drop)
}
