//! Whether a row is true of its invoice.

use std::collections::BTreeMap;

use edef::{AuthorityCode, Figure, Uid};
use fiscal::Invoice;

use super::{ResultRow, RowFault};
use crate::{
    Job, JobId,
    desk::{Desk, DeskFault},
};

/// By so much may a total differ, as in a confirm (A2).
const TOLERANCE: Figure = Figure::from_hundredths(1);

impl Desk<'_> {
    pub(super) fn check_row(
        &mut self,
        row: &ResultRow,
        job: &Job,
    ) -> Result<Result<(), RowFault>, DeskFault> {
        let Some(outlet) = self.store().outlet(job.place.chain.outlet)? else {
            return Ok(Err(RowFault::UnknownInvoice));
        };
        match row.check_proof(asked_by(job), outlet.nif) {
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
}

pub(super) fn is_its_uid(row: &ResultRow, job: &Job) -> Result<(), RowFault> {
    let is_other = |(said, known): (&Uid, &Uid)| !said.is(known);
    if row.uid.as_ref().zip(asked_by(job)).is_some_and(is_other) { Err(RowFault::UidDiffers) } else { Ok(()) }
}

/// The uid by which we asked for an invoice. One of which no confirm was intended is none that the authority can have
/// finalised for us.
fn asked_by(job: &Job) -> Option<&Uid> {
    job.uid().filter(|_| job.may_be_finalised())
}

/// What the rows before named, so that no two are of one invoice or of one code.
#[derive(Default)]
pub(super) struct Known {
    jobs: BTreeMap<JobId, u32>,
    codes: BTreeMap<AuthorityCode, u32>,
}

impl Known {
    pub(super) fn note(&mut self, row: &ResultRow, id: JobId) -> Result<(), RowFault> {
        if let Some(before) = self.jobs.get(&id).or_else(|| self.codes.get(&row.code)) {
            return Err(RowFault::Twice(*before));
        }
        self.jobs.insert(id, row.row);
        self.codes.insert(row.code, row.row);
        Ok(())
    }
}
