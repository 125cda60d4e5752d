//! Asks a fiscal memory over its line whether it does what `docs/protocol.md` says.
//!
//! Devices are processes: `stelala device simulate` or `stelala device qemu`. A case is a sentence of the document; what
//! shows it is the same for every board, because it goes over the line. Only what fails in the hardware is provoked by
//! changing a device's files while it is off. Each reply of each case is checked as well: its form, its members against
//! the document's example of it, its code against the document's table, each seal and each record by the device's key.
//!
//! What no case can show on a board is in one place, [`exceptions`], with the reason.
//!
//! The binary `conformance` runs the cases. The tables and examples are read from the document when this is compiled.

mod bench;
mod board;
mod case;
pub mod cases;
mod census;
mod device;
pub mod document;
pub mod exceptions;
pub mod frame;
mod payload;
pub mod reply;
pub mod run;
pub mod shape;
mod trace;
pub mod wire;

pub use bench::Bench;
pub use board::Board;
pub use case::Case;
pub use census::Census;
pub use device::Device;
