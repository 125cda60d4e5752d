//! The port for tables that are not the ledger's own, such as those of merchants, people and keys.

use super::{Cell, Cells, StoreFault};

/// SQL in the dialect that both databases share, for tables that are not the ledger's own: values are `$1`, `$2` …
/// (each first used in ascending order), types BIGINT, TEXT and BLOB, in capitals. Texts compare by their bytes.
///
/// Uniqueness that is violated is a fault like any other: `ON CONFLICT DO NOTHING` and the count of rows say whether
/// something was there. A fault of any statement undoes the whole, whatever is made of it.
pub trait Statements {
    /// Changes rows, and says how many.
    fn execute(&mut self, sql: &'static str, values: &[Cell]) -> Result<u64, StoreFault>;

    /// Reads rows. Numbers are [`Cell::Integer`], as truth values are with 0 and 1.
    fn query(&mut self, sql: &'static str, values: &[Cell]) -> Result<Vec<Cells>, StoreFault>;

    /// Runs statements without values, each ended by a semicolon: `CREATE TABLE IF NOT EXISTS` and its like.
    fn script(&mut self, sql: &'static str) -> Result<(), StoreFault>;
}

/// What is done with statements in one transaction. It may be called again after a fault.
pub type StatementsWork<'a> = &'a mut dyn FnMut(&mut dyn Statements) -> Result<(), StoreFault>;

/// A statement has other places than it was given values.
pub(super) fn places(sql: &str, places: usize, values: usize) -> StoreFault {
    StoreFault::Unavailable(format!("a statement has {places} places for {values} values: {sql}"))
}

/// What only reads was asked to change something.
pub(super) fn only_reads(sql: &str) -> StoreFault {
    StoreFault::Unavailable(format!("a question changes nothing: use LedgerStore::change ({sql})"))
}
