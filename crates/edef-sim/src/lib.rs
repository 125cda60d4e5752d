//! The tax authority's e-DEF service, as a simulator: its calls with their paths, names, codes and limits, and the faults
//! that a client has to survive.
//!
//! [`World`] is the service without a network, a clock or dice: all three are passed in, so that a simulation with seeds
//! can drive it. [`spawn`] puts it behind HTTP, with a page to look inside.
//!
//! It shares no message code with the client (`crates/edef`): an error of one must not be hidden by the same error in the
//! other.

mod call;
mod exact;
mod fault;
mod front;
mod message;
mod profile;
mod store;
mod time;
mod token;
mod totals;
mod world;

pub use self::{
    call::{Call, Delivery, Endpoint, Method, Reply},
    exact::Exact,
    fault::{Fault, FaultId, FaultKind, Moment, Often},
    front::{Options, Simulator, SpawnFault, spawn},
    profile::{Group, Profile},
    time::At,
    token::Token,
    world::{
        Finalised, LogEntry, MACHINES, MachineView, Nim, PENDING, PendingView, Row, RowKind, Settings,
        Wanted, World, WorldFault,
    },
};

/// Where randomness comes from: a simulation passes its own, with a seed.
pub trait Dice {
    /// The next 64 random bits.
    fn roll(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Dice for F {
    fn roll(&mut self) -> u64 {
        self()
    }
}
