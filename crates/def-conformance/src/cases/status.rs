//! Section 7.3: the status; its members are compared with the document's example wherever it is asked.

use anyhow::{Result, bail, ensure};
use def_protocol::token::Policy;
use def_trials::authority::OPENING;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    board::Board,
    case::Case,
    device::{Outlet, sales::commit_of, same},
};

pub(super) const CASES: &[Case] = &[
    Case::new("7.3 STATUS", "members that INIT brings are null before it", factory),
    Case::new("7.3 STATUS", "what was sold shows in numbers, room, head and unclosed sales", counts),
    Case::new(
        "7.3 STATUS",
        "metrics count since the start, and errors name only codes that occurred",
        metrics,
    ),
    Case::new(
        "7.3 STATUS",
        "offline says what was sealed since the acknowledgement, beside its bounds",
        offline,
    ),
    Case::new("7.3 STATUS", "recovery says what was decided about a record that a power cut tore", recovery),
];

const BROUGHT: [&str; 5] =
    ["outlet_id", "merchant_nif", "fiscal_number_prefix", "utc_offset_minutes", "public_key_id"];

fn factory(bench: &Bench) -> Result<()> {
    let mut device = bench.factory()?;
    let status = device.status()?;
    for member in BROUGHT.into_iter().chain([
        "last_sync_timestamp",
        "acknowledged",
        "offline",
        "recovery",
        "corrupt",
        "time",
    ]) {
        same(member, &status[member], &Value::Null)?;
    }
    same("lifecycle", status["lifecycle"].as_str(), Some("factory"))?;
    same("clock", status["clock"].as_str(), Some("lost"))?;
    same("device_id", status["device_id"].as_str(), Some("DEF-000001"))?;
    ensure!(
        status["warnings"].as_array().is_some_and(|warnings| warnings.contains(&json!("clock"))),
        "no warning of the clock"
    );
    device.initialise(&Outlet::SHOP, Policy::default())?;
    let status = device.status()?;
    let key = device.key()?.id().to_string();
    for (member, value) in BROUGHT.into_iter().zip([
        json!(Outlet::SHOP.outlet),
        json!(Outlet::SHOP.nif),
        json!("KING"),
        json!(60),
        json!(key),
    ]) {
        same(member, &status[member], &value)?;
    }
    same("lifecycle", status["lifecycle"].as_str(), Some("provisioned"))?;
    Ok(())
}

fn counts(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let before = device.status()?;
    let mut seal = Value::Null;
    for number in 0..12 {
        let time = def_trials::authority::at(OPENING);
        let large = crate::payload::Draft::of_length("T1", time, 24_500 + number).write();
        seal = device.sell(&large)?;
    }
    let after = device.status()?;
    same("next_invoice_seq", after["next_invoice_seq"].as_u64(), Some(13))?;
    same("unclosed", after["unclosed"].as_u64(), Some(12))?;
    same("last_position", &after["last_position"], &seal["position"])?;
    same("head_hash", &after["head_hash"], &seal["record_hash"])?;
    same("the counter", &after["secure_element"]["counter"], &seal["counter"])?;
    same("lifecycle", after["lifecycle"].as_str(), Some("active"))?;
    let free = |status: &Value| status["free_memory_bytes"].as_u64();
    ensure!(free(&after) < free(&before), "room: {:?}, before {:?}", free(&after), free(&before));
    same("room, said twice", &after["storage"]["free_bytes"], &after["free_memory_bytes"])?;
    device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    let closed = device.status()?;
    same("closures", closed["closures"].as_u64(), Some(1))?;
    same("unclosed after Z", closed["unclosed"].as_u64(), Some(0))?;
    device.restart()?;
    let again = device.status()?;
    for member in ["closures", "unclosed", "next_invoice_seq", "public_key_id", "lifecycle", "clock"] {
        same(&format!("{member} after a power cut"), &again[member], &closed[member])?;
    }
    Ok(())
}

