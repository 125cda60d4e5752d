//! The evidence that an invoice is finalised at most once: agents, a network and the authority in one process and in
//! virtual time, all of it from a seed.
//!
//! The network loses calls before and after their effect and delivers some minutes late; the authority answers wrongly in
//! every way that it has; agents die anywhere, their clocks jump, their leases overlap; the book refuses writes or does not
//! say what became of them, and goes back to a backup; machines change. At the end the authority's own books are asked.

mod agents;
mod authority;
mod census;
mod check;
mod dice;
mod invoices;
mod memory;
mod people;
mod plan;
#[cfg(test)]
mod tests;
mod trial;
mod wire;

pub use census::Census;

pub use crate::course::Broken;
use crate::course::Rules;

/// A rule that was not kept, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}: {what}")]
pub struct Violation {
    /// The seed that shows it again.
    pub seed: u64,
    /// What went wrong.
    pub what: String,
}

/// Runs the trial of a seed.
///
/// # Errors
/// A rule was not kept.
pub fn run(seed: u64, broken: Option<Broken>) -> Result<Census, Violation> {
    let rules = broken.map_or_else(Rules::default, Rules::with);
    trial::Trial::new(seed, rules).run().map_err(|what| Violation { seed, what })
}
