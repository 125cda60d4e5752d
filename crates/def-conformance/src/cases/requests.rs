//! Section 3: requests.

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value};

use crate::{
    bench::Bench,
    case::{Case, Shown},
    device::{Device, sales::commit_of, same},
    document,
    wire::command_of,
};

pub(super) const CASES: &[Case] = &[
    Case::new("3 requests", "a command is one of the document's, in capitals, exactly", unknown),
    Case::new("3 requests", "each request of the document is understood", understood),
    Case::new("3 requests", "members may stand in any order, with white space between", any_order),
    Case::new(
        "3 requests",
        "an unknown, missing or doubled member, or anything after the object, is SCHEMA_INVALID",
        members,
    ),
    Case::new("3 requests", "a member of another type or form is SCHEMA_INVALID", types),
    Case::new("3 requests", "tokens and cursors are written without escapes", escapes),
    Case::new("3 requests", "QRY|LOG takes a number or epoch/number, and nothing else", log_forms),
    Case::new("3 requests", "integers are at most 9007199254740991", integers),
    Case::new("3 requests", "a nonce is 32 hexadecimal digits in either case, or INVALID_NONCE", nonces),
    Case::new("3 requests", "no token has more than 8,192 characters, no cursor more than 200", lengths),
];

fn unknown(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    let wrong = [
        "qry|status",
        "QRY|Status",
        "QRY|STATUSES",
        "QRY STATUS",
        "QRY",
        "QRY|",
        "|",
        "STATUS",
        "TXN|COMIT",
        "TXN|VOID {}",
        "CFG|INITIALISE {}",
        "{}",
        "\"QRY|STATUS\"",
        "QRY |STATUS",
        "é|é",
    ];
    for request in wrong {
        same(request, device.ask(request)?.code(), Some("UNKNOWN_COMMAND"))?;
    }
    for content in ["", " ", "{", "\u{0}"] {
        let reply = device.wire.ask_as(content.as_bytes(), crate::frame::Form::Crc)?;
        same(&format!("content {content:?}"), reply.code(), Some("UNKNOWN_COMMAND"))?;
    }
    same(
        "content that is not UTF-8",
        device.wire.ask_as(b"\xFF\xFE", crate::frame::Form::Crc)?.code(),
        Some("UNKNOWN_COMMAND"),
    )?;
    Ok(Shown::Yes)
}

fn understood(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    let formal = ["SCHEMA_INVALID", "UNKNOWN_COMMAND", "FRAME_INVALID"];
    for name in document::requests() {
        let request = document::example(name);
        // The cursor of the example is none of this device; what it says is of a form that a device reads.
        let reply = device.ask(request)?;
        ensure!(!reply.code().is_some_and(|code| formal.contains(&code)), "{name}: {}", reply.json);
    }
    Ok(Shown::Yes)
}

/// The document's requests that have an object of members; a payload is none.
fn objects() -> Vec<(&'static str, Map<String, Value>)> {
    let requests = document::requests().into_iter().map(document::example);
    requests
        .filter(|request| !request.starts_with("TXN|PREPARE"))
        .filter_map(|request| {
            let command = command_of(request);
            match serde_json::from_str(&request[command.len()..]) {
                Ok(Value::Object(members)) => Some((command, members)),
                _ => None,
            }
        })
        .collect()
}

fn written(members: &[(String, Value)], space: &str) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{space}\"{name}\"{space}:{space}{value}{space}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn any_order(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    for (command, members) in objects() {
        let members: Vec<(String, Value)> = members.into_iter().collect();
        let wanted = device.ask(&format!("{command} {}", written(&members, "")))?.code().map(str::to_owned);
        let reversed: Vec<_> = members.iter().rev().cloned().collect();
        for form in [
            format!("{command}{}", written(&members, "")),
            format!("{command} \t  {} \t ", written(&members, " \t ")),
            format!("{command} {}", written(&reversed, "")),
        ] {
            same(&form, device.ask(&form)?.code().map(str::to_owned), wanted.clone())?;
        }
    }
    for status in ["QRY|STATUS ", " \tQRY|STATUS\t"] {
        let reply = device.wire.ask_as(status.as_bytes(), crate::frame::Form::Plain)?;
        same("white space around a command", reply.code(), None)?;
    }
    Ok(Shown::Yes)
}

fn is_schema(device: &mut Device, request: &str) -> Result<()> {
    device.refused(request, "SCHEMA_INVALID").map(drop)
}

