//! What a complete export of the authority's portal does not have, the authority does not have.

use std::{collections::BTreeSet, time::Duration};

use edef::{AuthorityCode, Nim};
use fiscal::{FiscalNumber, RecordHash, Timestamp};

use super::{
    import::ImportOrder,
    results::{ResultRow, RowFault},
};
use crate::{
    At, DoubtCause, Job, JobId, JobState, Theirs,
    alerts::Together,
    course::LATE_PACKETS,
    desk::{
        Asked, Desk, DeskFault, JobCursor, JobFilter, Listed, PAGE, SKEW, Settlement, Sight, finalisers,
        judge, seen, settle,
    },
};

/// What a person states of the portal's export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// It holds every invoice of this e-MCF,
    pub nim: Nim,
    /// from this time,
    pub from: Timestamp,
    /// up to this time, both included,
    pub to: Timestamp,
    /// and these are so many.
    pub rows: usize,
}

/// Why an export does not count as complete. What it does not have was not settled then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompleteFault {
    /// `UNREAD`
    #[error(
        "some rows are empty or cannot be read, or it is our own sheet: take the portal's export as it is"
    )]
    Unread,
    /// `ROWS`
    #[error("the file has {found} rows and not {said}: export it again, and count again")]
    Rows {
        /// How many were stated.
        said: usize,
        /// How many there are.
        found: usize,
    },
    /// `PERIOD`
    #[error("the period ends in the future or before it begins: state the period of the export")]
    Period,
    /// `UNKNOWN`
    #[error(
        "row {0} names none of your invoices by its number (rn): what it is cannot be told from what is in doubt"
    )]
    Unknown(u32),
    /// `OTHER_NIM`
    #[error("row {0} is of another e-MCF: export one e-MCF at a time")]
    OtherNim(u32),
    /// `NO_TIME`
    #[error("row {0} has no time that can be read: export the column with date and time, too")]
    NoTime(u32),
    /// `OUTSIDE`
    #[error("row {0} is outside the period: state the period of the export")]
    Outside(u32),
    /// `MISSING`
    #[error(
        "the invoice {0} was finalised within the period and is not in the file: the export is not whole"
    )]
    Missing(FiscalNumber),
    /// `NOTHING_KNOWN`
    #[error("the file has no invoice of which we know the code, so that nothing shows that it is whole")]
    NothingKnown,
}

impl CompleteFault {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unread => "UNREAD",
            Self::Rows { .. } => "ROWS",
            Self::Period => "PERIOD",
            Self::Unknown(_) => "UNKNOWN",
            Self::OtherNim(_) => "OTHER_NIM",
            Self::NoTime(_) => "NO_TIME",
            Self::Outside(_) => "OUTSIDE",
            Self::Missing(_) => "MISSING",
            Self::NothingKnown => "NOTHING_KNOWN",
        }
    }
}

/// An invoice in doubt that the export does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Which.
    pub fiscal: FiscalNumber,
    /// Why nothing is concluded from it; none when it is tried again.
    pub kept: Option<RowFault>,
}

/// Invoices that were sealed so long before the period are not looked for in it, in seconds.
const SEALED_BEFORE: u64 = 31 * 86_400;
/// How far apart the zones of the country are.
const ZONES: Duration = Duration::from_secs(3_600);

