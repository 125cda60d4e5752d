//! What is not synced, as a file.

use std::{collections::BTreeMap, time::Duration};

use fiscal::FiscalNumber;
use ledger::Cell;
use registry::MerchantId;

use super::{
    csv,
    flat::Flat,
    hand_out::{HandOutId, handed_out, may_be_handed_out, merchant_of},
    table::Sheet,
    xlsx,
};
use crate::{
    Job, JobState, OriginalStanding,
    alerts::{About, AlertKind, end_alert, raise_alert},
    desk::{Asked, Desk, DeskFault, JobCursor, JobFilter, Listed, Sight, find_machine, seen, write_move},
    lane::{Sheet as Paperwork, Translate},
    store::{paper, rows::cell},
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

impl ExportOrder {
    /// The most that one file holds.
    pub const MOST: usize = 2_000;
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
    pub left_out: Vec<(FiscalNumber, String)>,
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
        let flat = if order.hand_out { Flat::with_results() } else { Flat::new() };
        let (mut flat, mut left_out, mut invoices, mut handed) = (flat, Vec::new(), 0, BTreeMap::new());
        // Where there is nothing to be handed out, nothing is changed.
        let mut named = None;
        let (mut after, most) = (order.after, order.most.clamp(1, ExportOrder::MOST));
        let filter = JobFilter { states: states(order), ..order.filter.clone() };
        let mut next = None;
        while next.is_none() {
            let page = self.jobs(sight, &filter, after, 100)?;
            let Some(last) = page.last().map(Listed::cursor) else { break };
            after = Some(last);
            for listed in &page {
                if invoices == most {
                    break;
                }
                next = Some(listed.cursor());
                match self.paperwork(&listed.job, translate)? {
                    Err(why) => left_out.push((listed.job.fiscal, why)),
                    Ok(sheet) => {
                        if order.hand_out {
                            let asked = match named {
                                Some(named) => named,
                                None => *named.insert(self.name_hand_out(asked)?),
                            };
                            let Some(merchant) = self.hand_out(sight, &listed.job, asked)? else {
                                let why = "it is not certain that it is not finalised".to_owned();
                                left_out.push((listed.job.fiscal, why));
                                continue;
                            };
                            *handed.entry(merchant).or_insert(0) += 1;
                        }
                        flat.push(&sheet.request, &sheet.expected);
                        invoices += 1;
                    }
                }
            }
            if invoices < most {
                next = None;
            }
        }
        if let Some(asked) = named {
            self.tell_hand_out(HandOutId(asked.now), &handed, asked)?;
        }
        let hand_out = named.filter(|_| invoices > 0).map(|asked| HandOutId(asked.now));
        Ok(Exported { bytes: written(&flat, order.form)?, invoices, left_out, next, hand_out })
    }

    /// The first moment that names no hand-out yet. It is taken before anything is handed out, so that two of the same second
    /// are two.
    fn name_hand_out<'a>(&mut self, asked: Asked<'a>) -> Result<Asked<'a>, DeskFault> {
        self.change(|statements| {
            let mut now = asked.now;
            let sql = "SELECT 1 FROM sync_alerts WHERE kind = $1 AND about = $2";
            while !statements
                .query(sql, &[cell(&AlertKind::HandedOut), Cell::Text(about(HandOutId(now)))])?
                .is_empty()
            {
                now = now.plus(Duration::from_millis(1));
            }
            let about = About { about: about(HandOutId(now)), merchant: None, outlet: None };
            raise_alert(statements, AlertKind::HandedOut, &about, &told(0, asked), now)?;
            Ok(Asked { now, ..asked })
        })
    }

    /// The platform looks at it, and each merchant at what is his: these are not sent any more until somebody says what came
    /// of them.
    fn tell_hand_out(
        &mut self,
        id: HandOutId,
        handed: &BTreeMap<MerchantId, usize>,
        asked: Asked<'_>,
    ) -> Result<(), DeskFault> {
        self.change(|statements| {
            let is_ones = handed.len() == 1;
            if !is_ones {
                end_alert(statements, AlertKind::HandedOut, &about(id), asked.now)?;
            }
            for (merchant, invoices) in handed {
                let about = if is_ones { about(id) } else { format!("{}-{merchant}", about(id)) };
                let about = About { about, merchant: Some(merchant.clone()), outlet: None };
                raise_alert(statements, AlertKind::HandedOut, &about, &told(*invoices, asked), asked.now)?;
            }
            Ok(())
        })
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
        Ok(translate.sheet(job, &paper, &machine, original))
    }

    /// Whose it is; none when it changed since it was read, and may not be typed any more.
    fn hand_out(
        &mut self,
        sight: Sight<'_>,
        job: &Job,
        asked: Asked<'_>,
    ) -> Result<Option<MerchantId>, DeskFault> {
        self.change(|statements| {
            let job = seen(statements, sight, job.id)?.job;
            let merchant = merchant_of(statements, &job)?.filter(|_| may_be_handed_out(&job));
            if merchant.is_some() {
                let (outlet, fiscal) = (job.place.chain.outlet, job.fiscal.to_string());
                write_move(statements, handed_out(job, asked), asked)?;
                asked.note(statements, "sync.hand_out", (merchant.as_ref(), Some(outlet)), fiscal)?;
            }
            Ok(merchant)
        })
    }
}

fn about(id: HandOutId) -> String {
    format!("hand-out-{id}")
}

fn told(invoices: usize, asked: Asked<'_>) -> String {
    format!("{invoices} invoices, {}", asked.by.actor)
}

fn states(order: &ExportOrder) -> Vec<JobState> {
    let certain = [JobState::Pending, JobState::Retry, JobState::Failed, JobState::Differs];
    match (order.filter.states.is_empty(), order.hand_out) {
        (true, true) => certain.to_vec(),
        (true, false) => {
            let doubted = [JobState::Submitted, JobState::Ambiguous, JobState::SyncedWithoutCode];
            certain.into_iter().chain(doubted).collect()
        }
        (false, _) => order.filter.states.clone(),
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
