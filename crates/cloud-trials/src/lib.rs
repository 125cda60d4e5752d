//! What a cloud has to stand: processes that are killed or paused, power cuts, disks, tokens and clocks that fail.
//!
//! [`campaign`] kills servers under load; [`faults`] breaks what they rest on; [`power`] cuts the power of a machine whose
//! writes were recorded. [`Till`]s sell over HTTP and know what they heard, and [`Auditor`] compares that with the ledger.

mod audit;
pub mod campaign;
mod crew;
mod dice;
mod disk;
pub mod faults;
mod http;
mod place;
pub mod power;
mod sale;
mod server;
mod shop;
mod till;

pub use audit::{Auditor, page};
pub use crew::{Crew, with_crew};
pub use dice::Dice;
pub use disk::{Disk, Knob};
pub use http::{Answer, Connection};
pub use place::{Keys, PIN, Place, Store, database, since_epoch, temporary};
pub use sale::{NIF, OUTLETS, Sale};
pub use server::Server;
pub use shop::{Acknowledged, Counts, Phase, Shop};
pub use till::Till;

/// Nanoseconds of the clock that is never set, the same in all processes of a machine.
pub fn monotonic() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // Neither is below zero.
    now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned()
}
