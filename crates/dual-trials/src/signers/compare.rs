//! Two transcripts, member by member.

use serde_json::Value;

use super::suite::{Said, Transcript};

/// Members that differ between signers, and why. Of each only its kind of value is compared; all others are equal.
pub const FOLLOWS: &[(&str, &str)] = &[
    ("device_id", "who seals"),
    ("signer", "who seals"),
    ("timestamp", "when it was sealed"),
    ("issued", "when it was said"),
    ("since", "when the first invoice of a report was sealed"),
    ("signature", "the seal"),
    ("auth_code", "the first 80 bits of SHA-256 of the signature"),
    ("record", "signer, key, time and signature are in it"),
    ("record_hash", "of the record"),
    ("previous_hash", "of the record before"),
    ("head_hash", "of the newest record"),
    ("first_hash", "of the first record of a closure"),
    ("last_hash", "of the last record of a closure"),
    ("qr_payload", "signer, time, key and signature are in it"),
    ("position", "a device's chain has events of its own between invoices"),
    ("position_start", "the same, of the first record of a closure"),
    ("position_end", "the same, of the last record of a closure"),
    ("counter", "of a secure element; the cloud has none"),
    ("next", "a page's end names signer and position"),
    ("request_id", "of the question"),
];

/// What differs and must not: one sentence each.
pub fn differences(left: &Transcript, right: &Transcript) -> Vec<String> {
    let mut found = Vec::new();
    if left.len() != right.len() {
        found.push(format!("{} answers and {}", left.len(), right.len()));
    }
    for (left, right) in left.iter().zip(right) {
        if left.what != right.what {
            found.push(format!("{:?} was asked where {:?} was", right.what, left.what));
            break;
        }
        if left.status != right.status {
            let short = |said: &Said| said.body.to_string().chars().take(300).collect::<String>();
            found.push(format!(
                "{}: {} {} and {} {}",
                left.what,
                left.status,
                short(left),
                right.status,
                short(right)
            ));
            continue;
        }
        let mut walk = Walk { said: left, found: &mut found };
        walk.compare("", &left.body, &right.body);
    }
    found
}

struct Walk<'a> {
    said: &'a Said,
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn compare(&mut self, at: &str, left: &Value, right: &Value) {
        match (left, right) {
            (Value::Object(left), Value::Object(right)) => {
                if !left.keys().eq(right.keys()) {
                    let names = |of: &serde_json::Map<String, Value>| {
                        of.keys().cloned().collect::<Vec<_>>().join(" ")
                    };
                    self.wrong(at, &names(left), &names(right));
                    return;
                }
                let note = is_note(left);
                for (name, left) in left {
                    let at = format!("{at}.{name}");
                    match name.as_str() {
                        // A note names its original by its authentication code.
                        "payload" => self.compare(&at, &parsed(left), &parsed(&right[name])),
                        // By how many seconds a stamp is ahead goes on with time.
                        "detail" => self.compare(&at, &digits_masked(left), &digits_masked(&right[name])),
                        "payload_hash" if note => self.kind(&at, left, &right[name]),
                        name if FOLLOWS.iter().any(|(follows, _)| *follows == name) => {
                            self.kind(&at, left, &right[name]);
                        }
                        _ => self.compare(&at, left, &right[name]),
                    }
                }
            }
            (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
                for (index, (left, right)) in left.iter().zip(right).enumerate() {
                    self.compare(&format!("{at}[{index}]"), left, right);
                }
            }
            (Value::String(left), Value::String(right)) if left.lines().count() > 1 => {
                if receipt(left) != receipt(right) {
                    self.wrong(at, left, right);
                }
            }
            (left, right) if left == right => {}
            (left, right) => self.wrong(at, &left.to_string(), &right.to_string()),
        }
    }

    /// The values differ, their kinds must not; nor the length of one that has a fixed one.
    fn kind(&mut self, at: &str, left: &Value, right: &Value) {
        if std::mem::discriminant(left) != std::mem::discriminant(right) {
            self.wrong(at, &left.to_string(), &right.to_string());
        }
    }

    fn wrong(&mut self, at: &str, left: &str, right: &str) {
        self.found.push(format!("{}{at}: {left} and {right}", self.said.what));
    }
}

/// Whether a seal is of a credit note: its QR code says so.
fn is_note(seal: &serde_json::Map<String, Value>) -> bool {
    let kind = seal.get("qr_payload").and_then(Value::as_str).and_then(|qr| qr.split('|').nth(7));
    matches!(kind, Some("FA" | "EA"))
}

fn parsed(payload: &Value) -> Value {
    let text = payload.as_str().unwrap_or_default();
    serde_json::from_str(text).unwrap_or_else(|_| payload.clone())
}

fn digits_masked(sentence: &Value) -> Value {
    let mask = |text: &str| {
        text.chars().map(|letter| if letter.is_ascii_digit() { '#' } else { letter }).collect::<String>()
    };
    sentence.as_str().map_or_else(|| sentence.clone(), |text| Value::from(mask(text)))
}

/// The lines of a receipt, without what follows from who sealed and when: the values of these lines, and the code at the end.
fn receipt(text: &str) -> Vec<String> {
    const DEVICE: &str = "Appareil (DEF)";
    let (mut lines, mut before) = (Vec::new(), "");
    let mut of_code = false;
    for line in text.lines() {
        let heading = before.trim();
        let follows =
            line.starts_with(DEVICE) || heading == "Heure du sceau" || heading == "Code d'authentification";
        of_code = (of_code && !line.starts_with(' ')) || heading == "Contenu du code QR";
        if follows {
            lines.push(format!("{heading}: …"));
        } else if !of_code {
            lines.push(line.to_owned());
        }
        before = line;
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(body: Value) -> Transcript {
        vec![Said { what: "it".to_owned(), status: 200, body }]
    }

    #[test]
    fn who_sealed_and_when_may_differ_and_nothing_else() {
        let one = said(json!({ "device_id": "CLOUD-01", "invoice_seq": 1, "counter": 0 }));
        let other = said(json!({ "device_id": "DEF-000001", "invoice_seq": 1, "counter": 7 }));
        assert_eq!(differences(&one, &other), Vec::<String>::new());
        let number = said(json!({ "device_id": "DEF-000001", "invoice_seq": 2, "counter": 7 }));
        assert_eq!(differences(&one, &number), ["it.invoice_seq: 1 and 2"]);
        let member = said(json!({ "device_id": "DEF-000001", "invoice_seq": 1 }));
        assert_eq!(differences(&one, &member).len(), 1);
        let kind = said(json!({ "device_id": null, "invoice_seq": 1, "counter": 7 }));
        assert_eq!(differences(&one, &kind).len(), 1);
    }

    #[test]
    fn of_a_receipt_signer_time_and_code_may_differ_and_nothing_else() {
        let receipt = |device: &str, total: &str| {
            said(json!(format!(
                "Appareil (DEF)   {device}\nHeure du sceau\n  21/11/2026 {device}\nTOTAL {total}\nContenu du code QR\n\
                 {device}|1|\nABC\n Pour vérifier"
            )))
        };
        assert_eq!(differences(&receipt("A", "7"), &receipt("B", "7")), Vec::<String>::new());
        assert_eq!(differences(&receipt("A", "7"), &receipt("B", "8")).len(), 1);
    }
}
