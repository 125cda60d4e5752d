//! Canonical payloads: sections 3 and 7.1, and the vectors.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, ensure};
use def_protocol::token::Policy;
use def_trials::authority::{OPENING, at};
use serde_json::Value;

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, Outlet, same},
    document,
    frame::Form,
    payload::Draft,
};

pub(super) const CASES: &[Case] = &[
    Case::new("7.1 PREPARE", "every valid vector is sealed where its outlet and its original fit", valid),
    Case::new(
        "7.1 PREPARE",
        "every invalid vector is SCHEMA_INVALID, names the member and changes nothing",
        invalid,
    ),
    Case::new(
        "7.1 PREPARE",
        "the largest amount is sealed, and no more of its currency before a closure",
        largest,
    ),
    Case::new("7.1 PREPARE", "a payload has 24,576 bytes at most", longest),
    Case::new(
        "7.1 PREPARE",
        "a payload is canonical byte for byte, but for the white space around it",
        white_space,
    ),
    Case::new("7.1 PREPARE", "another merchant's or outlet's payload is WRONG_OUTLET", wrong_outlet),
    Case::new("7.1 PREPARE", "a payload may be 10 minutes ahead of the device's clock, and no more", ahead),
];

/// After the latest of the vectors.
const AFTER: &str = "2026-04-01T00:00:00";

fn vectors(kind: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/canonical");
    let mut vectors = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
        if name.starts_with(kind) {
            vectors.insert(name, fs::read(path)?);
        }
    }
    Ok(vectors)
}

fn of_vectors(bench: &Bench) -> Result<Device> {
    bench.bound(&Outlet::VECTORS, Policy::default(), 4096, AFTER)
}

/// The original of a vector that is a note.
fn original_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "valid_credit_note_return.json" | "valid_credit_note_void.json" => "valid_sale_ht_one_item.json",
        "valid_credit_note_ttc_partial.json" => "valid_sale_ttc_rounding.json",
        "valid_export_credit_usd.json" => "valid_export_usd.json",
        _ => return None,
    })
}

