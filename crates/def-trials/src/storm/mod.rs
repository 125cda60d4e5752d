//! A till at a device in a storm: frames are lost, late, doubled, torn and flipped, the device's power fails, the till
//! crashes, others sell in between; in the end every sale has one seal and one original receipt.
//!
//! Both ends are the real ones: [`def_client::Till`] over a line of bytes, [`def_engine::Device`] over a simulated board.
//! What is between them, the till's disk and its printer are made here, and time is what the storm says it is.

mod check;
mod device;
mod line;
mod paper;
mod store;
mod till;

pub use device::Bench;
pub use till::{Tally, weather};
