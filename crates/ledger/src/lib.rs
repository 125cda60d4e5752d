//! The Fiscal Ledger: append-only chains of sealed records, one for each outlet.
//!
//! [`Ledger`] takes offers and answers each when its record is durable. Behind it, [`LedgerStore`] is the port to
//! SQLite and PostgreSQL. Sealing, totals and what a credit note may take back are [`fiscal`]'s rules.

mod act;
mod audit;
mod authority;
mod backup;
mod body;
mod books;
mod clock;
mod credit;
mod delivery;
mod export;
mod found_by;
mod idempotency;
mod irregular;
mod keys;
mod ledger;
mod line;
mod manifest;
mod offer;
mod outlet;
mod readers;
mod refusal;
mod reports;
mod row;
#[cfg(test)]
mod simulation;
mod store;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod voucher;
mod witness;
mod writer;

pub use act::{Act, ActName, ActNameFault, ActRow, By, acts_of, write_act};
pub use audit::{LedgerAudit, LedgerAuditFault, LedgerFinding, LedgerRule, LedgerVerdict, StoredRule};
pub use authority::{
    AuthorityCode, AuthorityCounters, AuthorityElements, AuthorityFault, AuthorityHost, AuthorityNote,
    AuthorityQr, AuthorityRecord, AuthoritySource, AuthorityTextFault, AuthorityTime, AuthorityUid, Nim,
};
pub use backup::{BackupFault, BackupFigures, check_backup, restore_backup, write_backup};
pub use body::EpochReason;
pub use clock::Clock;
pub use delivery::{
    Cause, Delivered, Delivery, DeliveryFault, Ended, Held, NonCompliant, Standing, Taken, Unfit, UnfitReason,
};
pub use export::{Export, ExportDays, ExportDone, ExportStopped};
pub use idempotency::{IdempotencyKey, IdempotencyKeyFault};
pub use irregular::{Duplicate, FlagCounts, Irregular};
pub use ledger::{Ledger, Limits, Parts};
pub use line::{CloseTerms, Holder, Line, Lost};
pub use manifest::{ManifestBook, ManifestFault};
pub use offer::Offer;
pub use outlet::Outlet;
pub use refusal::Refusal;
pub use reports::{ArticlesAnswer, Report, ReportFault, SnapshotAnswer};
pub use row::{ChainId, Place, Reference, Row};
pub use store::*;
pub use voucher::{VoucherIssuer, VoucherOrder};
pub use witness::{HeadFile, HeadWitness, NoWitness};
pub use writer::{Done, Recorded, Sealing};
