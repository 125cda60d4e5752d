//! What is not synced, as a file.

use std::collections::BTreeMap;

use registry::MerchantId;

use super::{
    csv,
    flat::Flat,
    hand_out::{HandOutId, is_sendable, may_be_handed_out},
    left_out::LeftOut,
    table::Sheet,
    xlsx,
};
use crate::{
    Job, JobState, OriginalStanding,
    desk::{Asked, Desk, DeskFault, JobCursor, JobFilter, Listed, Sight, find_machine},
    lane::{Sheet as Paperwork, Translate},
    store::paper,
};

/// What is exported, and how.
#[derive(Clone, Debug)]
pub struct ExportOrder {
    /// Which invoices; without states those that are not done with.
    pub filter: JobFilter,
    /// Those after this.
    pub after: Option<JobCursor>,
    /// At most so many; never more than [`ExportOrder::MOST`].
    pub most: usize,
    /// As what.
    pub form: SheetForm,
    /// A person will type them into the authority's portal: we do not send them any more until their results come back.
    /// Only what is certainly not finalised is in the file then.
    pub hand_out: bool,
}

/// So many are read at once.
const AT_ONCE: usize = 100;
/// Why it is not typed.
const UNCERTAIN: &str = "it is not certain that it is not finalised";

impl ExportOrder {
    /// The most that one file holds.
    pub const MOST: usize = 2_000;
    /// The most that are looked at for one file: what cannot be written takes no room in it, and time all the same.
    pub const LOOKED: usize = 10_000;
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetForm {
    /// CSV: one table.
    Csv(SheetPart),
    /// XLSX: all tables.
    Xlsx,
}

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetPart {
    /// One row for each invoice.
    Invoices,
    /// One row for each line.
    Items,
    /// One row for each means of payment.
    Payments,
}

/// A file, and what is in it.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many invoices are in it.
    pub invoices: usize,
    /// Those that are not, and why.
    pub left_out: LeftOut,
    /// Where the next file begins; none when this was the last.
    pub next: Option<JobCursor>,
    /// By which name the file can be had again, and what is in it be given back; none when nothing was handed out.
    pub hand_out: Option<HandOutId>,
}

impl SheetForm {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv(_) => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// How a file's name ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv(SheetPart::Invoices) => "factures.csv",
            Self::Csv(SheetPart::Items) => "articles.csv",
            Self::Csv(SheetPart::Payments) => "paiements.csv",
            Self::Xlsx => "xlsx",
        }
    }
}

