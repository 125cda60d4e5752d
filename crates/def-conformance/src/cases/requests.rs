//! Section 3: commands and their objects.

use anyhow::{Result, ensure};
use serde_json::{Map, Value};

use crate::{
    bench::Bench,
    case::Case,
    device::{Device, same},
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
];

fn unknown(bench: &Bench) -> Result<()> {
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
    Ok(())
}

fn understood(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    let formal = ["SCHEMA_INVALID", "UNKNOWN_COMMAND", "FRAME_INVALID"];
    for name in document::requests() {
        let request = document::example(name);
        // The cursor of the example is none of this device; what it says is of a form that a device reads.
        let reply = device.ask(request)?;
        ensure!(!reply.code().is_some_and(|code| formal.contains(&code)), "{name}: {}", reply.json);
    }
    Ok(())
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

fn any_order(bench: &Bench) -> Result<()> {
    let mut device = bench.ready()?;
    for (command, members) in objects() {
        let members: Vec<(String, Value)> = members.into_iter().collect();
        let first = device.ask_until_free(&format!("{command} {}", written(&members, "")))?;
        let wanted = first.code().map(str::to_owned);
        let reversed: Vec<_> = members.iter().rev().cloned().collect();
        for form in [
            format!("{command}{}", written(&members, "")),
            format!("{command} \t  {} \t ", written(&members, " \t ")),
            format!("{command} {}", written(&reversed, "")),
        ] {
            same(&form, device.ask_until_free(&form)?.code().map(str::to_owned), wanted.clone())?;
        }
    }
    for status in ["QRY|STATUS ", " \tQRY|STATUS\t"] {
        let reply = device.wire.ask_as(status.as_bytes(), crate::frame::Form::Plain)?;
        same("white space around a command", reply.code(), None)?;
    }
    Ok(())
}

pub(super) fn is_schema(device: &mut Device, request: &str) -> Result<()> {
    device.refused(request, "SCHEMA_INVALID").map(drop)
}

fn members(bench: &Bench) -> Result<()> {
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
    Ok(())
}

fn types(bench: &Bench) -> Result<()> {
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
    Ok(())
}
