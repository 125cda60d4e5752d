//! Section 10: whose line it is.

use std::{thread::sleep, time::Duration};

use anyhow::{Result, ensure};
use def_protocol::token::Policy;
use def_trials::authority::OPENING;
use fiscal::RecordHash;
use serde_json::{Value, json};

use super::tokens::order;
use crate::{
    bench::Bench,
    case::Case,
    device::{Device, Outlet, same, seal::record_of},
};

pub(super) const CASES: &[Case] = &[
    Case::new("10 line", "a device that stands by seals events and no invoice, until it enters", stands_by),
    Case::new("10 line", "the line goes to and fro, and each goes on where the other ended", to_and_fro),
    Case::new("10 line", "a reset leaves a device standing by, and it enters the new epoch", reset),
];

/// The other signer's last record.
const THEIRS: RecordHash = RecordHash([7; 32]);

fn standing_by(bench: &Bench) -> Result<Device> {
    let mut device = bench.factory()?;
    let code = device.activation_from(&Outlet::SHOP, Policy::default(), None)?;
    device.initialise_by(&code, &Outlet::SHOP)?;
    Ok(device)
}

/// An order holds when it was issued after the one before, and seconds are its measure.
fn a_second_later() {
    sleep(Duration::from_millis(2_100));
}

fn is_handed_over(device: &mut Device, wanted: bool) -> Result<()> {
    same("handed_over", &device.status()?["handed_over"], &json!(wanted))
}

fn stands_by(bench: &Bench) -> Result<()> {
    let mut device = standing_by(bench)?;
    let payload = device.payload("T1");
    for clock in ["without", "with"] {
        is_handed_over(&mut device, true)?;
        same("next_invoice_seq", device.status()?["next_invoice_seq"].as_u64(), Some(1))?;
        device.refuses(&payload, "HANDED_OVER")?;
        let enter = if clock == "with" { Some(device.enter(0, 58, THEIRS)?) } else { None };
        match enter {
            None => device.set_clock(OPENING)?,
            Some(enter) => {
                device.restart()?;
                device.refuses(&payload, "HANDED_OVER")?;
                let leave = device.leave(0)?;
                device.unchanged(|device| device.refused(&leave, "HANDED_OVER"))?;
                enters(&mut device, &enter)?;
            }
        }
    }
    same("the first number", device.sell(&payload)?["invoice_seq"].as_u64(), Some(58))?;
    device.refused("QRY|LOG 57", "NOT_FOUND")?;
    Ok(())
}

/// It takes the line: the record links to theirs, and its body names the device's own.
fn enters(device: &mut Device, enter: &str) -> Result<()> {
    let own = device.status()?["head_hash"].clone();
    let answer = device.obeys(enter)?;
    let body = answer["body"].as_str().unwrap_or_default();
    same("what it links to", record_of(&answer, body)?.link.previous, THEIRS)?;
    let body: Value = serde_json::from_str(body)?;
    same("the device's own", &body["own_previous"], &own)?;
    is_handed_over(device, false)
}

fn to_and_fro(bench: &Bench) -> Result<()> {
    let mut device = standing_by(bench)?;
    device.set_clock(OPENING)?;
    let mut next = 1;
    for turn in 0..3 {
        let enter = device.enter(0, next, THEIRS)?;
        enters(&mut device, &enter)?;
        let again = device.enter(0, next + 9, THEIRS)?;
        device.unchanged(|device| device.refused(&again, "UNAUTHORIZED"))?;
        for _ in 0..turn {
            same("the number", device.sell_one()?.1["invoice_seq"].as_u64(), Some(next))?;
            next += 1;
        }
        a_second_later();
        let leave = device.leave(0)?;
        let answer = device.obeys(&leave)?;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
        same("last_number", body["last_number"].as_u64(), Some(next - 1))?;
        device.restart()?;
        is_handed_over(&mut device, true)?;
        a_second_later();
        if next > 1 {
            let given = device.enter(0, next - 1, THEIRS)?;
            device.unchanged(|device| device.refused(&given, "UNAUTHORIZED"))?;
        }
        next += 4;
    }
    ensure!(device.status()?["unclosed"] == json!(3), "three sales");
    device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    Ok(())
}

fn reset(bench: &Bench) -> Result<()> {
    let mut device = standing_by(bench)?;
    device.set_clock(OPENING)?;
    let request = order("ADM|RESET", &device.authority.reset(2, None));
    let answer = device.obeys(&request)?;
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    same("handed_over of the record", &body["handed_over"], &json!(true))?;
    let payload = device.payload("T1");
    for _ in 0..2 {
        device.refuses(&payload, "HANDED_OVER")?;
        device.restart()?;
    }
    let old = device.enter(0, 3, THEIRS)?;
    device.unchanged(|device| device.refused(&old, "UNAUTHORIZED"))?;
    let enter = device.enter(2, 3, THEIRS)?;
    enters(&mut device, &enter)?;
    let seal = device.sell(&payload)?;
    same("epoch and number", [&seal["epoch"], &seal["invoice_seq"]], [&json!(2), &json!(3)])?;
    Ok(())
}
