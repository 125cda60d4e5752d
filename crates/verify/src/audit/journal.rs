use std::io::Read;

use super::{
    AuditFault,
    pipeline::{Batch, Source},
};
use crate::lines::{LineFault, Lines};

/// The lines of one file.
pub(super) struct JournalSource<R>(Lines<R>);

impl<R: Read> JournalSource<R> {
    pub(super) fn new(file: R) -> Self {
        Self(Lines::new(file))
    }
}

impl<R: Read> Source for JournalSource<R> {
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, AuditFault> {
        Ok(fill_from(&mut self.0, batch)?)
    }
}

/// Fills a batch; false when there was no line left.
pub(super) fn fill_from<R: Read>(lines: &mut Lines<R>, batch: &mut Batch) -> Result<bool, LineFault> {
    while !batch.is_full() && lines.next(batch.room())? {
        batch.end_line();
    }
    Ok(!batch.is_empty())
}