fn metrics(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.restart()?;
    same("errors at first", &device.status()?["metrics"]["errors"], &json!([]))?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    device.commit(&nonce, &payload)?;
    device.commit(&nonce, &payload)?;
    for _ in 0..3 {
        device.refused(&commit_of(&"0".repeat(32)), "INVALID_NONCE")?;
    }
    device.refused("QRY|LOG 99", "NOT_FOUND")?;
    let metrics = device.status()?["metrics"].clone();
    same(
        "prepares, commits, retries",
        [&metrics["prepares"], &metrics["commits"], &metrics["retries"]],
        [&json!(1), &json!(1), &json!(1)],
    )?;
    same("measured seals", metrics["latency_ms"]["count"].as_u64(), Some(1))?;
    let errors = metrics["errors"].as_array().cloned().unwrap_or_default();
    same("kinds of errors", errors.len(), 2)?;
    for error in [json!({"code": "INVALID_NONCE", "count": 3}), json!({"code": "NOT_FOUND", "count": 1})] {
        ensure!(errors.contains(&error), "{error} is not in {errors:?}");
    }
    Ok(())
}

fn offline(bench: &Bench) -> Result<()> {
    let bounds = Policy { invoices: 10, days: 3, ..Policy::default() };
    let mut device = bench.bound(&Outlet::SHOP, bounds, 4096, OPENING)?;
    let warned = |status: &Value| {
        status["warnings"].as_array().is_some_and(|warnings| warnings.contains(&json!("offline")))
    };
    let mut sold = 0;
    for number in 1..=9 {
        let sale = device.new_sale("T1", def_trials::authority::at(OPENING), 1);
        sold += sale.amounts().0;
        device.sell(&sale.payload())?;
        let status = device.status()?;
        same("invoices", status["offline"]["invoices"].as_u64(), Some(number))?;
        same(
            "cdf",
            status["offline"]["cdf"].as_str(),
            Some(format!("{}.{:02}", sold / 100, sold % 100).as_str()),
        )?;
        same("the warning", warned(&status), number == 9)?;
    }
    let status = device.status()?;
    let bounds =
        ["limit_invoices", "limit_days", "limit_cdf"].map(|member| status["offline"][member].clone());
    same("the bounds", bounds, [json!(10), json!(3), json!("0.00")])?;
    let acknowledgement = device.acknowledgement()?;
    device.ok(&acknowledgement)?;
    let status = device.status()?;
    same("invoices after the acknowledgement", status["offline"]["invoices"].as_u64(), Some(0))?;
    same("acknowledged", &status["acknowledged"], &json!({"epoch": 0, "invoice_seq": 9}))?;
    ensure!(status["last_sync_timestamp"].is_string(), "last_sync_timestamp is the acknowledgement's");
    Ok(())
}

fn recovery(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    device.sell_one()?;
    device.restart()?;
    same("nothing was torn", &device.status()?["recovery"], &Value::Null)?;
    device.cut()?;
    device.start_again(&["--power-fails", "in-commit=1"])?;
    let payload = device.payload("T1");
    let nonce = device.prepare(&payload)?;
    device.wire.send(&crate::frame::Form::Crc.frame(commit_of(&nonce).as_bytes()))?;
    device.power_failed()?;
    device.start_again(&[])?;
    let status = device.status()?;
    let (recovery, is_sealed) = (&status["recovery"], status["next_invoice_seq"] == 3);
    match recovery["decision"].as_str() {
        Some("retired" | "rolled_forward") => {
            ensure!(recovery["position"].is_u64(), "recovery has no position: {recovery}");
        }
        // A cut that fell outside of the record, as it may on a board that runs by itself, leaves nothing to decide.
        None => ensure!(recovery.is_null() && bench.board() == Board::Qemu, "recovery: {recovery}"),
        Some(other) => bail!("recovery has a decision that the document does not name: {other}"),
    }
    let is_rolled_forward = recovery["decision"] == "rolled_forward";
    ensure!(is_sealed || !is_rolled_forward, "a record that was rolled forward is not there");
    Ok(())
}
