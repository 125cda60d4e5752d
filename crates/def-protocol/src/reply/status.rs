use serde::{Deserialize, Serialize};

use crate::{code::ErrorCode, with};

/// `"OK"`: the first member of every good answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Accepted {
    /// Done.
    #[default]
    #[serde(rename = "OK")]
    Ok,
}

/// `"ERR"`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Error {
    #[default]
    #[serde(rename = "ERR")]
    Err,
}

/// `"WAIT"`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Wait {
    #[default]
    #[serde(rename = "WAIT")]
    Wait,
}

/// The answer to a request that was not obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused<T> {
    status: Error,
    /// Why, for programs.
    #[serde(with = "with::text")]
    pub code: ErrorCode,
    /// Why, for people: what to do, in English.
    pub detail: T,
    /// With [`ErrorCode::ReplayDetected`]: in which epoch the payload was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// With [`ErrorCode::ReplayDetected`]: under which number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_seq: Option<u64>,
    /// With [`ErrorCode::StorageCorrupt`]: which record cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// With [`ErrorCode::StorageCorrupt`]: in which sector of the flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<u32>,
}

impl<T> Refused<T> {
    /// A refusal without further members.
    pub const fn new(code: ErrorCode, detail: T) -> Self {
        Self {
            status: Error::Err,
            code,
            detail,
            epoch: None,
            invoice_seq: None,
            position: None,
            sector: None,
        }
    }
}

/// A sign of life while a long answer is made (D13).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    status: Wait,
    /// How much is done.
    pub done: u64,
    /// Of how much.
    pub total: u64,
}

impl Waiting {
    /// So much of so much.
    pub const fn new(done: u64, total: u64) -> Self {
        Self { status: Wait::Wait, done, total }
    }
}
