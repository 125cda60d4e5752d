//! Section 3: what stands in a request: tokens, cursors, numbers, nonces.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::requests::is_schema;
use crate::{
    bench::Bench,
    case::Case,
    device::{sales::commit_of, same},
    document,
};

pub(super) const CASES: &[Case] = &[
    Case::new("3 requests", "tokens and cursors are written without escapes", escapes),
    Case::new("3 requests", "QRY|LOG takes a number or epoch/number, and nothing else", log_forms),
    Case::new("3 requests", "integers are at most 9007199254740991", integers),
    Case::new("3 requests", "a nonce is 32 hexadecimal digits in either case, or INVALID_NONCE", nonces),
    Case::new("3 requests", "no token has more than 8,192 characters, no cursor more than 200", lengths),
];

fn escapes(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for command in ["CFG|HANDOVER", "CFG|ACK", "CFG|MANIFEST", "CFG|STATE"] {
        is_schema(&mut device, &format!(r#"{command} {{"token":"\u0041UQCDEJPTk8"}}"#))?;
    }
    is_schema(&mut device, r#"ADM|RESET {"dgi_authorization":"\u0041UQC"}"#)?;
    is_schema(
        &mut device,
        r#"RPT|A {"since":"2026-02-01","until":"2026-02-04","after":"RIZ\u002D25:5d0c8a3b9f21e604"}"#,
    )?;
    Ok(())
}

fn log_forms(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let (payload, seal) = device.sell_one()?;
    for request in ["QRY|LOG 1", "QRY|LOG 0/1", "QRY|LOG   1", "QRY|LOG\t0/1 "] {
        let entry = device.ok(request)?;
        same("the payload", entry["log_entry"]["payload"].as_str(), Some(payload.as_str()))?;
        same("the number", &entry["log_entry"]["sealed"]["invoice_seq"], &seal["invoice_seq"])?;
    }
    for request in
        ["QRY|LOG 2", "QRY|LOG 0/2", "QRY|LOG 1/1", "QRY|LOG 4294967295/1", "QRY|LOG 9007199254740991"]
    {
        device.refused(request, "NOT_FOUND")?;
    }
    for wrong in [
        "",
        "0",
        "01",
        "-1",
        "+1",
        "1.0",
        "1e0",
        "0x1",
        "0/0",
        "0/01",
        "00/1",
        "/1",
        "1/",
        "0/1/1",
        "0 /1",
        "0/ 1",
        "1 1",
        "one",
        "\"1\"",
        "{}",
        "{\"number\":1}",
        "4294967296/1",
    ] {
        is_schema(&mut device, &format!("QRY|LOG {wrong}"))?;
    }
    Ok(())
}

fn integers(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let dump = |after: &str| format!(r#"ADM|DUMPLOG {{"format":"json","after":{after}}}"#);
    for after in ["9007199254740990", "9007199254740991"] {
        same("nothing is after it", &device.ok(&dump(after))?["last"], &Value::Bool(true))?;
    }
    for after in ["9007199254740992", "18446744073709551616", "1.0", "\"0\"", "01"] {
        is_schema(&mut device, &dump(after))?;
    }
    is_schema(&mut device, "QRY|LOG 9007199254740992")?;
    is_schema(&mut device, "QRY|LOG 0/18446744073709551617")?;
    Ok(())
}

fn nonces(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payload = device.payload("CAISSE-1");
    let nonce = device.prepare(&payload)?;
    for wrong in [
        "",
        "A",
        &nonce[..31],
        &format!("{nonce}0"),
        &"G".repeat(32),
        &format!(" {}", &nonce[..31]),
        &"0".repeat(32),
    ] {
        device.refused(&commit_of(wrong), "INVALID_NONCE")?;
    }
    let lower = nonce.to_lowercase();
    let first = device.commit(&lower, &payload)?;
    same("the seal in upper case", device.commit(&nonce.to_uppercase(), &payload)?, first)?;
    Ok(())
}

fn lengths(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let most = document::limit("cursor of `RPT|A`");
    for (length, below) in [(most - 1, true), (most, true), (most + 1, false)] {
        let cursor = "x".repeat(length);
        let reply = device
            .ask(&format!(r#"RPT|A {{"since":"2026-02-01","until":"2026-02-04","after":"{cursor}"}}"#))?;
        // No device writes so long a cursor, so both are refused: the one as it is none of its own.
        same("code", reply.code(), Some("SCHEMA_INVALID"))?;
        let detail = reply.value["detail"].as_str().context("detail")?;
        ensure!(
            !below || !detail.contains("the object is"),
            "a cursor of {length} characters is not read: {detail}"
        );
    }
    let most = document::limit("token");
    for length in [most + 1, most + 2, 16_000] {
        is_schema(&mut device, &format!(r#"CFG|MANIFEST {{"token":"{}"}}"#, "A".repeat(length)))?;
    }
    Ok(())
}
