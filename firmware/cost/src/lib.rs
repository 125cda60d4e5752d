//! What PREPARE and COMMIT cost a Cortex-M33, in instructions, and how deep the stack becomes.
//!
//! The program is a whole fiscal memory with a board in RAM, and whoever deals with it: a till, the authority, the
//! operator. It runs on QEMU's `mps2-an505` with counted instructions; `stelala bench firmware` builds it, runs it and
//! makes a time budget of what it says. The library is what needs no machine.
#![cfg_attr(target_os = "none", no_std)]

pub mod authority;
pub mod payload;
