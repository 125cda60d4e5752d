use fiscal::{DeviceId, KeyId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    MAX_LINES, MessageFault,
    fault::{read, write},
    health::ProxyHealth,
    job::Outcome,
    text::{Key, Payload, Text, Word},
    with,
};

/// What a proxy says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromProxy {
    /// The first message.
    Hello {
        /// [`crate::PROTOCOL`].
        protocol: u32,
        /// The program.
        proxy_version: Word,
        /// Which device is here.
        #[serde(with = "with::text")]
        device: DeviceId,
        /// The key with which it seals; null before INIT.
        #[serde(with = "with::hex_option")]
        public_key_id: Option<KeyId>,
    },
    /// The device's answer to `QRY|PROOF` with the cloud's challenge.
    Presence {
        /// As it came.
        presence: Value,
    },
    /// What a technician typed; only from a device without a key.
    Activate {
        /// The activation code.
        code: Text<64>,
    },
    /// INIT was obeyed.
    Activated {
        /// The device's answer to `CFG|INIT`, as it came.
        initialised: Value,
    },
    /// How both are.
    Status {
        /// The device's answer to `QRY|STATUS`, as it came; null when the device cannot be asked.
        status: Value,
        /// The proxy.
        proxy: ProxyHealth,
    },
    /// Records of the device's journal, one position after another.
    Records {
        /// The line of numbers of all of them.
        epoch: u32,
        /// The position of the first.
        first_position: u64,
        /// [`MAX_LINES`] at most.
        lines: Vec<JournalLine>,
    },
    /// The second step of a `time` job.
    TimeGrant {
        /// Which job.
        job: u64,
        /// The status' challenge.
        challenge: Text<64>,
        /// The newest record's hash, when the clock has to go back before it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest: Option<Text<64>>,
    },
    /// A till needs a voucher: the body of the cloud's `POST /vouchers`.
    Voucher {
        /// Which question.
        ask: u64,
        /// The body.
        body: Value,
    },
    /// What became of a job.
    Answer {
        /// Which job.
        job: u64,
        /// What.
        outcome: Outcome,
    },
}

/// A record of the device's journal with what it seals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLine {
    /// Header, link and signature in base64url.
    pub record: Text<2_048>,
    /// Canonical payload or body.
    pub payload: Option<Payload>,
    /// The till's key, of a sale that this proxy had sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Key>,
}

impl JournalLine {
    /// About so many bytes of a message.
    pub fn weight(&self) -> usize {
        self.record.as_str().len() + self.payload.as_ref().map_or(0, |payload| payload.as_str().len()) + 128
    }
}

impl FromProxy {
    /// Reads a text frame, strictly.
    pub fn read(text: &str) -> Result<Self, MessageFault> {
        let message = read(text)?;
        if let Self::Records { lines, .. } = &message
            && !(1..=MAX_LINES).contains(&lines.len())
        {
            return Err(MessageFault::Form(format!("{} records in one message", lines.len())));
        }
        Ok(message)
    }

    /// As a text frame.
    pub fn write(&self) -> String {
        write(self)
    }
}
