use fiscal::{FiscalNumber, PayloadHash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    text::{Key, Payload, Sentence, Token, Word},
    with,
};

/// What a cloud wants of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case", deny_unknown_fields)]
pub enum Work {
    /// Seal this canonical payload, once.
    Seal {
        /// Its bytes.
        payload: Payload,
        /// The till's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        idempotency_key: Option<Key>,
    },
    /// What became of this payload? It is not offered.
    Fate {
        /// Which.
        #[serde(with = "with::hex")]
        payload_hash: PayloadHash,
        /// Its bytes, for a proxy that has lost its spool.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<Payload>,
    },
    /// A token for the device.
    Order {
        /// By which command.
        command: OrderCommand,
        /// The token.
        token: Token,
    },
    /// Set the device's clock: the proxy asks `time_grant` with the status' challenge, and puts what is granted.
    Time {},
    /// A report; the answer is the device's.
    Report {
        /// Which.
        report: Report,
    },
    /// One invoice of the device's journal, by `QRY|LOG`.
    Log {
        /// Of which line of numbers.
        epoch: u32,
        /// Its number.
        number: u64,
    },
    /// Read the records from this position on from the device again, and deliver them again.
    Again {
        /// The line of numbers.
        epoch: u32,
        /// The first.
        position: u64,
    },
    /// The device's status, fresh.
    Status {},
}

/// By which command a token goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderCommand {
    /// `CFG|HANDOVER`: what is open is sealed or refused first.
    Handover,
    /// `CFG|ACK`
    Ack,
    /// `CFG|MANIFEST`
    Manifest,
    /// `CFG|STATE`
    State,
    /// `ADM|RESET`
    Reset,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Report {
    /// `RPT|Z`
    Z {
        /// The business day, `2026-02-04`.
        date: Word,
    },
    /// `RPT|X`
    X {
        /// `session` or `day`.
        period: Word,
    },
    /// `RPT|A`
    A {
        /// The first day.
        since: Word,
        /// The last day.
        until: Word,
        /// The `next` of the answer before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Sentence>,
    },
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// It is sealed; durable in the proxy.
    Sealed {
        /// The answer to `TXN|COMMIT`, or `sealed` of `QRY|LOG`: the same members.
        seal: Value,
        /// Of which payload.
        #[serde(with = "with::hex")]
        payload_hash: PayloadHash,
    },
    /// Certain: nothing was sealed, and nothing was done.
    Refused {
        /// The device's code, or one of the proxy's: `DEVICE_BUSY`, `IDEMPOTENCY_KEY_REUSED`, `SCHEMA_INVALID`, …
        code: Word,
        /// For people.
        detail: Sentence,
        /// With `REPLAY_DETECTED`: as what it was sealed.
        #[serde(default, with = "with::text_option", skip_serializing_if = "Option::is_none")]
        fiscal_number: Option<FiscalNumber>,
    },
    /// Not known yet. The proxy goes on finding out; ask `fate`, or send the same job again.
    Unclear {
        /// For people.
        detail: Sentence,
    },
    /// The device cannot be asked, and these bytes were never offered to it: nothing was sealed.
    Unreachable {
        /// For people.
        detail: Sentence,
    },
    /// The fate: the journal was looked through, and it is not sealed. It will not be unless it is offered again.
    Unsealed {},
    /// Orders, time, reports, logs, status and `again`: the device's answer.
    Done {
        /// As it came.
        answer: Value,
    },
}
