//! Whether a reply has the members that the document's example of it has.

use anyhow::{Result, bail, ensure};
use serde_json::Value;

/// Members that the document says may be null, or has null in its example.
const NULLABLE: [&str; 16] = [
    "last_sync_timestamp",
    "outlet_id",
    "merchant_nif",
    "fiscal_number_prefix",
    "utc_offset_minutes",
    "public_key_id",
    "time",
    "acknowledged",
    "offline",
    "recovery",
    "corrupt",
    "failed",
    "nature",
    "sequence_start",
    "sequence_end",
    "since",
];
/// Members that are absent from some good replies.
const OPTIONAL: [&str; 1] = ["next"];

/// Every member of the example is there and of its type; others may be there too.
pub fn check(example: &Value, actual: &Value) -> Result<()> {
    compare(example, actual, "")
}

fn compare(example: &Value, actual: &Value, path: &str) -> Result<()> {
    let name = path.rsplit('.').next().unwrap_or(path);
    match (example, actual) {
        (_, Value::Null) | (Value::Null, _) => {
            ensure!(NULLABLE.contains(&name), "{path} is null, or should be")
        }
        (Value::Object(members), Value::Object(found)) => {
            for (member, value) in members {
                match found.get(member) {
                    Some(other) => compare(value, other, &format!("{path}.{member}"))?,
                    None if OPTIONAL.contains(&member.as_str()) => {}
                    None => bail!("{path}.{member} is missing"),
                }
            }
        }
        (Value::Array(examples), Value::Array(found)) => {
            if let Some(first) = examples.first() {
                found.iter().try_for_each(|element| compare(first, element, path))?;
            }
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => {}
        _ => bail!("{path} is of another type: {actual}"),
    }
    Ok(())
}

/// The example of the good answer to a request; none for a command that has none of its own.
pub fn example_of(command: &str, request: &str) -> Option<&'static str> {
    Some(match command {
        "TXN|PREPARE" => "reply-prepare",
        "TXN|COMMIT" => "reply-commit",
        "QRY|STATUS" => "reply-status",
        "QRY|LOG" => "reply-log",
        "QRY|PROOF" => "reply-proof",
        "RPT|Z" => "reply-z",
        "RPT|X" => "reply-x",
        "RPT|A" => "reply-a",
        "ADM|DUMPLOG" if request.contains("\"digest\"") => "reply-dump-digest",
        "ADM|DUMPLOG" => "reply-dump",
        "ADM|RESET" => "reply-reset",
        "ADM|FIRMWARE" => "reply-firmware",
        "CFG|TIME" => "reply-time",
        "CFG|INIT" => "reply-init",
        "CFG|HANDOVER" | "CFG|ACK" | "CFG|MANIFEST" | "CFG|STATE" => "reply-ack",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_may_be_added_and_none_may_miss_or_be_another() {
        let example = json!({"a": 1, "b": {"c": "d"}, "e": [{"f": true}], "recovery": null});
        assert!(check(&example, &json!({"a": 2, "b": {"c": ""}, "e": [], "recovery": {}, "new": 1})).is_ok());
        for wrong in [
            json!({"b": {"c": ""}, "e": [], "recovery": null}),
            json!({"a": "1", "b": {"c": ""}, "e": [], "recovery": null}),
            json!({"a": 1, "b": {}, "e": [], "recovery": null}),
            json!({"a": 1, "b": {"c": ""}, "e": [{"f": true}, {}], "recovery": null}),
            json!({"a": null, "b": {"c": ""}, "e": [], "recovery": null}),
        ] {
            assert!(check(&example, &wrong).is_err(), "{wrong}");
        }
    }
}
