//! `stelala device` as a technician uses it, at a simulator behind its pseudo-terminal.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod bench;
mod bridge;
mod crashes;
mod day;
mod fake;
mod hostile;
mod setting_up;
mod troubles;
mod update;
