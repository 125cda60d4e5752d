//! The API as a client meets it.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod asking;
mod bench;
mod configuring;
mod doctor;
mod faults;
mod limits;
mod operating;
mod publishing;
mod refusing;
mod selling;
mod silent;
mod stopping;
mod went_back;
