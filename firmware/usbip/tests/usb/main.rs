//! The device's USB port as a host sees it, over TCP.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod answers;
mod coming_and_going;
mod desk;
mod enumeration;
mod fiscal;
mod host;
mod hostile;
mod order;
mod patience;
mod port;
mod requests;
