//! The service without a network: each call, each code, each limit, each fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod bench;
mod codes;
mod credit;
mod faults;
mod info;
mod kept;
mod limits;
mod totals;
mod two_phases;
