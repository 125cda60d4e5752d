use fiscal::{OutletId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    MessageFault,
    fault::{read, write},
    job::Work,
    text::{Sentence, Text, Token, Word},
    with,
};

/// What a cloud says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FromCloud {
    /// The device is to sign this, 64 hexadecimal digits.
    Challenge {
        /// By `QRY|PROOF`.
        challenge: Text<64>,
    },
    /// Possession is proven: the session begins.
    Welcome {
        /// Which outlet this is.
        #[serde(with = "with::text")]
        outlet: OutletId,
        /// Up to where the ledger holds what this device sealed; null when it holds nothing of it.
        held: Option<Place>,
        /// The cloud's time.
        #[serde(with = "with::text")]
        time: Timestamp,
        /// The version of the tax manifest that holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        manifest_version: Option<u32>,
    },
    /// The session is not wanted; the connection ends after it.
    Refused {
        /// `DEVICE_UNKNOWN`, `DEVICE_REVOKED`, `PROOF_INVALID`, `PROTOCOL_UNKNOWN`, `ACTIVATION_REFUSED`, …
        code: Word,
        /// For people.
        detail: Sentence,
    },
    /// The answer to `activate`: what `CFG|INIT` takes.
    Activation {
        /// The activation token.
        token: Token,
        /// One of the two keys that it names.
        public_key_pem: Token,
    },
    /// The device's certificate and those above it. The proxy keeps it.
    Certificate {
        /// The device's first.
        chain_pem: Token,
    },
    /// Up to here the ledger holds everything of this device, durably.
    Held {
        /// The line of numbers.
        epoch: u32,
        /// The newest record.
        position: u64,
    },
    /// Something to do.
    Job {
        /// By which number the answer names it. It is the cloud's; the same number again on another connection is another
        /// job.
        job: u64,
        /// What.
        work: Work,
    },
    /// The answer to `time_grant`.
    TimeGranted {
        /// Which job.
        job: u64,
        /// The time.
        #[serde(with = "with::text")]
        timestamp: Timestamp,
        /// The operator's signature, base64url.
        signature: Text<128>,
    },
    /// The answer to `voucher`: what `POST /vouchers` answers.
    Voucher {
        /// Which question.
        ask: u64,
        /// The status of HTTP.
        status: u16,
        /// The body: a voucher, or a problem.
        body: Value,
    },
}

/// A record's place in a device's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The line of numbers.
    pub epoch: u32,
    /// The position in it: each epoch begins at 1 again.
    pub position: u64,
}

impl FromCloud {
    /// Reads a text frame, strictly.
    pub fn read(text: &str) -> Result<Self, MessageFault> {
        read(text)
    }

    /// As a text frame.
    pub fn write(&self) -> String {
        write(self)
    }
}
