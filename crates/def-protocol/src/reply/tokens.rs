//! Answers to the commands that carry a token or a signed time.

use fiscal::{DeviceId, Pem, Prefix, Record, Timestamp};
use serde::{Deserialize, Serialize};

use super::Accepted;
use crate::with;

/// The answer to `ADM|RESET`, `CFG|HANDOVER`, `CFG|ACK`, `CFG|MANIFEST` and `CFG|STATE`. `M` and `T` are texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obeyed<M, T> {
    /// OK.
    pub status: Accepted,
    /// For people; of a reset `Counters reset to zero`.
    pub message: M,
    /// The device.
    #[serde(with = "with::text")]
    pub device_id: DeviceId,
    /// The event that was sealed, if one was.
    #[serde(default, with = "with::form_option", skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Its body.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub body: Option<T>,
}

const fn none<T>() -> Option<T> {
    None
}

/// The answer to `CFG|TIME`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSet {
    /// OK.
    pub status: Accepted,
    /// What the clock says now.
    #[serde(with = "with::text")]
    pub timestamp: Timestamp,
}

/// The answer to `CFG|INIT`. The sealed record proves that the device has the key. `T` is a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Initialised<T> {
    /// OK.
    pub status: Accepted,
    /// The device.
    #[serde(with = "with::text")]
    pub device_id: DeviceId,
    /// What the outlet's fiscal numbers begin with.
    #[serde(with = "with::text")]
    pub fiscal_number_prefix: Prefix,
    /// The key with which the device seals, in PEM.
    #[serde(with = "with::text")]
    pub public_key: Pem,
    /// The `provisioned` record.
    #[serde(with = "with::form")]
    pub record: Record,
    /// Its body.
    pub body: T,
}
