use def_protocol::{Command, Request};
use fiscal::{DeviceId, KeyId, Prefix};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Unclear;
use crate::{
    host::{Host, HostFault},
    line::Line,
    pace::Pace,
};

/// The device to which a sale is offered: another one would seal it a second time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Its serial number.
    #[serde(serialize_with = "text", deserialize_with = "parsed")]
    pub device_id: DeviceId,
    /// The key with which it seals; none before it was bound.
    #[serde(default, serialize_with = "text_option", deserialize_with = "key_option")]
    pub public_key_id: Option<KeyId>,
    /// What its outlet's fiscal numbers begin with; it stands in no record.
    #[serde(default, serialize_with = "text_option", deserialize_with = "prefix_option")]
    pub fiscal_number_prefix: Option<Prefix>,
}

impl Signer {
    /// Asks who is at the other end.
    pub(crate) fn ask<L: Line, P: Pace>(host: &mut Host<L, P>) -> Result<Self, Unclear> {
        host.tell(Request::Status, &mut |_| {}).map_err(|fault| match fault {
            HostFault::NoLine { cause } => Unclear::NoLine(cause.to_string()),
            HostFault::Foreign { .. } => Unclear::Foreign(Command::Status),
            HostFault::Refused(refusal) => Unclear::CannotTell(refusal),
            HostFault::Broken { .. } | HostFault::Silent { .. } | HostFault::Damaged { .. } => {
                Unclear::Silent
            }
        })
    }
}

fn text<S: Serializer, T: std::fmt::Display>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn text_option<S: Serializer, T: std::fmt::Display>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DeviceId, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| serde::de::Error::custom("a device id"))
}

fn key_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeyId>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let digits = Some(text).filter(|text| text.len() == 2 * KeyId::LENGTH && text.is_ascii());
    let number = digits.and_then(|digits| u64::from_str_radix(&digits, 16).ok());
    let key = number.map(|number| KeyId(number.to_be_bytes()));
    key.map(Some).ok_or_else(|| serde::de::Error::custom("a key id"))
}

fn prefix_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Prefix>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("a prefix"))
}
