use fiscal::{DeviceId, InvoiceNumber, PublicKey, Record, RecordHash, Timestamp};
use serde::{Deserialize, Serialize};

use super::{hash, token};
use crate::{
    finding::Rule,
    one_form::{is_of_a_cloud, public_key, read_one_form},
};

/// That a signer gives the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    /// To whom, where it says so.
    pub(crate) to: Option<DeviceId>,
    /// The last number that was given in the epoch, 0 where there was none.
    pub(crate) last_number: u64,
    /// The record before, where it names that.
    pub(crate) head: Option<RecordHash>,
}

/// That a signer takes the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Enter {
    /// From whom, where it says so.
    pub(crate) from: Option<DeviceId>,
    /// The first number that it may give.
    pub(crate) next_number: InvoiceNumber,
    /// The hash of the close of whoever left.
    pub(crate) close: RecordHash,
    /// The hash of its own record before, where it names that.
    pub(crate) own_previous: Option<RecordHash>,
    /// No seal is earlier, where it says so.
    pub(crate) floor: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CloudClose {
    signer: String,
    to: String,
    last_number: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CloudEnter {
    signer: String,
    from: String,
    public_key: String,
    next_number: u64,
    close_hash: String,
    own_previous: String,
}

/// What is read of a device's `close`; its token is the engine's.
#[derive(Deserialize)]
struct DeviceClose {
    last_number: u64,
    head: String,
}

/// What is read of a device's `hand_over`.
#[derive(Deserialize)]
struct DeviceEnter {
    token: String,
    /// Older firmware does not name it.
    #[serde(default)]
    own_previous: Option<String>,
}

impl Close {
    pub(super) fn of(_: &Record, body: &str) -> Option<Result<Self, Rule>> {
        if is_of_a_cloud(body) {
            return Some(Self::of_cloud(body).ok_or(Rule::CloseForm));
        }
        let DeviceClose { last_number, head } = serde_json::from_str(body).ok()?;
        Some(hash(&head).map(|head| Self { to: None, last_number, head: Some(head) }).ok_or(Rule::CloseForm))
    }

    fn of_cloud(body: &str) -> Option<Self> {
        let raw: CloudClose = read_one_form(body)?;
        Some(Self { to: Some(raw.to.parse().ok()?), last_number: raw.last_number, head: None })
    }
}

impl Enter {
    pub(super) fn of(record: &Record, body: &str) -> Option<Result<Self, Rule>> {
        if is_of_a_cloud(body) {
            let read = Self::of_cloud(body);
            return Some(match read {
                None => Err(Rule::HandOverForm),
                // The key that seals from now on is the one that seals this.
                Some((_, key)) if key.id() != record.header.key => Err(Rule::HandOverMismatch),
                Some((enter, _)) => Ok(enter),
            });
        }
        let DeviceEnter { token, own_previous } = serde_json::from_str(body).ok()?;
        let Some(terms) = token::enter(&token) else { return Some(Err(Rule::HandOverForm)) };
        let header = &record.header;
        if (terms.device, terms.epoch) != (header.device, header.epoch) {
            return Some(Err(Rule::HandOverMismatch));
        }
        let own_previous = match own_previous.as_deref().map(hash) {
            Some(None) => return Some(Err(Rule::HandOverForm)),
            named => named.flatten(),
        };
        let token::EnterTerms { next_number, close, floor, .. } = terms;
        Some(Ok(Self { from: None, next_number, close, own_previous, floor: Some(floor) }))
    }

    fn of_cloud(body: &str) -> Option<(Self, PublicKey)> {
        let raw: CloudEnter = read_one_form(body)?;
        let enter = Self {
            from: Some(raw.from.parse().ok()?),
            next_number: InvoiceNumber::new(raw.next_number)?,
            close: hash(&raw.close_hash)?,
            own_previous: Some(hash(&raw.own_previous)?),
            floor: None,
        };
        Some((enter, public_key(&raw.public_key)?))
    }
}
