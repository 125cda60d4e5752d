//! What the way to the tax authority has to stand: the cloud, its database and the authority are killed while invoices are
//! sent, answers are lost, and in the end the authority's own books are held against the ledger.
//!
//! The cloud, the tills and the referee are those of `cloud-trials`. The authority is a simulator in a process of its own;
//! [`Picture::judge`] compares what four parties say of each invoice, and reads none of the sync's tables.

mod authority;
mod campaign;
mod cloud;
mod deck;
mod held;
mod judge;
mod picture;
mod spelled;
mod stage;
mod tally;

pub use campaign::Campaign;
pub use judge::{Counts, Verdict};
pub use picture::{Booked, Named, Note, Picture, Sealed, Standing, State};
pub use tally::Tally;
