//! Invoices in the hands of a person, who types them into the authority's portal.

use std::{collections::BTreeMap, fmt, num::ParseIntError, str::FromStr};

use fiscal::OutletId;
use ledger::{Cell, Statements, StoreFault};
use registry::{Label, MerchantId};

use super::{
    export::{ExportOrder, Exported, SheetForm, written},
    flat::Flat,
    left_out::LeftOut,
};
use crate::{
    At, Cause, Doubt, DoubtCause, Job, JobState, Transition,
    alerts::{About, AlertKind, raise_alert},
    course::{Move, settle_not_there},
    desk::{Asked, Desk, DeskFault, JobCursor, Listed, PAGE, Sight, find_machine, seen, write_move},
    lane::Translate,
    store::rows::{at, corrupt, number, parsed, seconds, time},
};

/// Which hand-out: all that was given to a person at one time, by our clock in milliseconds. It is even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandOutId(pub At);

/// What was given back of a hand-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// So many are sent again.
    pub given_back: usize,
}

/// So many are given back in one transaction.
const AT_ONCE: usize = 100;

impl fmt::Display for HandOutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.0)
    }
}

impl FromStr for HandOutId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(|time| Self(At(time)))
    }
}

impl Desk<'_> {
    /// The file of a hand-out once more, with what nobody has said anything of yet, those after a cursor. It changes nothing.
    pub fn hand_out_again(
        &mut self,
        sight: Sight<'_>,
        (id, after): (HandOutId, Option<JobCursor>),
        form: SheetForm,
        translate: &dyn Translate,
    ) -> Result<Exported, DeskFault> {
        let most = ExportOrder::MOST + 1;
        let mut handed = self.look(|statements| handed_out_jobs(statements, sight, (id, after), most))?;
        if handed.is_empty() {
            return Err(DeskFault::NotFound("hand-out"));
        }
        let has_more = handed.len() == most;
        handed.truncate(ExportOrder::MOST);
        let next = handed.last().filter(|_| has_more).map(Listed::cursor);
        let (mut flat, mut left_out, mut invoices) = (Flat::with_results(), LeftOut::default(), 0);
        for Listed { job, .. } in &handed {
            match self.paperwork(job, translate)? {
                Err(why) => left_out.push(job.fiscal, why),
                Ok(sheet) => {
                    flat.push(&sheet.request, &sheet.expected);
                    invoices += 1;
                }
            }
        }
        let bytes = written(&flat, form)?;
        Ok(Exported { bytes, invoices, left_out, next, hand_out: Some(id) })
    }

    /// Gives back what is left of a hand-out: a person says that nobody typed it, nor will. Not within an hour of it: what
    /// was typed a moment ago may not be seen in the portal yet.
    pub fn give_back(
        &mut self,
        sight: Sight<'_>,
        id: HandOutId,
        reason: &Label,
        asked: Asked<'_>,
    ) -> Result<GivenBack, DeskFault> {
        let (detail, mut back) = (format!("{}: {reason}", asked.by.actor), BTreeMap::new());
        let mut after = None;
        loop {
            let some = self.look(|statements| handed_out_jobs(statements, sight, (id, after), AT_ONCE))?;
            let Some(last) = some.last().map(Listed::cursor) else { break };
            after = Some(last);
            let given = self.change(|statements| {
                let mut given = Vec::new();
                for listed in &some {
                    let job = seen(statements, sight, listed.job.id)?.job;
                    if is_handed_out(&job) {
                        let outlet = job.place.chain.outlet;
                        let subject = format!("{} {detail}", job.fiscal);
                        let merchant = merchant_of(statements, &job)?;
                        write_move(statements, settle_not_there(job, &detail, asked.now)?, asked)?;
                        asked.note(
                            statements,
                            "sync.give_back",
                            (merchant.as_ref(), Some(outlet)),
                            subject,
                        )?;
                        given.push(merchant);
                    }
                }
                Ok(given)
            })?;
            for merchant in given {
                *back.entry(merchant).or_insert(0) += 1;
            }
        }
        if after.is_none() {
            return Err(DeskFault::NotFound("hand-out"));
        }
        self.tell_given_back(id, &back, &detail, asked)?;
        Ok(GivenBack { given_back: back.values().sum() })
    }

    /// The platform looks at it, and each merchant at what is his.
    fn tell_given_back(
        &mut self,
        id: HandOutId,
        back: &BTreeMap<Option<MerchantId>, usize>,
        detail: &str,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        self.change(|statements| {
            for (merchant, count) in back {
                let whose = merchant.as_ref().map(|merchant| format!("-{merchant}")).unwrap_or_default();
                let about = About {
                    about: format!("hand-out-{id}-back{whose}"),
                    merchant: merchant.clone(),
                    outlet: None,
                };
                let told = format!("{count} given back, {detail}");
                raise_alert(statements, AlertKind::SettledByPerson, &about, &told, asked.now)?;
            }
            Ok(())
        })
    }
}