fn members(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    let before = device.head()?;
    for (command, members) in objects() {
        let members: Vec<(String, Value)> = members.into_iter().collect();
        let whole = written(&members, "");
        for index in 0..members.len() {
            let mut doubled = members.clone();
            doubled.push(members[index].clone());
            is_schema(&mut device, &format!("{command} {}", written(&doubled, "")))?;
            // `after` may be left out.
            if members[index].0 != "after" {
                let mut missing = members.clone();
                missing.remove(index);
                is_schema(&mut device, &format!("{command} {}", written(&missing, "")))?;
            }
        }
        let mut unknown = members.clone();
        unknown.push(("colour".into(), "red".into()));
        let cut = &whole[..whole.len() - 1];
        for wrong in [
            written(&unknown, ""),
            format!("{whole}x"),
            format!("{whole}{{}}"),
            format!("{cut},}}"),
            cut.into(),
            format!("[{whole}]"),
            "{}".into(),
            String::new(),
            "null".into(),
        ] {
            is_schema(&mut device, &format!("{command} {wrong}"))?;
        }
    }
    for wrong in [
        "QRY|STATUS {}",
        "QRY|STATUS 1",
        "QRY|STATUS STATUS",
        "TXN|PREPARE",
        "TXN|PREPARE {}",
        "TXN|PREPARE null",
    ] {
        is_schema(&mut device, wrong)?;
    }
    same("the journal after all of that", device.head()?, before)?;
    Ok(Shown::Yes)
}

fn types(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    for (command, members) in objects() {
        for (name, value) in &members {
            for other in ["null", "true", "[]", "{}", "\"\"", "\" \"", "1.5", "-1"] {
                if command == "TXN|COMMIT" && other.starts_with('"') {
                    continue; // A string that is no nonce is INVALID_NONCE.
                }
                let text = written(&members.clone().into_iter().collect::<Vec<_>>(), "");
                let changed =
                    text.replacen(&format!("\"{name}\":{value}"), &format!("\"{name}\":{other}"), 1);
                if name == "after" && other == "null" && command == "RPT|A" {
                    continue; // None is as if it were left out.
                }
                is_schema(&mut device, &format!("{command} {changed}"))?;
            }
        }
    }
    for wrong in [
        r#"RPT|Z {"date":"2026-02-30"}"#,
        r#"RPT|Z {"date":"2026-2-4"}"#,
        r#"RPT|Z {"date":"04-02-2026"}"#,
        r#"RPT|X {"period":"week"}"#,
        r#"RPT|X {"period":"Session"}"#,
        r#"RPT|A {"since":"2026-02-04","until":"2026-02-03"}"#,
        r#"ADM|DUMPLOG {"format":"xml"}"#,
        r#"CFG|TIME {"timestamp":"2026-02-04T10:00:00Z","signature":"KR8YnydB4S2s0E76qDzIFvejKVse6IrwidylYd8-r7pohe54NzXUN0m6O1z22w6UgAFaBxWxZ6B4sWx-4m6wrQ"}"#,
        r#"CFG|TIME {"timestamp":"2026-02-04T10:00:00","signature":"KR8Y"}"#,
        r#"CFG|STATE {"token":"AUQ="}"#,
        r#"CFG|STATE {"token":"AU+/"}"#,
        r#"CFG|STATE {"token":"AUQC"}"#,
        r#"CFG|INIT {"activation_code":"AUQC","public_key":"no key"}"#,
    ] {
        is_schema(&mut device, wrong)?;
    }
    Ok(Shown::Yes)
}

fn escapes(bench: &Bench) -> Result<Shown> {
    let mut device = bench.ready()?;
    for command in ["CFG|HANDOVER", "CFG|ACK", "CFG|MANIFEST", "CFG|STATE"] {
        is_schema(&mut device, &format!(r#"{command} {{"token":"\u0041UQCDEJPTk8"}}"#))?;
    }
    is_schema(&mut device, r#"ADM|RESET {"dgi_authorization":"\u0041UQC"}"#)?;
    is_schema(
        &mut device,
        r#"RPT|A {"since":"2026-02-01","until":"2026-02-04","after":"RIZ\u002D25:5d0c8a3b9f21e604"}"#,
    )?;
    Ok(Shown::Yes)
}

fn log_forms(bench: &Bench) -> Result<Shown> {
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
    Ok(Shown::Yes)
}

fn integers(bench: &Bench) -> Result<Shown> {
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
    Ok(Shown::Yes)
}

fn nonces(bench: &Bench) -> Result<Shown> {
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
    Ok(Shown::Yes)
}

fn lengths(bench: &Bench) -> Result<Shown> {
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
    Ok(Shown::Yes)
}
