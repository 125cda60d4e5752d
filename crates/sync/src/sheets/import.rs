//! The authority's results from a file, row by row.

use std::collections::BTreeMap;

use edef::{Figure, Nim, Uid};
use fiscal::{FiscalNumber, Invoice};
use registry::Label;

use super::{
    ResultFile,
    columns::{Column, Layout},
    complete::{Absent, Complete, CompleteFault},
    hand_out::{handed_out, is_sendable, take_from_queue},
    results::{self, ResultRow, RowFault},
    table::TableRow,
};
use crate::{
    Job, JobId, JobState, Source, Totals,
    alerts::Together,
    desk::{
        Asked, Desk, DeskFault, Finalised, JobFilter, Listed, PAGE, Settlement, Sight, by_fiscal, judge,
        seen, settle, two_codes,
    },
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
/// By so much may a total differ, as in a confirm (A2).
const TOLERANCE: Figure = Figure::from_hundredths(1);

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

    /// Rows without our number are found among what is in doubt.
    fn jobs_by_uid(
        &mut self,
        sight: Sight<'_>,
        rows: &[ResultRow],
    ) -> Result<BTreeMap<Uid, JobId>, DeskFault> {
        let mut found = BTreeMap::new();
        if rows.iter().all(|row| row.fiscal.is_some()) {
            return Ok(found);
        }
        for listed in self.in_doubt(sight)? {
            found.extend(listed.job.uid().map(|uid| (uid.clone(), listed.job.id)));
        }
        Ok(found)
    }

    /// All that a person may settle, at most as many as a file has rows.
    pub(super) fn in_doubt(&mut self, sight: Sight<'_>) -> Result<Vec<Listed>, DeskFault> {
        let states = vec![JobState::Ambiguous, JobState::SyncedWithoutCode];
        let (filter, mut all, mut after) = (JobFilter { states, ..JobFilter::default() }, Vec::new(), None);
        loop {
            let page = self.jobs(sight, &filter, after, PAGE)?;
            let is_last = page.len() < PAGE;
            after = page.last().map(Listed::cursor);
            all.extend(page);
            if is_last || all.len() >= super::MOST_ROWS {
                return Ok(all);
            }
        }
    }

    fn job_of_row(
        &mut self,
        sight: Sight<'_>,
        row: &ResultRow,
        by_uid: &BTreeMap<Uid, JobId>,
    ) -> Result<Result<Job, RowFault>, DeskFault> {
        self.look(|statements| {
            let mut found = match (&row.fiscal, row.uid.as_ref().and_then(|uid| by_uid.get(uid))) {
                (Some(fiscal), _) => by_fiscal(statements, fiscal)?,
                (None, Some(id)) => vec![seen(statements, sight, *id)?],
                (None, None) => Vec::new(),
            };
            found.retain(|listed| sight.covers(listed.job.place.chain.outlet));
            // Of two records of one number a person chooses.
            let [Listed { job, .. }] = found.as_slice() else { return Ok(Err(RowFault::UnknownInvoice)) };
            Ok(Ok(job.clone()))
        })
    }

    /// Somebody says that the authority has it: it is not sent any more, though the row cannot be taken.
    fn take_claimed(
        &mut self,
        sight: Sight<'_>,
        fiscal: &FiscalNumber,
        order: &ImportOrder,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        if order.dry_run {
            return Ok(());
        }
        self.change(|statements| {
            for Listed { job, .. } in by_fiscal(statements, fiscal)? {
                if sight.covers(job.place.chain.outlet) {
                    take_from_queue(statements, job, asked)?;
                }
            }
            Ok(())
        })
    }

    fn check_row(&mut self, row: &ResultRow, job: &Job) -> Result<Result<(), RowFault>, DeskFault> {
        let Some(outlet) = self.store().outlet(job.place.chain.outlet)? else {
            return Ok(Err(RowFault::UnknownInvoice));
        };
        match row.check_proof(outlet.nif) {
            Ok(()) => self.check_total(row, job),
            Err(fault) => Ok(Err(fault)),
        }
    }

    fn check_total(&mut self, row: &ResultRow, job: &Job) -> Result<Result<(), RowFault>, DeskFault> {
        if row.total.is_none() && row.vat.is_none() {
            return Ok(Ok(()));
        }
        let Some(record) = self.store().at(job.place)? else { return Ok(Err(RowFault::UnknownInvoice)) };
        let invoice = record.body.as_deref().and_then(|body| Invoice::read(body.as_bytes()).ok());
        let Some(invoice) = invoice else { return Ok(Ok(())) };
        let ours = match &invoice.annex.exchange {
            Some(exchange) => [exchange.total, exchange.total_vat],
            None => [invoice.totals.total, invoice.totals.total_vat],
        };
        let size = |figure: Figure| figure.distance(Figure::ZERO);
        for (ours, theirs) in ours.into_iter().zip([row.total, row.vat]) {
            let (ours, theirs) = (size(ours.into()), theirs.map(size));
            if let Some(theirs) = theirs.filter(|theirs| theirs.distance(ours) > TOLERANCE) {
                return Ok(Err(RowFault::TotalDiffers { ours, theirs }));
            }
        }
        Ok(Ok(()))
    }

    fn settle_rows(
        &mut self,
        sight: Sight<'_>,
        rows: &[(&ResultRow, Job)],
        (source, order, asked): (Source, &ImportOrder, Asked<'_>),
        before: &Together,
    ) -> Result<(Vec<RowAnswer>, Together), DeskFault> {
        let settle_all = |statements: &mut dyn ledger::Statements| {
            let (mut answers, mut together, mut has_more) = (Vec::new(), before.clone(), false);
            let mut tell = |tell| {
                together.add(tell);
                has_more = true;
            };
            for (row, job) in rows {
                let before = seen(statements, sight, job.id)?.job;
                let (fiscal, was) = (before.fiscal, before.elements.is_some());
                let settlement = Settlement::Finalised(Box::new(row.finalised(source)));
                let before = match (is_sendable(before.state), order.dry_run) {
                    (false, _) => before,
                    (true, true) => handed_out(before, asked).job,
                    (true, false) => take_from_queue(statements, before, asked)?,
                };
                let id = before.id;
                let done = if order.dry_run {
                    judge(statements, before, &settlement, "", asked).map(|_| ())
                } else {
                    settle(statements, before, &settlement, &order.reason, asked)
                        .map(|(_, tells)| tells.into_iter().for_each(&mut tell))
                };
                answers.push(match done {
                    Ok(()) if was => answer(row.row, Some(fiscal), RowOutcome::Already),
                    Ok(()) => answer(row.row, Some(fiscal), RowOutcome::Settled),
                    Err(DeskFault::Store(fault)) => return Err(fault.into()),
                    Err(fault) => {
                        if matches!(fault, DeskFault::OtherCode) && !order.dry_run {
                            tell(two_codes(statements, sight, id, &row.code, asked)?);
                        }
                        refused(row.row, Some(fiscal), RowFault::of(&fault))
                    }
                });
            }
            if has_more {
                together.write(statements, &order.reason, asked)?;
            }
            Ok((answers, together))
        };
        if order.dry_run { self.look(settle_all) } else { self.change(settle_all) }
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

fn is_its_uid(row: &ResultRow, job: &Job) -> Result<(), RowFault> {
    let is_other = |(said, known): (&Uid, &Uid)| !said.as_str().eq_ignore_ascii_case(known.as_str());
    // A uid of which no confirm was intended is none that the authority can have finalised for us.
    let known = job.uid().filter(|_| job.may_be_finalised());
    if row.uid.as_ref().zip(known).is_some_and(is_other) { Err(RowFault::UidDiffers) } else { Ok(()) }
}

/// What the rows before named, so that no two are of one invoice or of one code.
#[derive(Default)]
struct Known {
    jobs: BTreeMap<JobId, u32>,
    codes: BTreeMap<edef::AuthorityCode, u32>,
}

impl Known {
    fn note(&mut self, row: &ResultRow, id: JobId) -> Result<(), RowFault> {
        if let Some(before) = self.jobs.get(&id).or_else(|| self.codes.get(&row.code)) {
            return Err(RowFault::Twice(*before));
        }
        self.jobs.insert(id, row.row);
        self.codes.insert(row.code, row.row);
        Ok(())
    }
}

impl ResultRow {
    fn finalised(&self, source: Source) -> Finalised {
        Finalised {
            nim: self.nim.clone(),
            code: self.code,
            date_time: self.time.clone(),
            qr: self.qr.clone(),
            counters: self.counters,
            uid: self.uid.clone(),
            totals: self.total.zip(self.vat).map(|(total, vtotal)| Totals { total, vtotal }),
            source,
        }
    }
}

impl RowFault {
    pub(super) fn of(fault: &DeskFault) -> Self {
        match fault {
            DeskFault::OtherMachine(nims) => Self::OtherMachine(nims.clone()),
            fault => Self::Refused { code: fault.code(), text: fault.to_string() },
        }
    }
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
