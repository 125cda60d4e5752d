//! What a fiscal memory does: the protocol's commands over a journal on raw flash, on any board.
//!
//! The engine is synchronous and knows no board: [`board`] says what it has to be given. `docs/journal.md` is the
//! specification of what it writes, `docs/protocol.md` of what it says.

#![no_std]
#![allow(clippy::result_large_err, reason = "a refusal is made once for a request, and nothing is allocated")]

#[cfg(test)]
extern crate std;

pub mod board;
mod commands;
mod condition;
mod content;
mod device;
mod factory;
mod journal;
mod kept;
pub mod limits;
mod metrics;
mod pool;
pub mod recovery;
mod refusal;
mod replay;
mod state;
mod vault;

pub use condition::Condition;
pub use device::{Device, Memory};
pub use factory::{Factory, FactoryPage, Firmware, PageFault};
