//! Section 7.8: the journal.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use verify::{JournalVerdict, Referee, Trust};

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, same},
};

pub(super) const CASES: &[Case] = &[
    Case::new(
        "7.8 DUMPLOG",
        "the dump is a journal that the referee finds true, with every payload byte for byte",
        true_journal,
    ),
    Case::new("7.8 DUMPLOG", "digests agree with the records", digests),
    Case::new(
        "7.8 DUMPLOG",
        "a dump goes on from any chunk, can be repeated, and after its end is empty",
        goes_on,
    ),
    Case::new(
        "7.8 DUMPLOG",
        "no reply is longer than the document says, whatever is in the journal",
        long_replies,
    ),
];

fn request(format: &str, after: u64) -> String {
    format!(r#"ADM|DUMPLOG {{"format":"{format}","after":{after}}}"#)
}

/// All lines after a position.
pub(super) fn dump(device: &mut Device, format: &str, mut after: u64) -> Result<Vec<Value>> {
    let mut lines = Vec::new();
    loop {
        let chunk = device.ok(&request(format, after))?;
        let records = chunk["records"].as_array().context("records")?;
        lines.extend(records.iter().cloned());
        let index = chunk["chunk_index"].as_u64().context("chunk_index")?;
        if chunk["last"] == true {
            return Ok(lines);
        }
        ensure!(index > after && !records.is_empty(), "the dump does not go on after {after}");
        after = index;
    }
}

/// The whole journal, which the referee finds true.
pub(super) fn verified(device: &mut Device) -> Result<Vec<Value>> {
    let lines = dump(device, "json", 0)?;
    let verdict = judge(device, &lines)?;
    ensure!(verdict.is_true(), "the referee: {:?}", verdict.findings);
    same("lines", verdict.lines, lines.len() as u64)?;
    Ok(lines)
}

fn judge(device: &Device, lines: &[Value]) -> Result<JournalVerdict> {
    let trust = Trust::Keys(vec![device.key()?]);
    let mut referee = Referee::new(&trust, []);
    lines.iter().for_each(|line| referee.read(line.to_string().as_bytes()));
    Ok(referee.conclude())
}

fn sold(device: &mut Device, count: usize) -> Result<Vec<String>> {
    (0..count).map(|_| device.sell_one().map(|(payload, _)| payload)).collect()
}

fn true_journal(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let payloads = sold(&mut device, 30)?;
    device.ok(r#"RPT|Z {"date":"2026-03-14"}"#)?;
    device.restart()?;
    let more = sold(&mut device, 3)?;
    let lines = verified(&mut device)?;
    let texts: Vec<&str> = lines.iter().filter_map(|line| line["payload"].as_str()).collect();
    for payload in payloads.iter().chain(&more) {
        same("how often a payload is in it", texts.iter().filter(|text| *text == payload).count(), 1)?;
    }
    let verdict = judge(&device, &lines)?;
    same("invoices and closures", (verdict.invoices, verdict.closures), (33, 1))?;
    // The referee notices what is missing: else it shows nothing.
    let mut gap = lines.clone();
    gap.remove(10);
    ensure!(!judge(&device, &gap)?.is_true(), "the referee does not miss a record");
    Ok(())
}

fn digests(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    sold(&mut device, 20)?;
    let lines = verified(&mut device)?;
    let digests = dump(&mut device, "digest", 0)?;
    ensure!(digests.len() >= lines.len(), "{} digests of {} records", digests.len(), lines.len());
    for (place, (line, digest)) in lines.iter().zip(&digests).enumerate() {
        let payload = line["payload"].as_str().context("payload")?;
        let record = crate::device::seal::record_of(line, payload)?;
        let number = record.header.invoice().map_or(0, |facts| facts.number.value());
        let expected = json!({
            "position": place as u64 + 1,
            "kind": digest["kind"],
            "epoch": record.header.epoch.0,
            "invoice_seq": number,
            "timestamp": record.header.time.to_string(),
            "payload_hash": fiscal::PayloadHash::of(payload.as_bytes()).to_string(),
            "record_hash": record.hash().to_string(),
            "auth_code": record.signature.auth_code().to_string(),
        });
        same("a digest", digest, &expected)?;
        ensure!((digest["kind"] == "invoice") == (number > 0), "a kind: {digest}");
    }
    Ok(())
}

fn goes_on(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    sold(&mut device, 40)?;
    let lines = verified(&mut device)?;
    for format in ["json", "digest"] {
        let whole = dump(&mut device, format, 0)?;
        for after in [1, 5, 17, lines.len() as u64 - 1] {
            let rest = dump(&mut device, format, after)?;
            same(&format!("the rest after {after}"), rest.as_slice(), &whole[usize::try_from(after)?..])?;
            let (once, again) = (device.ok(&request(format, after))?, device.ok(&request(format, after))?);
            same("the same chunk again", again, once)?;
        }
        let newest = device.status()?["last_position"].as_u64().context("last_position")?;
        for after in [newest, newest + 1, newest + 1_000] {
            let chunk = device.ok(&request(format, after))?;
            same("after the end", (&chunk["records"], &chunk["last"]), (&json!([]), &Value::Bool(true)))?;
        }
    }
    let without = device.ok(r#"ADM|DUMPLOG {"format":"json"}"#)?;
    same("without after", without["records"][0].clone(), lines[0].clone())?;
    Ok(())
}

fn long_replies(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let time = def_trials::authority::at(def_trials::authority::OPENING);
    for number in 0..4 {
        let draft = crate::payload::Draft::of_length("T1", time, 24_576 - 4 + number);
        device.sell(&draft.write())?;
    }
    // Longer ones than the limit are refused where they are read.
    verified(&mut device)?;
    Ok(())
}
