//! One line of a journal file: a record and what it seals.

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::Record;
use serde::{Deserialize, Serialize};

use crate::finding::Rule;

/// `{"record":"<base64url>","payload":"<text>"}`; `payload` is null where it was erased after its legal retention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLine {
    record: String,
    #[serde(deserialize_with = "Option::deserialize")]
    payload: Option<String>,
}

impl JournalLine {
    /// A line of a record and what it seals: a canonical payload, or the body of another record.
    pub fn new(record: &Record, payload: Option<&str>) -> Self {
        Self {
            record: Base64UrlUnpadded::encode_string(&record.to_bytes()),
            payload: payload.map(str::to_owned),
        }
    }

    /// Reads a line.
    pub fn read(line: &[u8]) -> Result<Self, Rule> {
        // An array of two strings would also do for serde.
        if line.first() != Some(&b'{') {
            return Err(Rule::LineForm);
        }
        serde_json::from_slice(line).map_err(|_| Rule::LineForm)
    }

    /// Writes the line, without its end.
    pub fn to_json(&self) -> String {
        // Two strings always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The record.
    pub fn record(&self) -> Result<Record, Rule> {
        let bytes = Base64UrlUnpadded::decode_vec(&self.record).map_err(|_| Rule::RecordForm)?;
        Record::from_bytes(&bytes).map_err(Rule::from)
    }

    /// What it seals, by itself.
    pub(crate) fn into_payload(self) -> Option<String> {
        self.payload
    }

    /// What it seals.
    pub fn payload(&self) -> Option<&str> {
        self.payload.as_deref()
    }
}
