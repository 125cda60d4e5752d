//! The parts of the emulated board that need no machine: what its secure element keeps, and how.
//!
//! [`Keeper`] holds the state in a flash so that it survives a power cut at any instant; [`Element`] and
//! [`OffsetClock`] are the engine's secure element and clock on top of it. [`layout`] says where things are.
#![no_std]

#[cfg(test)]
extern crate std;

mod clock;
mod element;
mod entry;
pub mod layout;
mod store;

pub use clock::{OffsetClock, WallTime};
pub use element::{Element, ElementFault};
pub use entry::Kept;
pub use store::{Keeper, StoreFault};