impl Desk<'_> {
    /// Checks that an export is whole, and settles what it does not have.
    pub(super) fn absent(
        &mut self,
        sight: Sight<'_>,
        complete: &Complete,
        rows: &[ResultRow],
        (order, asked, together): (&ImportOrder, Asked<'_>, &mut Together),
    ) -> Result<Result<Vec<Absent>, CompleteFault>, DeskFault> {
        let reach = match check_rows(complete, rows, asked) {
            Ok(reach) => reach,
            Err(fault) => return Ok(Err(fault)),
        };
        let named: BTreeSet<FiscalNumber> = rows.iter().filter_map(|row| row.fiscal).collect();
        if let Err(fault) = self.check_known(sight, complete, rows)? {
            return Ok(Err(fault));
        }
        let mut absent = Vec::new();
        for Listed { job, .. } in self.in_doubt(sight)? {
            if named.contains(&job.fiscal)
                || job.state != JobState::Ambiguous
                || !self.is_shown_by(&job, &complete.nim)?
            {
                continue;
            }
            let kept = match too_late(&job, complete, reach) {
                Some(fault) => Some(fault),
                None => self.not_there(sight, &job, (order, asked, &mut *together))?,
            };
            absent.push(Absent { fiscal: job.fiscal, kept });
        }
        Ok(Ok(absent))
    }

    /// Whether nobody has it when this e-MCF has not.
    fn is_shown_by(&mut self, job: &Job, nim: &Nim) -> Result<bool, DeskFault> {
        if let Some(intent) = &job.intent {
            return Ok(intent.nim == *nim);
        }
        self.look(|statements| Ok(finalisers(statements, job)?.is_only(nim)))
    }

    fn not_there(
        &mut self,
        sight: Sight<'_>,
        job: &Job,
        (order, asked, together): (&ImportOrder, Asked<'_>, &mut Together),
    ) -> Result<Option<RowFault>, DeskFault> {
        let before = together.clone();
        let work = |statements: &mut dyn ledger::Statements| {
            let job = seen(statements, sight, job.id)?.job;
            if order.dry_run {
                return judge(statements, job, &Settlement::NotThere, "", asked).map(|_| before.clone());
            }
            let (_, tells) = settle(statements, job, &Settlement::NotThere, &order.reason, asked)?;
            let mut together = before.clone();
            tells.into_iter().for_each(|tell| together.add(tell));
            together.write(statements, &order.reason, asked)?;
            Ok(together)
        };
        match if order.dry_run { self.look(work) } else { self.change(work) } {
            Ok(now) => {
                *together = now;
                Ok(None)
            }
            Err(DeskFault::Store(fault)) => Err(fault.into()),
            Err(fault) => Ok(Some(RowFault::of(&fault))),
        }
    }

    /// Each invoice of the e-MCF that we know to be finalised within the period has to be in the file, and there has to be
    /// one.
    fn check_known(
        &mut self,
        sight: Sight<'_>,
        complete: &Complete,
        rows: &[ResultRow],
    ) -> Result<Result<(), CompleteFault>, DeskFault> {
        let codes: BTreeSet<AuthorityCode> = rows.iter().map(|row| row.code).collect();
        let filter = JobFilter {
            states: vec![JobState::Synced],
            sealed_before: Timestamp::from_unix(complete.to.unix() + 1),
            ..JobFilter::default()
        };
        let first = Timestamp::from_unix(complete.from.unix().saturating_sub(SEALED_BEFORE));
        let zero = RecordHash::from_hex(&"0".repeat(64)).map(JobId);
        let mut after = first.zip(zero).map(|(sealed, id)| JobCursor { sealed, id });
        let mut known = 0;
        loop {
            let page = self.jobs(sight, &filter, after, PAGE)?;
            for Listed { job, .. } in &page {
                let Some(elements) = &job.elements else { continue };
                let is_within =
                    elements.time().is_some_and(|time| (complete.from..=complete.to).contains(&time));
                if elements.nim != complete.nim || !is_within {
                    continue;
                }
                if !codes.contains(&elements.code) {
                    return Ok(Err(CompleteFault::Missing(job.fiscal)));
                }
                known += 1;
            }
            if page.len() < PAGE {
                return Ok(if known > 0 { Ok(()) } else { Err(CompleteFault::NothingKnown) });
            }
            after = page.last().map(Listed::cursor);
        }
    }
}

/// Up to where the export certainly reaches: as far as its newest row, by the portal's own times.
fn check_rows(complete: &Complete, rows: &[ResultRow], asked: Asked<'_>) -> Result<Theirs, CompleteFault> {
    if complete.to < complete.from || complete.to > asked.time() {
        return Err(CompleteFault::Period);
    }
    if rows.len() != complete.rows {
        return Err(CompleteFault::Rows { said: complete.rows, found: rows.len() });
    }
    let mut reach = complete.from;
    for row in rows {
        if row.nim != complete.nim {
            return Err(CompleteFault::OtherNim(row.row));
        }
        let time = row.time.as_ref().and_then(edef::AuthorityTime::timestamp);
        let time = time.ok_or(CompleteFault::NoTime(row.row))?;
        if !(complete.from..=complete.to).contains(&time) {
            return Err(CompleteFault::Outside(row.row));
        }
        reach = reach.max(time);
    }
    Ok(Theirs(reach.unix() * 1_000))
}

/// All that can have finalised it must have had its effect before the export ends, and after it begins. What a person has in
/// his hands may be typed at any time: the silence of an export never gives it back.
fn too_late(job: &Job, complete: &Complete, reach: Theirs) -> Option<RowFault> {
    let refused = |code, text: &str| Some(RowFault::Refused { code, text: text.to_owned() });
    match &job.doubt {
        Some(doubt) if doubt.cause == DoubtCause::HandedOut => {
            return refused("HANDED_OUT", "a person has it to type it: give it back if nobody will");
        }
        Some(doubt) if doubt.is_in_hand() => {
            return refused(
                "HANDED_OUT_BEFORE",
                "a person had it to type it when the backup was made: ask, and look for it in the portal yourself",
            );
        }
        _ => {}
    }
    let Some((first, last)) = span(job) else {
        return refused(
            "CONFIRM_UNKNOWN",
            "nobody knows when it was sent: look for it in the portal yourself",
        );
    };
    if first < Theirs(complete.from.unix() * 1_000) {
        return refused(
            "CONFIRM_BEFORE",
            "it was not certainly sent after the period begins: export from a day before it was sent",
        );
    }
    if last.plus(LATE_PACKETS) > reach {
        return refused(
            "CONFIRM_LATE",
            "it may have had its effect after the newest row of the export: export it again a day after it was sent",
        );
    }
    None
}

/// Within what it can have been finalised, by the authority's clock, as its portal writes it.
///
/// Where only our clock was seen, or that of who sealed, it is a day more on both sides. The zone of a time that the portal
/// writes without one is not known for certain either.
fn span(job: &Job) -> Option<(Theirs, Theirs)> {
    let skew = Duration::from_secs(SKEW);
    let (first, last) = match &job.doubt {
        // Between its sealing and the restore anything may have happened.
        Some(doubt) if doubt.cause == DoubtCause::Restored => {
            (At(job.sealed.unix() * 1_000).minus(skew).0, doubt.since.plus(skew).0)
        }
        doubt => {
            let (first, last) = job.confirming_since.zip(job.last_confirm)?;
            let not_before = job.intent.as_ref().and_then(|intent| intent.not_before);
            let gone = doubt.as_ref().and_then(|doubt| doubt.gone).map(|gone| gone.first);
            let first = not_before.map_or(first.minus(skew).0, |seen| seen.0);
            (first, gone.map_or(last.plus(skew).0, |seen| seen.0))
        }
    };
    Some((Theirs(first).minus(ZONES), Theirs(last).plus(ZONES)))
}
