//! The manual fallback: what is not synced as a file for typing it by hand, and the authority's answers back from a file.

mod csv;
mod fault;
mod table;
mod xlsx;

pub use self::fault::SheetFault;

/// The largest file that is read.
pub const MOST_BYTES: usize = 10 << 20;
/// The most rows that are read or written.
pub const MOST_ROWS: usize = 50_000;
