//! What a device answers, for both ends: a device writes these by [`crate::json::write`], a host reads them by any
//! JSON reader of `serde`.
//!
//! Texts and lists are parameters: a device fills in what it streams ([`Streamed`], [`Displayed`]), a host `String`
//! and `Vec`. A host looks at [`Probe`] first, then reads the shape that its request asked for, [`Refused`] or
//! [`Waiting`]. Members that a host does not know it ignores.

mod articles;
mod closure;
mod device;
mod dump;
mod firmware;
mod kind;
mod log;
mod presence;
mod seal;
mod sent;
mod status;
mod streamed;
mod tokens;

pub use articles::{Article, Articles};
pub use closure::{ClosureGroup, ClosureReport, CurrencyTotals, Snapshot, SnapshotTotals};
pub use device::{
    Acknowledged, ClockState, Corruption, CounterState, DeviceStatus, ErrorCount, FlashState, Latency,
    Lifecycle, Metrics, OfflineState, Recovery, SelfTest, Warning, Warnings,
};
pub use dump::{DigestLine, Dump, JournalLine};
pub use firmware::FirmwareProgress;
pub use fiscal::totals::{Nature, UnknownNature};
pub use kind::{RecordKind, UnknownKind};
pub use log::{LogEntry, LogTotals, Logged, TaxLine};
pub use presence::{Attested, Presence, PresenceFault};
pub use seal::{Committed, Prepared, Seal};
pub use sent::{Probe, Sent, Verdict};
pub use status::{Accepted, Refused, Waiting};
pub use streamed::{Displayed, Each, List, Stream, Streamed};
pub use tokens::{Initialised, Obeyed, TimeSet};
