//! Invoices that are known to be right, and the ways in which an integrator may write them.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

pub mod drafts;

use std::{fs, path::Path};

use draft::Complete;
use fiscal::{DEFAULT_MANIFEST, Invoice, UtcOffset};
use serde_json::Value;

/// The invoices of the example day and the valid vectors: names and bytes.
pub fn valid_payloads() -> Vec<(String, String)> {
    let mut payloads = day();
    payloads.extend(files("../../vectors/canonical").filter(|(name, _)| name.starts_with("valid_")));
    assert!(payloads.len() >= 38 + 16, "{} payloads", payloads.len());
    payloads
}

/// The invoices of the example day.
pub fn day() -> Vec<(String, String)> {
    files("../../examples/day").collect()
}

fn files(folder: &str) -> impl Iterator<Item = (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, String::from_utf8(fs::read(path).unwrap()).ok()?))
    })
}

/// Completion by the default manifest on a payload's business day in Kinshasa.
pub fn complete_of(payload: &str) -> Complete<'static> {
    let invoice = Invoice::read(payload.as_bytes()).unwrap();
    Complete { manifest: &DEFAULT_MANIFEST, day: invoice.timestamp.date_at(UtcOffset::KINSHASA) }
}

/// Chance that a test can repeat: xorshift64*.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }

    fn space(&mut self) -> &'static str {
        ["", "", "", " ", "\n  ", "\t", "\r\n"][self.roll(7)]
    }
}

/// The same invoice in another order, with white space, numbers for strings and needless escapes.
pub fn friendly(value: &Value, dice: &mut Dice) -> String {
    let mut out = dice.space().to_owned();
    write_value("", value, dice, &mut out);
    out + dice.space()
}

fn write_value(name: &str, value: &Value, dice: &mut Dice, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for last in (1..members.len()).rev() {
                members.swap(last, dice.roll(last + 1));
            }
            let write = |(name, value): &(&String, &Value), dice: &mut Dice, out: &mut String| {
                write_string(name, dice, out);
                out.push_str(dice.space());
                out.push(':');
                out.push_str(dice.space());
                // The rates of exchange and of what was handed over have four decimals, those of groups as many as they say.
                write_value(name, value, dice, out);
            };
            write_list('{', &members, '}', dice, out, write);
        }
        Value::Array(elements) => {
            let write = |value: &Value, dice: &mut Dice, out: &mut String| write_value("", value, dice, out);
            write_list('[', elements, ']', dice, out, write);
        }
        Value::String(text) => match name {
            "quantity" | "unit_price" | "original_price" | "rate" => write_number(text, dice, out),
            "base_amount" | "tax_amount" | "subtotal" | "total_vat" | "total" | "amount" => {
                write_number(&other_zeros(text, dice), dice, out);
            }
            "timestamp" => write_string(&other_zone(text, dice), dice, out),
            _ => write_string(text, dice, out),
        },
        other => out.push_str(&other.to_string()),
    }
}

fn write_list<T>(
    open: char,
    elements: &[T],
    close: char,
    dice: &mut Dice,
    out: &mut String,
    write: impl Fn(&T, &mut Dice, &mut String),
) {
    out.push(open);
    for (index, element) in elements.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(dice.space());
        write(element, dice, out);
        out.push_str(dice.space());
    }
    out.push(close);
}

fn write_number(text: &str, dice: &mut Dice, out: &mut String) {
    if dice.roll(2) == 0 { out.push_str(text) } else { write_string(text, dice, out) }
}

/// An amount with fewer or more zeros at its end.
fn other_zeros(text: &str, dice: &mut Dice) -> String {
    match dice.roll(3) {
        0 => text.to_owned(),
        1 => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        _ => text.to_owned() + "000",
    }
}

/// The same second with its zone.
fn other_zone(text: &str, dice: &mut Dice) -> String {
    let time: fiscal::Timestamp = text.parse().unwrap();
    match dice.roll(5) {
        0 => text.to_owned(),
        1 => format!("{text}Z"),
        2 => format!("{text}.000Z"),
        3 => format!("{}+01:00", time.local(UtcOffset::KINSHASA)),
        _ => format!("{}.000+02:00", time.local(UtcOffset::LUBUMBASHI)),
    }
}

fn write_string(text: &str, dice: &mut Dice, out: &mut String) {
    if dice.roll(3) > 0 {
        out.push_str(&Value::from(text).to_string());
        return;
    }
    out.push('"');
    for unit in text.encode_utf16() {
        out.push_str(&format!("\\u{unit:04x}"));
    }
    out.push('"');
}
