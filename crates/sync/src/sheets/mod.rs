//! The manual fallback: what is not synced as a file for typing it by hand, and the authority's answers back from a file.
//!
//! An invoice that a person types into the authority's portal must not be sent by us as well. So what is exported to be
//! typed is handed out: it is in doubt from then on, and only that person, or the portal's export, says what came of it.

mod cells;
mod columns;
mod complete;
mod csv;
mod export;
mod fault;
mod flat;
mod hand_out;
mod handing;
mod import;
mod left_out;
mod results;
mod table;
mod xlsx;

pub use self::{
    complete::{Absent, Complete, CompleteFault},
    export::{ExportOrder, Exported, SheetForm, SheetPart},
    fault::SheetFault,
    hand_out::{GivenBack, HandOutId},
    import::{ImportOrder, Imported, RowAnswer, RowOutcome},
    left_out::LeftOut,
    results::RowFault,
};

/// The largest file that is read.
pub(crate) const MOST_BYTES: usize = 10 << 20;
/// The most rows that are read.
pub(crate) const MOST_ROWS: usize = 50_000;

/// A file of results as it was read, CSV or XLSX. Reading a large one takes a processor for about a second, and asks nobody.
#[derive(Clone, Debug)]
pub struct ResultFile(Vec<table::Table>);

impl ResultFile {
    /// Reads a file of either form.
    ///
    /// # Errors
    /// It is too large, or none of the two.
    pub fn read(bytes: &[u8]) -> Result<Self, SheetFault> {
        let bounds = table::Bounds::IMPORT;
        if bytes.starts_with(xlsx::SIGNATURE) {
            xlsx::read(bytes, bounds).map(Self)
        } else {
            csv::read(bytes, bounds).map(|table| Self(vec![table]))
        }
    }
}
