//! How a device is.

use fiscal::{Amount, DeviceId, Epoch, KeyId, Nif, OutletId, Prefix, RecordHash, Timestamp};
use heapless::Vec;
use serde::{Deserialize, Serialize};

use super::Accepted;
use crate::{code::ErrorCode, nonce::Nonce, with};

/// The answer to `QRY|STATUS`. `T` is a text, `E` a list of [`ErrorCount`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus<T, E> {
    /// OK.
    pub status: Accepted,
    /// Which program the device runs.
    pub firmware_version: T,
    /// The device.
    #[serde(with = "with::text")]
    pub device_id: DeviceId,
    /// The number that the next invoice gets; while `handed_over`, only the one after the last that the device gave in
    /// the epoch: the hand-over says which it goes on with.
    pub next_invoice_seq: u64,
    /// Room for records.
    pub free_memory_bytes: u64,
    /// The time of the newest acknowledgement (D10), null before the first.
    #[serde(with = "with::text_option")]
    pub last_sync_timestamp: Option<Timestamp>,
    /// How many more payloads can be open at once (D2).
    pub nonce_pool: u32,
    /// Where in its life the device is.
    pub lifecycle: Lifecycle,
    /// Whether another signer holds the outlet's line: the device left it, or was activated to stand by.
    pub handed_over: bool,
    /// For which outlet it seals; this and the next three are null before INIT.
    #[serde(with = "with::text_option")]
    pub outlet_id: Option<OutletId>,
    /// Of which merchant.
    #[serde(with = "with::text_option")]
    pub merchant_nif: Option<Nif>,
    /// What the outlet's fiscal numbers begin with.
    #[serde(with = "with::text_option")]
    pub fiscal_number_prefix: Option<Prefix>,
    /// How far the outlet's clock on the wall is ahead of UTC.
    pub utc_offset_minutes: Option<i16>,
    /// The outlet's line of numbers.
    #[serde(with = "with::epoch")]
    pub epoch: Epoch,
    /// The newest record's position, 0 before the first.
    pub last_position: u64,
    /// The newest record's hash.
    #[serde(with = "with::form")]
    pub head_hash: RecordHash,
    /// The key with which it seals, null before INIT.
    #[serde(with = "with::form_option")]
    pub public_key_id: Option<KeyId>,
    /// What its clock says, null when it lost its power.
    #[serde(with = "with::text_option")]
    pub time: Option<Timestamp>,
    /// Whether that may be believed.
    pub clock: ClockState,
    /// What the next `CFG|TIME` has to sign (D8).
    #[serde(with = "with::text")]
    pub challenge: Nonce,
    /// The number of the last closure, 0 before the first.
    pub closures: u64,
    /// How many invoices were sealed since.
    pub unclosed: u64,
    /// Up to where the ledger holds what this device sealed.
    pub acknowledged: Option<Acknowledged>,
    /// How much was sealed since, against the policy (D10); null when it sets no bound.
    pub offline: Option<OfflineState>,
    /// The chip that signs.
    pub secure_element: CounterState,
    /// The flash.
    pub storage: FlashState,
    /// What was found and decided at the last start, null when nothing was amiss.
    pub recovery: Option<Recovery<T>>,
    /// What cannot be read, null when all can.
    pub corrupt: Option<Corruption<T>>,
    /// What the device found when it tested itself last, null when it did not.
    #[serde(default = "none")]
    pub self_test: Option<SelfTest<T>>,
    /// The firmware's place in the line of all firmwares.
    #[serde(default)]
    pub firmware_build: u32,
    /// Whether the debug port is closed for good.
    #[serde(default)]
    pub debug_locked: bool,
    /// What will need someone soon.
    pub warnings: Warnings,
    /// Counts since the device started.
    pub metrics: Metrics<E>,
}

/// What a device of before this member does not say.
const fn none<T>() -> Option<T> {
    None
}

/// Where in its life a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lifecycle {
    /// Made, and no one's.
    Factory,
    /// Bound to an outlet, nothing sealed yet.
    Provisioned,
    /// Seals.
    Active,
    /// Seals nothing any more, and still answers questions.
    Revoked,
    /// The same, for good.
    Decommissioned,
}

/// Whether the clock may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClockState {
    /// It may.
    Ok,
    /// It lost its power and was not set since.
    Lost,
    /// It is behind the newest record by more than is tolerated.
    Behind,
}

/// The newest invoice that the ledger holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// In which line of numbers.
    #[serde(with = "with::epoch")]
    pub epoch: Epoch,
    /// Its number.
    pub invoice_seq: u64,
}

/// What was sealed since the newest acknowledgement, and how much may be; a limit of 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineState {
    /// How many invoices.
    pub invoices: u32,
    /// Over how many days.
    pub days: u32,
    /// For how much, in CDF.
    #[serde(with = "with::text")]
    pub cdf: Amount,
    /// At most so many invoices.
    pub limit_invoices: u32,
    /// At most so many days.
    pub limit_days: u32,
    /// At most so much.
    #[serde(with = "with::text")]
    pub limit_cdf: Amount,
}

/// The secure element's counter (D11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterState {
    /// Where it stands.
    pub counter: u64,
    /// Where it ends.
    pub limit: u64,
    /// By how much it rose without a seal.
    pub skipped: u64,
}

/// The journal's flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlashState {
    /// All of it.
    pub capacity_bytes: u64,
    /// What is left.
    pub free_bytes: u64,
    /// How many sectors it has.
    pub sectors: u32,
    /// How many of them are no longer used.
    pub bad_sectors: u32,
    /// How many are erased and waiting.
    pub erased_ahead: u32,
}

/// What was decided about the end of the journal at the last start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery<T> {
    /// In a word.
    pub decision: T,
    /// Of which record.
    pub position: u64,
}

/// What the device found when it tested itself: at every start, and every 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfTest<T> {
    /// When, null when the clock had lost its power.
    #[serde(with = "with::text_option")]
    pub time: Option<Timestamp>,
    /// Which part failed, null when none did.
    pub failed: Option<T>,
}

/// Where the journal cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corruption<T> {
    /// In which sector, where one can be named.
    pub sector: Option<u32>,
    /// Which record, where one can be named.
    pub position: Option<u64>,
    /// What is wrong.
    pub reason: T,
}

/// What will need someone soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Warning {
    /// 90 % of the journal's flash is used.
    Flash,
    /// The clock is not to be believed.
    Clock,
    /// 90 % of the secure element's counter is used.
    Counter,
    /// The certificate ends within 30 days.
    Certificate,
    /// 90 % of a bound of the offline policy is used.
    Offline,
    /// The table of totals is nearly full: close the day.
    Totals,
    /// The debug port of a product is open.
    Debug,
}

/// At most one of each.
pub type Warnings = Vec<Warning, 7>;

/// Counts since the device started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics<E> {
    /// Payloads that were accepted.
    pub prepares: u64,
    /// Invoices that were sealed.
    pub commits: u64,
    /// How long sealing took.
    pub latency_ms: Latency,
    /// Nonces that no one committed.
    pub expired_nonces: u64,
    /// Requests that were answered with what was answered before.
    pub retries: u64,
    /// Refusals, only of codes that occurred.
    pub errors: E,
}

/// How long something took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// How often.
    pub count: u64,
    /// All together.
    pub sum: u64,
    /// The longest.
    pub max: u64,
}

/// How often a request was refused for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// The reason.
    #[serde(with = "with::text")]
    pub code: ErrorCode,
    /// How often.
    pub count: u64,
}
