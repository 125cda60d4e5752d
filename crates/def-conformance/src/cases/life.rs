//! Section 10: the life of a device.

use anyhow::Result;
use def_protocol::token::NewState;
use serde_json::json;

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, orders::token, sales::commit_of, same},
    document,
    wire::command_of,
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "10 life",
        "from the factory a device answers STATUS and INIT, and is else NOT_PROVISIONED",
        factory,
    ),
    Case::new("10 life", "provisioned until the first invoice, then active", provisioned),
    Case::new(
        "10 life",
        "a revoked device answers questions, reports and dumps, and seals nothing any more",
        revoked,
    ),
    Case::new(
        "10 life",
        "a decommissioned device is the same for good, and adds nothing to its journal",
        decommissioned,
    ),
];

fn factory(bench: &Bench) -> Result<()> {
    let mut device = bench.factory()?;
    for name in document::requests() {
        let request = document::example(name);
        match command_of(request) {
            "QRY|STATUS" => drop(device.ok(request)?),
            "CFG|INIT" => drop(device.refused(request, "UNAUTHORIZED")?),
            "TXN|COMMIT" => drop(device.refused(request, "INVALID_NONCE")?),
            _ => drop(device.refused(request, "NOT_PROVISIONED")?),
        }
    }
    let payload = device.payload("T1");
    device.refuses(&payload, "NOT_PROVISIONED")?;
    device.restart()?;
    same("lifecycle after a power cut", device.status()?["lifecycle"].as_str(), Some("factory"))?;
    Ok(())
}

fn provisioned(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for wanted in ["provisioned", "active"] {
        same("lifecycle", device.status()?["lifecycle"].as_str(), Some(wanted))?;
        device.restart()?;
        same("lifecycle after a power cut", device.status()?["lifecycle"].as_str(), Some(wanted))?;
        device.ok(r#"RPT|X {"period":"session"}"#)?;
        device.ok(r#"RPT|A {"since":"2026-03-14","until":"2026-03-14"}"#)?;
        super::dump::verified(&mut device)?;
        device.sell_one()?;
    }
    Ok(())
}

/// Ends a device by a token, and looks at what it still does.
fn ends(device: &mut Device, state: NewState, name: &str) -> Result<()> {
    let (sold, seal) = device.sell_one()?;
    let open = device.payload("T1");
    let nonce = device.prepare(&open)?;
    device.obeys(&token("CFG|STATE", &device.authority.state(state)))?;
    for start in ["before", "after"] {
        same(&format!("lifecycle {start} a power cut"), device.status()?["lifecycle"].as_str(), Some(name))?;
        device.refuses(&open, "DEVICE_REVOKED")?;
        // Also of what was sealed: it says so without looking.
        device.refuses(&sold, "DEVICE_REVOKED")?;
        let reply = device.unchanged(|device| device.ask(&commit_of(&nonce)))?;
        anyhow::ensure!(reply.code().is_some(), "a {name} device seals");
        let entry = device.ok(&format!("QRY|LOG {}", seal["invoice_seq"]))?;
        same("the receipt", entry["log_entry"]["payload"].as_str(), Some(sold.as_str()))?;
        device.ok(r#"RPT|X {"period":"session"}"#)?;
        device.ok(r#"RPT|A {"since":"2026-03-14","until":"2026-03-14"}"#)?;
        super::dump::verified(device)?;
        device.restart()?;
    }
    let reset = device.authority.reset(1, None);
    device.refused(&format!(r#"ADM|RESET {{"dgi_authorization":"{reset}"}}"#), "DEVICE_REVOKED")?;
    Ok(())
}

fn revoked(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    ends(&mut device, NewState::Revoked, "revoked")?;
    let closed = device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    same("Z", &closed["repeated"], &json!(false))?;
    device.obeys(&token("CFG|STATE", &device.authority.state(NewState::Decommissioned)))?;
    same("lifecycle", device.status()?["lifecycle"].as_str(), Some("decommissioned"))?;
    Ok(())
}

fn decommissioned(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    ends(&mut device, NewState::Decommissioned, "decommissioned")?;
    device.unchanged(|device| {
        let time = device.time_request(def_trials::authority::at("2026-03-14T12:00:00"), None)?;
        let manifest = token("CFG|MANIFEST", &device.authority.manifest(1));
        let state = token("CFG|STATE", &device.authority.state(NewState::Revoked));
        for request in [time, manifest, state] {
            device.refused(&request, "DEVICE_REVOKED")?;
        }
        device.restart()
    })?;
    same("lifecycle", device.status()?["lifecycle"].as_str(), Some("decommissioned"))?;
    Ok(())
}
