use fiscal::{DeviceId, Epoch, InvoiceNumber, KeyId, Position, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Causes, hash};
use crate::one_form::read_one_form;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) signer: DeviceId,
    pub(crate) epoch: Epoch,
    pub(crate) position: Position,
}

/// What the ledger declares of the line, signed in its own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// Two signers sealed one sale (L4).
    Duplicate { first: Spot, second: Spot },
    /// A record keeps not every rule (L6).
    NonCompliant(Spot, Causes),
    /// A line may go on after what the ledger holds of it (L2), or anything that concerns no record of another chain.
    Other,
}

/// The key of a signer ends, after the last number that the ledger holds of it (L2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    pub(crate) signer: DeviceId,
    pub(crate) key: KeyId,
    pub(crate) epoch: Epoch,
    /// None before the first number.
    pub(crate) last_number: Option<InvoiceNumber>,
}

/// By which a flag is known; its other members are those of its reason.
#[derive(Deserialize)]
struct Reason {
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unreported {
    reason: String,
    epoch: u32,
    last_position: u64,
    last_number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<DeviceText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Duplicate {
    reason: String,
    payload_hash: String,
    first: RawSpot,
    second: RawSpot,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NonCompliant {
    reason: String,
    signer: DeviceText,
    epoch: u32,
    position: u64,
    /// None where the record is no invoice.
    number: Option<u64>,
    causes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unfit {
    reason: String,
    signer: DeviceText,
    epoch: u32,
    position: u64,
    cause: String,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpot {
    signer: DeviceText,
    epoch: u32,
    position: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRevocation {
    signer: DeviceText,
    key_id: String,
    epoch: u32,
    last_number: u64,
    reason: String,
    time: String,
}

/// A device id that was one.
#[derive(Clone, Copy)]
struct DeviceText(DeviceId);

impl Serialize for DeviceText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DeviceText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom("no device id"))
    }
}

impl RawSpot {
    fn read(&self) -> Option<Spot> {
        let position = Position::new(self.position)?;
        Some(Spot { signer: self.signer.0, epoch: Epoch(self.epoch), position })
    }
}

impl Flag {
    /// A flag whose reason this version does not know says nothing here.
    pub(super) fn read(body: &str) -> Option<Self> {
        let Reason { reason } = serde_json::from_str(body).ok()?;
        match reason.as_str() {
            "unreported" => read_one_form::<Unreported>(body).map(|_| Self::Other),
            "duplicate" => {
                let raw: Duplicate = read_one_form(body)?;
                hash(&raw.payload_hash)?;
                Some(Self::Duplicate { first: raw.first.read()?, second: raw.second.read()? })
            }
            "non_compliant" => {
                let NonCompliant { signer, epoch, position, causes, .. } = read_one_form(body)?;
                let spot = RawSpot { signer, epoch, position }.read()?;
                (!causes.is_empty()).then(|| Self::NonCompliant(spot, Causes::read(&causes)))
            }
            "unfit" => read_one_form::<Unfit>(body).map(|_| Self::Other),
            _ => Some(Self::Other),
        }
    }
}

impl Revocation {
    pub(super) fn read(body: &str) -> Option<Self> {
        let raw: RawRevocation = read_one_form(body)?;
        let _: Timestamp = raw.time.parse().ok()?;
        (!raw.reason.is_empty()).then_some(())?;
        Some(Self {
            signer: raw.signer.0,
            key: key_id(&raw.key_id)?,
            epoch: Epoch(raw.epoch),
            last_number: InvoiceNumber::new(raw.last_number),
        })
    }
}

fn key_id(text: &str) -> Option<KeyId> {
    let mut bytes = [0; 8];
    if text.len() != 2 * bytes.len() || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    let key = KeyId(bytes);
    (key.to_string() == text).then_some(key)
}
