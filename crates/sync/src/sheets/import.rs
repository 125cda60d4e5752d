//! The authority's results from a file, row by row.

mod check;
mod find;
mod settle;

use edef::Nim;
use fiscal::FiscalNumber;
use registry::Label;

use self::check::{Known, is_its_uid};
use super::{
    ResultFile,
    columns::{Column, Layout},
    complete::{Absent, Complete, CompleteFault},
    results::{self, ResultRow, RowFault},
    table::TableRow,
};
use crate::{
    Source,
    alerts::Together,
    desk::{Asked, Desk, DeskFault, Sight},
};

/// What is imported, and how.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    /// The e-MCF of rows that name none.
    pub nim: Option<Nim>,
    /// The file is the portal's whole export of an e-MCF and a period, as a person states.
    pub complete: Option<Complete>,
    /// Why, for the log of acts.
    pub reason: Label,
    /// Nothing is changed: what would be done is answered.
    pub dry_run: bool,
}

/// What an import did, or would do.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What came of each row that was filled in, in the order of the file.
    pub rows: Vec<RowAnswer>,
    /// How many rows were not filled in. They mean nothing.
    pub blank: usize,
    /// The names of columns whose meaning is not known; they were not read.
    pub unknown_columns: Vec<String>,
    /// The invoices in doubt that a complete export does not have.
    pub absent: Vec<Absent>,
    /// Why the export does not count as complete, though a person stated it.
    pub not_complete: Option<CompleteFault>,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowAnswer {
    /// The row, as the spreadsheet program numbers it.
    pub row: u32,
    /// The invoice, if it was found or the row has a number of ours.
    pub fiscal: Option<FiscalNumber>,
    /// What came of it.
    pub outcome: RowOutcome,
}

/// What came of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// The invoice is synced by it.
    Settled,
    /// It was so before.
    Already,
    /// It was not taken.
    Refused(RowFault),
}

/// So many rows are one transaction.
const AT_ONCE: usize = 100;

impl Desk<'_> {
    /// Takes the results of a file: our own export that was filled in, or one of the authority's portal.
    pub fn import(
        &mut self,
        sight: Sight<'_>,
        file: &ResultFile,
        order: &ImportOrder,
        asked: Asked<'_>,
    ) -> Result<Imported, DeskFault> {
        let layout = Layout::find(&file.0)?;
        let (mut rows, mut answers, mut blank) = (Vec::new(), Vec::new(), 0);
        for row in layout.rows {
            match results::read(&layout, row, order.nim.as_ref()) {
                Ok(None) => blank += 1,
                Ok(Some(read)) => rows.push(read),
                Err(fault) => {
                    if let Some(fiscal) = results::claimed(&layout, row) {
                        self.take_claimed(sight, &fiscal, order, asked)?;
                    }
                    answers.push(refused(row.number, named(&layout, row), fault));
                }
            }
        }
        let is_whole = answers.is_empty() && blank == 0;
        let source = if layout.is_ours { Source::Hand } else { Source::Imported };
        let mut together = self.take_rows(sight, &rows, (source, order, asked), &mut answers)?;
        answers.sort_by_key(|answer| answer.row);
        let mut imported = Imported {
            rows: answers,
            blank,
            unknown_columns: layout.unknown,
            absent: Vec::new(),
            not_complete: None,
            dry_run: order.dry_run,
        };
        if let Some(complete) = &order.complete {
            let unknown = unknown_row(&rows, &imported.rows);
            let checked = if let Some(row) = unknown {
                Err(CompleteFault::Unknown(row))
            } else if is_whole && !layout.is_ours {
                self.absent(sight, complete, &rows, (order, asked, &mut together))?
            } else {
                Err(CompleteFault::Unread)
            };
            match checked {
                Ok(absent) => imported.absent = absent,
                Err(fault) => imported.not_complete = Some(fault),
            }
        }
        Ok(imported)
    }

    fn take_rows(
        &mut self,
        sight: Sight<'_>,
        rows: &[ResultRow],
        by: (Source, &ImportOrder, Asked<'_>),
        answers: &mut Vec<RowAnswer>,
    ) -> Result<Together, DeskFault> {
        let by_uid = self.jobs_by_uid(sight, rows)?;
        let (mut known, mut together) = (Known::default(), Together::default());
        for rows in rows.chunks(AT_ONCE) {
            let mut found = Vec::new();
            for row in rows {
                let job = match self.job_of_row(sight, row, &by_uid)? {
                    Ok(job) => job,
                    Err(fault) => {
                        answers.push(refused(row.row, row.fiscal, fault));
                        continue;
                    }
                };
                let checked = match is_its_uid(row, &job).and_then(|()| known.note(row, job.id)) {
                    Ok(()) => self.check_row(row, &job)?,
                    Err(fault) => Err(fault),
                };
                match checked {
                    Ok(()) => found.push((row, job)),
                    Err(fault) => {
                        answers.push(refused(row.row, Some(job.fiscal), fault));
                        self.take_claimed(sight, &job.fiscal, by.1, by.2)?;
                    }
                }
            }
            let (settled, told) = self.settle_rows(sight, &found, by, &together)?;
            answers.extend(settled);
            together = told;
        }
        Ok(together)
    }
}

/// The number that a refused row has, so that whoever mends the file finds it.
fn named(layout: &Layout<'_>, row: &TableRow) -> Option<FiscalNumber> {
    layout.cell(row, Column::Number)?.text.to_ascii_uppercase().parse().ok()
}

/// A row without our number, or of no invoice of ours.
fn unknown_row(rows: &[ResultRow], answers: &[RowAnswer]) -> Option<u32> {
    let unknown = RowOutcome::Refused(RowFault::UnknownInvoice);
    let nameless = rows.iter().find(|row| row.fiscal.is_none()).map(|row| row.row);
    nameless.or_else(|| answers.iter().find(|answer| answer.outcome == unknown).map(|answer| answer.row))
}

const fn answer(row: u32, fiscal: Option<FiscalNumber>, outcome: RowOutcome) -> RowAnswer {
    RowAnswer { row, fiscal, outcome }
}

const fn refused(row: u32, fiscal: Option<FiscalNumber>, fault: RowFault) -> RowAnswer {
    answer(row, fiscal, RowOutcome::Refused(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_row_shows_its_number_even_where_its_code_is_wrong_or_missing() {
        let file = "rn;codeDEFDGI;dateTime\nkin1-0-00000042;SHORT;\nKIN1-0-00000043;;soon\n12;SHORT;\n";
        let file = ResultFile::read(file.as_bytes()).unwrap();
        let layout = Layout::find(&file.0).unwrap();
        let shown = layout.rows.iter().map(|row| {
            assert!(results::read(&layout, row, None).is_err());
            named(&layout, row).map(|number| number.to_string())
        });
        let shown: Vec<_> = shown.collect();
        assert_eq!(shown, [Some("KIN1-0-00000042".to_owned()), Some("KIN1-0-00000043".to_owned()), None]);
    }
}
