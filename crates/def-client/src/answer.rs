use def_protocol::{ErrorCode, Remedy};
use serde::{Deserialize, Serialize};

/// What a device said to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `"status":"OK"`: the whole object, as it came.
    Done(String),
    /// `"status":"ERR"`
    Refused(Refusal),
}

/// Why a device did not obey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Why, for programs. A newer device may have codes that are not known here.
    pub code: String,
    /// Why, for people.
    #[serde(default)]
    pub detail: String,
    /// With `REPLAY_DETECTED`: in which epoch the payload was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// With `REPLAY_DETECTED`: under which number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_seq: Option<u64>,
    /// With `STORAGE_CORRUPT`: which record cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// With `STORAGE_CORRUPT`: in which sector of the flash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector: Option<u32>,
}

impl Refusal {
    /// Reads an answer with `"status":"ERR"`. Its texts end on a technician's terminal: what a terminal would obey is taken
    /// out.
    pub(crate) fn read(json: &str) -> Option<Self> {
        let mut refusal: Self = serde_json::from_str(json).ok()?;
        refusal.code.retain(|character| character.is_ascii_graphic());
        refusal.detail.retain(|character| !character.is_control());
        Some(refusal)
    }

    /// The code, if it is one of protocol version 1.
    pub fn known(&self) -> Option<ErrorCode> {
        self.code.parse().ok()
    }

    /// What a host does about it; a code that is not known needs a person.
    pub fn remedy(&self) -> Remedy {
        self.known().map_or(Remedy::Person, ErrorCode::remedy)
    }
}

/// How far a device is with a long answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// So much is done.
    pub done: u64,
    /// Of so much.
    pub total: u64,
}
