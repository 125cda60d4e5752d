//! What a cloud signer says of itself: which outlet it seals for and with which key, in JSON of one form.

use fiscal::{EventKind, Nif, Prefix, PublicKey, Record, RecordHash, Subject, Timestamp, UtcOffset};
use serde::{Deserialize, Serialize};

use crate::{
    finding::Rule,
    one_form::{is_of_a_cloud, public_key, read_one_form},
};

/// What the body of a `provisioned`, `epoch` or `certificate` record of a cloud signer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Outlet { nif: Nif, first_number: u64, zone: UtcOffset },
    Key,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutlet {
    signer: String,
    merchant_nif: String,
    outlet_id: String,
    prefix: String,
    epoch: u32,
    first_number: u64,
    utc_offset_minutes: i16,
    public_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_head: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKey {
    signer: String,
    public_key: String,
    since: String,
}

impl Binding {
    /// Of a record that has such a body; none of any other.
    pub(crate) fn of(record: &Record, body: &str) -> Option<Result<Self, Rule>> {
        if !is_of_a_cloud(body) {
            return None;
        }
        match record.header.subject {
            Subject::Event(kind @ (EventKind::Provisioned | EventKind::Epoch)) => {
                Some(read_outlet(record, body, kind == EventKind::Epoch))
            }
            Subject::Event(EventKind::Certificate) => Some(read_key(record, body)),
            _ => None,
        }
    }
}

fn read_outlet(record: &Record, body: &str, in_epoch: bool) -> Result<Binding, Rule> {
    let raw: RawOutlet = read_one_form(body).ok_or(Rule::BindingForm)?;
    if in_epoch != raw.reason.is_some() || in_epoch != raw.previous_head.is_some() {
        return Err(Rule::BindingForm);
    }
    let nif = raw.merchant_nif.parse().map_err(|_| Rule::BindingForm)?;
    let _: Prefix = raw.prefix.parse().map_err(|_| Rule::BindingForm)?;
    let zone = UtcOffset::from_minutes(raw.utc_offset_minutes).ok_or(Rule::BindingForm)?;
    let previous = match &raw.previous_head {
        Some(hex) => lower_hex(hex).ok_or(Rule::BindingForm)?,
        None => record.link.previous,
    };
    if raw.first_number == 0 {
        return Err(Rule::BindingForm);
    }
    let header = &record.header;
    let of_this = raw.outlet_id == header.outlet.as_str()
        && raw.epoch == header.epoch.0
        && previous == record.link.previous
        && key(&raw.public_key)?.id() == header.key;
    if of_this {
        Ok(Binding::Outlet { nif, first_number: raw.first_number, zone })
    } else {
        Err(Rule::BindingMismatch)
    }
}

fn read_key(record: &Record, body: &str) -> Result<Binding, Rule> {
    let raw: RawKey = read_one_form(body).ok_or(Rule::BindingForm)?;
    let _: Timestamp = raw.since.parse().map_err(|_| Rule::BindingForm)?;
    let of_this = key(&raw.public_key)?.id() == record.header.key;
    if of_this { Ok(Binding::Key) } else { Err(Rule::BindingMismatch) }
}

fn key(text: &str) -> Result<PublicKey, Rule> {
    public_key(text).ok_or(Rule::BindingForm)
}

fn lower_hex(text: &str) -> Option<RecordHash> {
    RecordHash::from_hex(text).filter(|hash| hash.to_string() == text)
}
