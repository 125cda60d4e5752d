//! A ledger that is examined, exported, backed up and restored.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod acts;
mod authority;
mod backups;
mod exports;
mod handed;
mod lies;
mod shop;
mod unreported;