/// Whose an invoice is, as its e-MCF says.
pub(super) fn merchant_of(
    statements: &mut dyn Statements,
    job: &Job,
) -> Result<Option<MerchantId>, StoreFault> {
    let Some(id) = &job.machine else { return Ok(None) };
    Ok(find_machine(statements, id)?.map(|machine| machine.merchant))
}

/// Whether an invoice may be typed by hand: it is certainly not finalised, and it is known to which machine it belongs.
pub(super) fn may_be_handed_out(job: &Job) -> bool {
    is_sendable(job.state) && !job.may_be_finalised() && job.machine.is_some()
}

/// Whether we would send it, by ourselves or because somebody asks for it.
pub(super) const fn is_sendable(state: JobState) -> bool {
    matches!(state, JobState::Pending | JobState::Retry | JobState::Failed | JobState::Differs)
}

fn is_handed_out(job: &Job) -> bool {
    job.state == JobState::Ambiguous
        && job.doubt.as_ref().is_some_and(|doubt| doubt.cause == DoubtCause::HandedOut)
}

/// The invoice in the hands of a person: nothing is sent until somebody says what came of it. Counters say nothing of it,
/// nor does what was confirmed before.
pub(super) fn handed_out(job: Job, asked: Asked<'_>) -> Move {
    let transition = Transition {
        job: job.id,
        at: asked.now,
        from: Some(job.state),
        to: JobState::Ambiguous,
        cause: Cause::HandedOut,
        detail: asked.by.actor.to_string(),
    };
    let job = Job {
        state: JobState::Ambiguous,
        since: asked.now,
        intent: None,
        requested: None,
        expires: None,
        confirming_since: None,
        last_confirm: None,
        doubt: Some(Doubt::of(DoubtCause::HandedOut, asked.now)),
        ..job
    };
    Move { job, transition: Some(transition) }
}

/// Hands out what a person says to have typed, if we would send it still. He says that the authority has it: from then on
/// it is not sent, whatever else is wrong with what he says.
pub(super) fn take_from_queue(
    statements: &mut dyn Statements,
    job: Job,
    asked: Asked<'_>,
) -> Result<Job, DeskFault> {
    if !is_sendable(job.state) {
        return Ok(job);
    }
    let (outlet, fiscal) = (job.place.chain.outlet, job.fiscal.to_string());
    let merchant = merchant_of(statements, &job)?;
    // An odd millisecond names no hand-out: nobody gives it back with others.
    let typed = Asked { now: At(asked.now.0.saturating_sub(1) | 1), ..asked };
    let job = write_move(statements, handed_out(job, typed), asked)?;
    asked.note(statements, "sync.hand_out", (merchant.as_ref(), Some(outlet)), fiscal)?;
    // It left the queue by somebody's word alone.
    let about = About { about: format!("typed-{}-{outlet}", asked.now.0), merchant, outlet: Some(outlet) };
    let told = format!("typed by {} without being handed out", asked.by.actor);
    raise_alert(statements, AlertKind::HandedOut, &about, &told, asked.now)?;
    Ok(job)
}

/// What is left of a hand-out behind a cursor, at most so many, by the time of their sealing.
fn handed_out_jobs(
    statements: &mut dyn Statements,
    sight: Sight<'_>,
    (id, mut after): (HandOutId, Option<JobCursor>),
    most: usize,
) -> Result<Vec<Listed>, DeskFault> {
    let sql = "SELECT id, outlet, sealed FROM sync_jobs WHERE state = 'AMBIGUOUS' AND doubt_cause = 'handed_out' \
         AND since = $1 AND (sealed > $2 OR (sealed = $2 AND id > $3)) ORDER BY sealed, id LIMIT $4";
    let read = |row: &Vec<Cell>| {
        let [id, outlet, sealed] = row.as_slice() else { return None };
        Some((parsed::<OutletId>(outlet)?, JobCursor { sealed: time(sealed)?, id: parsed(id)? }))
    };
    let mut found = Vec::new();
    loop {
        let sealed = after.map_or(Cell::Integer(-1), |after| seconds(after.sealed));
        let last = Cell::Text(after.map(|after| after.id.to_string()).unwrap_or_default());
        let rows = statements.query(sql, &[at(id.0), sealed, last, number(PAGE as u64)])?;
        for row in &rows {
            let (outlet, cursor) = read(row).ok_or_else(|| corrupt("sync_jobs"))?;
            after = Some(cursor);
            if sight.covers(outlet) {
                found.push(seen(statements, sight, cursor.id)?);
            }
            if found.len() == most {
                return Ok(found);
            }
        }
        if rows.len() < PAGE {
            return Ok(found);
        }
    }
}