fn valid(bench: &Bench) -> Result<()> {
    let mut device = of_vectors(bench)?;
    let vectors = vectors("valid_")?;
    ensure!(vectors.len() == 16, "there are {} valid vectors", vectors.len());
    for (index, (name, payload)) in vectors.iter().enumerate() {
        let mut payload = String::from_utf8(payload.clone())?;
        if let Some(original) = original_of(name) {
            // A sale of its own: notes of two vectors take all of the same original.
            let sold = String::from_utf8(vectors[original].clone())?.replace("C-07", &format!("C-1{index}"));
            let seal = device.sell(&sold).context(original)?;
            let parsed: Value = serde_json::from_str(&payload)?;
            let number = &parsed["reference"]["invoice_seq"];
            let old = format!(r#""invoice_seq":{number},"auth_code":"0123456789ABCDEF""#);
            let new = format!(r#""invoice_seq":{},"auth_code":{}"#, seal["invoice_seq"], seal["auth_code"]);
            ensure!(payload.contains(&old), "{name} names its original otherwise");
            payload = payload.replace(&old, &new);
        }
        if !name.contains("largest_amount") {
            device.sell(&payload).with_context(|| name.clone())?;
        }
    }
    Ok(())
}

fn invalid(bench: &Bench) -> Result<()> {
    let mut device = of_vectors(bench)?;
    let before = device.head()?;
    let vectors = vectors("invalid_")?;
    ensure!(vectors.len() == 54, "there are {} invalid vectors", vectors.len());
    let expected =
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/canonical/expected.json"))?;
    let expected: Value = serde_json::from_slice(&expected)?;
    for (name, payload) in &vectors {
        let reply = device.wire.ask_as(&[b"TXN|PREPARE ", &payload[..]].concat(), Form::Crc)?;
        if name == "invalid_structure_final_newline.json" {
            // A frame drops CR and LF: what arrives is the payload without it.
            same(name, reply.code(), None)?;
            continue;
        }
        same(name, reply.code(), Some("SCHEMA_INVALID"))?;
        let (path, detail) =
            (expected[name]["path"].as_str(), reply.value["detail"].as_str().unwrap_or_default());
        ensure!(
            path.is_none_or(|path| detail.contains(path)),
            "{name}: the detail has no {path:?}: {detail}"
        );
    }
    same("the journal after all of that", device.head()?, before)?;
    Ok(())
}

fn largest(bench: &Bench) -> Result<()> {
    let mut device = of_vectors(bench)?;
    let vectors = vectors("valid_")?;
    let text = |name: &str| String::from_utf8(vectors[name].clone());
    device.sell(&text("valid_bounds_largest_amount.json")?)?;
    device.refuses(&text("valid_sale_ht_one_item.json")?, "CLOSURE_REQUIRED")?;
    device.sell(&text("valid_export_usd.json")?)?;
    Ok(())
}

fn longest(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let most = document::limit("canonical payload");
    for bytes in [most - 1, most] {
        let payload = Draft::of_length("CAISSE-1", at(OPENING), bytes).write();
        let seal = device.sell(&payload).with_context(|| format!("{bytes} bytes"))?;
        let entry = device.ok(&format!("QRY|LOG {}", seal["invoice_seq"]))?;
        same("the payload comes back", entry["log_entry"]["payload"].as_str(), Some(payload.as_str()))?;
    }
    device.refuses(&Draft::of_length("CAISSE-1", at(OPENING), most + 1).write(), "SCHEMA_INVALID")?;
    Ok(())
}

fn white_space(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("CAISSE-1");
    let nonce = device.prepare(&payload)?;
    for around in [format!("TXN|PREPARE{payload}"), format!("TXN|PREPARE \t  {payload} \t ")] {
        same("it is the same payload", device.ok(&around)?["nonce"].as_str(), Some(nonce.as_str()))?;
    }
    for (from, to) in
        [(":{", ": {"), (",\"items\"", ", \"items\""), ("CAISSE", "\\u0043AISSE"), ("\"C-01\"", "\"C-01\" ")]
    {
        let other = payload.replacen(from, to, 1);
        ensure!(other != payload, "the payload has no {from}");
        device.refuses(&other, "SCHEMA_INVALID")?;
    }
    let swapped = payload.replace(
        r#""merchant_nif":"A2301457K","outlet_id":"KIN-GOMBE-01""#,
        r#""outlet_id":"KIN-GOMBE-01","merchant_nif":"A2301457K""#,
    );
    device.refuses(&swapped, "SCHEMA_INVALID")?;
    device.commit(&nonce, &payload)?;
    Ok(())
}

fn wrong_outlet(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("CAISSE-1");
    for (from, to) in [("A2301457K", "A2301457L"), ("KIN-GOMBE-01", "KIN-GOMBE-02")] {
        device.refuses(&payload.replace(from, to), "WRONG_OUTLET")?;
    }
    device.sell(&payload)?;
    Ok(())
}

fn ahead(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let now = device.time()?.unix();
    let stamped = |device: &mut Device, ahead: u64| -> Result<String> {
        let time = fiscal::Timestamp::from_unix(now + ahead).context("a time")?;
        Ok(device.new_sale("CAISSE-1", time, 1).payload())
    };
    let just = stamped(&mut device, 600)?;
    device.sell(&just)?;
    // Some seconds may pass here; the border moves with the clock.
    let too_far = stamped(&mut device, 600 + 30)?;
    device.refuses(&too_far, "STALE_TIMESTAMP")?;
    let later = device.time()?.unix();
    let beyond = fiscal::Timestamp::from_unix(later + 602).context("a time")?;
    let beyond = device.new_sale("CAISSE-1", beyond, 1).payload();
    if device.time()?.unix() == later {
        device.refuses(&beyond, "STALE_TIMESTAMP")?;
    }
    Ok(())
}