impl Desk<'_> {
    /// Exports what is not synced under the authority's names of the fields. Only what is handed out has empty columns for
    /// the authority's answer: what is typed and not handed out would be declared twice.
    pub fn export(
        &mut self,
        sight: Sight<'_>,
        order: &ExportOrder,
        translate: &dyn Translate,
        asked: Asked<'_>,
    ) -> Result<Exported, DeskFault> {
        let (filter, mut after) = (JobFilter { states: states(order)?, ..order.filter.clone() }, order.after);
        let most = order.most.clamp(1, ExportOrder::MOST);
        let mut making = Making::of(order);
        loop {
            let room = making.room(most);
            let page = self.jobs(sight, &filter, after, room.clamp(1, AT_ONCE))?;
            let Some(last) = page.last().map(Listed::cursor) else {
                after = None;
                break;
            };
            if room == 0 {
                break;
            }
            after = Some(last);
            for listed in &page {
                self.add(sight, &listed.job, &mut making, translate, asked)?;
            }
            // With each page: whatever ends this, what is handed out is told.
            if let Some(id) = making.named {
                self.tell_hand_out(id, &making.handed, asked)?;
            }
        }
        let Making { flat, left_out, invoices, named, .. } = making;
        let hand_out = named.filter(|_| invoices > 0);
        Ok(Exported { bytes: written(&flat, order.form)?, invoices, left_out, next: after, hand_out })
    }

    /// Puts an invoice into the file, if it can be written, and handed out where it is to be.
    fn add(
        &mut self,
        sight: Sight<'_>,
        job: &Job,
        making: &mut Making,
        translate: &dyn Translate,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        making.looked += 1;
        // Before it is read and a change begins. Without an e-MCF it is told so.
        if making.hand_out && job.machine.is_some() && !may_be_handed_out(job) {
            making.left_out.push(job.fiscal, UNCERTAIN.to_owned());
            return Ok(());
        }
        let sheet = match self.paperwork(job, translate)? {
            Ok(sheet) => sheet,
            Err(why) => {
                making.left_out.push(job.fiscal, why);
                return Ok(());
            }
        };
        if making.hand_out {
            // Where there is nothing to be handed out, nothing is changed.
            let id = match making.named {
                Some(id) => id,
                None => *making.named.insert(self.name_hand_out(asked)?),
            };
            let Some(merchant) = self.hand_out(sight, job, Asked { now: id.0, ..asked })? else {
                making.left_out.push(job.fiscal, UNCERTAIN.to_owned());
                return Ok(());
            };
            *making.handed.entry(merchant).or_insert(0) += 1;
        }
        making.flat.push(&sheet.request, &sheet.expected);
        making.invoices += 1;
        Ok(())
    }

    /// The request of an invoice, or why there is none.
    pub(super) fn paperwork(
        &mut self,
        job: &Job,
        translate: &dyn Translate,
    ) -> Result<Result<Paperwork, String>, DeskFault> {
        let Some(id) = &job.machine else { return Ok(Err("its outlet has no e-MCF".to_owned())) };
        let machine = self.look(|statements| Ok(find_machine(statements, id)?))?;
        let Some(machine) = machine else { return Ok(Err("its e-MCF is not known".to_owned())) };
        let Some(paper) = paper(self.store(), job)? else {
            return Ok(Err("the ledger does not hold it".to_owned()));
        };
        if let Some(why) = &paper.withheld {
            return Ok(Err(why.clone()));
        }
        let original = match paper.original {
            OriginalStanding::None => None,
            OriginalStanding::Synced(code) => Some(code),
            OriginalStanding::Waits(_) | OriginalStanding::Unknown => {
                return Ok(Err("its original has to be synced first".to_owned()));
            }
        };
        Ok(translate.sheet(job, &paper, &machine, original).map_err(|why| why.to_string()))
    }
}

/// A file in the making.
struct Making {
    hand_out: bool,
    flat: Flat,
    left_out: LeftOut,
    invoices: usize,
    looked: usize,
    named: Option<HandOutId>,
    handed: BTreeMap<MerchantId, usize>,
}

impl Making {
    fn of(order: &ExportOrder) -> Self {
        Self {
            hand_out: order.hand_out,
            flat: if order.hand_out { Flat::with_results() } else { Flat::new() },
            left_out: LeftOut::default(),
            invoices: 0,
            looked: 0,
            named: None,
            handed: BTreeMap::new(),
        }
    }

    /// How many more are looked at.
    fn room(&self, most: usize) -> usize {
        most.saturating_sub(self.invoices).min(ExportOrder::LOOKED.saturating_sub(self.looked))
    }
}

fn states(order: &ExportOrder) -> Result<Vec<JobState>, DeskFault> {
    let certain = [JobState::Pending, JobState::Retry, JobState::Failed, JobState::Differs];
    let asked = &order.filter.states;
    match (asked.is_empty(), order.hand_out) {
        (true, true) => Ok(certain.to_vec()),
        (true, false) => {
            let doubted = [JobState::Submitted, JobState::Ambiguous, JobState::SyncedWithoutCode];
            Ok(certain.into_iter().chain(doubted).collect())
        }
        (false, true) => match asked.iter().find(|state| !is_sendable(**state)) {
            Some(state) => Err(DeskFault::NotHandedOut(*state)),
            None => Ok(asked.clone()),
        },
        (false, false) => Ok(asked.clone()),
    }
}

pub(super) fn written(flat: &Flat, form: SheetForm) -> Result<Vec<u8>, DeskFault> {
    let csv = |sheet: &Sheet| Ok(csv::write(sheet));
    match form {
        SheetForm::Csv(SheetPart::Invoices) => csv(&flat.invoices),
        SheetForm::Csv(SheetPart::Items) => csv(&flat.items),
        SheetForm::Csv(SheetPart::Payments) => csv(&flat.payments),
        SheetForm::Xlsx => {
            let Flat { invoices, items, payments } = flat;
            let written = xlsx::write(&[invoices, items, payments]);
            written.map_err(|fault| DeskFault::Unwritten(fault.to_string()))
        }
    }
}
