//! Whether records follow each other, and whether a closure comes to what it closes.

use fiscal::{EventKind, PayloadHash};
use serde_json::Value;

use super::journal::Line;

/// Whether a record follows the one before it in the same epoch; what it seals is what it carries.
pub(super) fn follows(before: Option<&Line>, line: &Line) -> Result<(), String> {
    let link = &line.record.link;
    let position = link.position.value();
    let fault = |what: &str| Err(format!("record {position}: {what}"));
    if PayloadHash::of(line.payload.as_bytes()) != link.payload {
        return fault("it does not seal its payload");
    }
    let Some(before) = before else {
        return if position == 1 { Ok(()) } else { fault("the first of an epoch is not at position 1") };
    };
    if position != before.record.link.position.value() + 1 {
        return fault("a position is missing or doubled");
    }
    if link.previous != before.record.hash() {
        return fault("it does not name the record before it");
    }
    if line.record.header.time < before.record.header.time {
        return fault("its time is before the one before it");
    }
    let skipped = skipped(line)?;
    if link.counter != before.record.link.counter + 1 + skipped {
        return fault(&format!(
            "its count is {}, the one before has {}, stated as skipped are {skipped}",
            link.counter, before.record.link.counter
        ));
    }
    Ok(())
}

/// The counts before it that a recovery record says no record has.
pub(super) fn skipped(line: &Line) -> Result<u64, String> {
    if line.kind() != Some(EventKind::Recovery) {
        return Ok(0);
    }
    line.body()?["skipped"].as_u64().ok_or_else(|| "a recovery record states no skipped counts".to_owned())
}

/// Whether invoices have the numbers after one another.
pub(super) fn numbered(last: u64, line: &Line) -> Result<u64, String> {
    match line.number() {
        Some(number) if number.value() == last + 1 => Ok(last + 1),
        Some(number) => Err(format!("invoice {number} comes after {last}")),
        None => Ok(last),
    }
}

/// Whether the newest record, a closure, says what the records since the last closure come to.
pub(super) fn closes(lines: &[&Line]) -> Result<(), String> {
    let (closure, before) = lines.split_last().ok_or("there is nothing to close")?;
    let start =
        before.iter().rposition(|line| line.kind() == Some(EventKind::Closure)).map_or(0, |at| at + 1);
    let closed = &before[start..];
    let body = closure.body()?;
    let number = |name: &str, expected: Option<u64>| {
        let stated = &body[name];
        if *stated == expected.map_or(Value::Null, Value::from) {
            Ok(())
        } else {
            Err(format!("the closure says {name} {stated}, it is {expected:?}"))
        }
    };
    let position = |line: Option<&&Line>| line.map(|line| line.record.link.position.value());
    number("position_start", position(closed.first()))?;
    number("position_end", position(closed.last()))?;
    let mut invoices = closed.iter().filter_map(|line| line.record.header.invoice());
    let all: Vec<_> = invoices.by_ref().collect();
    number("sequence_start", all.first().map(|facts| facts.number.value()))?;
    number("sequence_end", all.last().map(|facts| facts.number.value()))?;
    let mut skips = 0;
    for line in closed {
        skips += skipped(line)?;
        // What no closure of the epoch before stated.
        if line.kind() == Some(EventKind::Epoch) {
            skips += line.body()?["skipped"].as_u64().ok_or("an epoch states no skipped counts")?;
        }
    }
    number("counter_skipped", Some(skips))?;
    let francs = &body["currencies"][0];
    let net: i64 = all.iter().map(|facts| facts.total.centimes()).sum();
    let (count, stated) = (francs["count"].as_u64().unwrap_or(0), amount(&francs["net"]));
    if count != all.len() as u64 || stated != Some(net) {
        return Err(format!("the closure says {francs}, {} invoices come to {net} centimes", all.len()));
    }
    Ok(())
}

fn amount(value: &Value) -> Option<i64> {
    match value.as_str() {
        None => Some(0),
        Some(text) => text.replace('.', "").parse().ok(),
    }
}
