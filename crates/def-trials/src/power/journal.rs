//! The journal as a host reads it.

use def_protocol::Nonce;
use fiscal::{EventKind, InvoiceNumber, Record, Subject};
use serde_json::Value;
use verify::JournalLine;

use crate::Host;

/// A record, and what it seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The record.
    pub record: Record,
    /// A canonical payload, or the body of another record.
    pub payload: String,
}

impl Line {
    pub(super) fn kind(&self) -> Option<EventKind> {
        match self.record.header.subject {
            Subject::Event(kind) => Some(kind),
            Subject::Invoice(_) => None,
        }
    }

    pub(super) fn number(&self) -> Option<InvoiceNumber> {
        self.record.header.invoice().map(|facts| facts.number)
    }

    /// What a body says.
    pub(super) fn body(&self) -> Result<Value, String> {
        serde_json::from_str(&self.payload).map_err(|fault| format!("a body is no JSON: {fault}"))
    }

    fn read(value: &Value) -> Result<Self, String> {
        let line = value.to_string();
        let line =
            JournalLine::read(line.as_bytes()).map_err(|rule| format!("a line of the journal: {rule:?}"))?;
        let record = line.record().map_err(|rule| format!("a record of the journal: {rule:?}"))?;
        let payload = line.payload().ok_or("a record has no payload")?.to_owned();
        Ok(Self { record, payload })
    }
}

/// All records of the current epoch after a position.
pub(super) fn dump(host: &mut Host<'_>, after: u64) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let mut cursor = after;
    loop {
        let request = format!(r#"ADM|DUMPLOG {{"format":"json","after":{cursor}}}"#);
        let answer = host.try_ask(&request).ok_or("DUMPLOG has no answer")?;
        let records = answer["records"].as_array().ok_or_else(|| format!("DUMPLOG: {answer}"))?;
        for record in records {
            lines.push(Line::read(record)?);
        }
        if answer["last"] == true {
            return Ok(lines);
        }
        cursor =
            answer["chunk_index"].as_u64().filter(|next| *next > cursor).ok_or("DUMPLOG does not go on")?;
    }
}

/// COMMIT of what was prepared.
pub(super) fn commit(nonce: &str) -> String {
    debug_assert!(nonce.parse::<Nonce>().is_ok());
    format!(r#"TXN|COMMIT {{"nonce":"{nonce}"}}"#)
}
