//! What a row says of its invoice is written.

use fiscal::FiscalNumber;
use ledger::Statements;

use super::{ImportOrder, ResultRow, RowAnswer, RowFault, RowOutcome, answer, refused};
use crate::{
    Job, Source, Totals,
    alerts::Together,
    desk::{
        Asked, Desk, DeskFault, Finalised, Listed, Settlement, Sight, by_fiscal, judge, seen, settle,
        two_codes,
    },
    sheets::hand_out::{handed_out, is_sendable, take_from_queue},
};

impl Desk<'_> {
    /// Somebody says that the authority has it: it is not sent any more, though the row cannot be taken.
    pub(super) fn take_claimed(
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

    pub(super) fn settle_rows(
        &mut self,
        sight: Sight<'_>,
        rows: &[(&ResultRow, Job)],
        (source, order, asked): (Source, &ImportOrder, Asked<'_>),
        before: &Together,
    ) -> Result<(Vec<RowAnswer>, Together), DeskFault> {
        let settle_all = |statements: &mut dyn Statements| {
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
    pub(in crate::sheets) fn of(fault: &DeskFault) -> Self {
        match fault {
            DeskFault::OtherMachine(nims) => Self::OtherMachine(nims.clone()),
            fault => Self::Refused { code: fault.code(), text: fault.to_string() },
        }
    }
}
