//! One outlet's share of a batch: from jobs to linked records, without storing anything.

use std::sync::Arc;

use fiscal::{Linked, Moment, PublicKey, Timestamp};

use super::{
    assembly::{Added, Assembly},
    job::{Done, Job, Work},
    seat::Seat,
};
use crate::{
    Append, HeadRow, KeyRow, ManifestBook, Reference, Refusal, Row, StoreFault, Taken, Unfit, VoucherIssuer,
    books::Books, store::LedgerStore,
};

/// What was linked for one outlet, waiting for signatures.
pub(crate) struct Part {
    pub(crate) seat: Seat,
    /// To be signed, in order.
    pub(crate) linked: Vec<Linked>,
    /// What each of them seals.
    contents: Vec<Content>,
    /// What another signer sealed.
    foreign: Foreign,
    /// Who waits for which of them.
    pub(crate) waiting: Vec<(Job, usize)>,
    after: After,
}

/// What of another signer's chain a part takes in.
#[derive(Default)]
pub(super) struct Foreign {
    /// The records.
    pub(super) rows: Vec<Row>,
    /// Under which keys their sales were asked for.
    pub(super) keys: Vec<KeyRow>,
    /// What cannot be placed.
    pub(super) unfit: Vec<Unfit>,
    /// What whoever delivered is told of it; its anchor is known when it is sealed.
    pub(super) taken: Option<Box<Taken>>,
    /// Whether the first record that is linked for it is an anchor.
    pub(super) is_anchored: bool,
}

impl Foreign {
    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_none()
    }
}

/// The state after the part, which holds once it is durable.
struct After {
    head: HeadRow,
    books: Box<Books>,
}

/// What a linked record seals.
pub(super) struct Content {
    pub(super) stamped: Timestamp,
    pub(super) reference: Option<Reference>,
    pub(super) text: String,
}

/// What a part is made under.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub(crate) key: &'a PublicKey,
    pub(crate) manifest: &'a Arc<ManifestBook>,
    pub(crate) moment: Moment,
    pub(crate) vouchers: Option<&'a VoucherIssuer>,
}

/// Jobs that are not in the part.
#[derive(Default)]
pub(crate) struct Aside {
    /// To be answered at once.
    pub(crate) answered: Vec<(Job, Refusal)>,
    /// To be done after this part, and looked for first.
    pub(crate) later: Vec<Job>,
    /// A record that was made before, to be repeated.
    pub(crate) repeated: Vec<(Job, Row)>,
    /// Deliveries of which there was nothing to take.
    pub(crate) taken: Vec<(Job, Box<Taken>)>,
    /// What the store said when it failed.
    pub(crate) fault: Option<StoreFault>,
    /// Whether a sale had no room in totals, or found the line elsewhere, which another process may have changed since.
    pub(crate) in_doubt: bool,
}

/// Links what jobs ask for. Jobs must have been looked for if they say so. When the store fails, nothing is linked and
/// all jobs are to be answered with its fault.
pub(crate) fn assemble(
    seat: Seat,
    jobs: Vec<Job>,
    terms: Terms<'_>,
    store: &mut dyn LedgerStore,
) -> (Part, Aside) {
    let mut assembly = Assembly::new(&seat, terms, store);
    let mut aside = Aside::default();
    let mut waiting = Vec::new();
    let mut jobs = jobs.into_iter();
    while let Some(mut job) = jobs.next() {
        let added = assembly.add(&job);
        aside.in_doubt |= matches!(added, Err(Refusal::ClosureRequired | Refusal::HandedOver { .. }));
        match added {
            Ok(Added::Linked(at)) => waiting.push((job, at)),
            Ok(Added::Repeated(row)) => aside.repeated.push((job, *row)),
            Ok(Added::Taken(taken)) => aside.taken.push((job, taken)),
            Ok(Added::Later) => {
                job.look = true;
                aside.later.push(job);
            }
            Err(Refusal::Store(fault)) => {
                let all = [job].into_iter().chain(jobs.by_ref()).chain(waiting.drain(..).map(|(job, _)| job));
                aside.answered.extend(all.map(|job| (job, Refusal::Store(fault.clone()))));
                aside.fault = Some(fault);
            }
            // It may have been sealed already, and then the answer is the seal.
            Err(_) if !job.look && job.offer().is_some() => {
                job.look = true;
                aside.later.push(job);
            }
            Err(refusal) => aside.answered.push((job, refusal)),
        }
    }
    let head = assembly.head_after();
    let Assembly { mut linked, contents, foreign, books, .. } = assembly;
    let after = After { head, books };
    if aside.fault.is_some() {
        linked.clear();
    }
    (Part { seat, linked, contents, foreign, waiting, after }, aside)
}

impl Part {
    /// What is stored, once it is signed.
    pub(crate) fn append(&mut self, sealed: &[fiscal::Sealed], done: bool) -> Append {
        let contents = std::mem::take(&mut self.contents);
        let rows: Vec<Row> = sealed
            .iter()
            .zip(contents)
            .map(|(sealed, content)| Row::new(sealed, content.stamped, content.reference, content.text))
            .collect();
        let keys = self.waiting.iter().filter_map(|(job, at)| {
            let Work::Sale(offer) = &job.work else { return None };
            let row = rows.get(*at)?;
            Some(KeyRow { key: offer.key()?.clone(), place: row.place, time: row.time })
        });
        let keys = keys.chain(std::mem::take(&mut self.foreign.keys)).collect();
        let prefix = self.seat.outlet.prefix;
        let acts = self.waiting.iter().filter_map(|(job, at)| job.act(rows.get(*at)?, prefix)).collect();
        let rows = rows.into_iter().chain(std::mem::take(&mut self.foreign.rows)).collect();
        let unfit = std::mem::take(&mut self.foreign.unfit);
        Append { keys, acts, head: self.after.head.clone(), rows, unfit, done }
    }

    /// The answer to a job of this part, once its records are durable; `row` is the first that was linked for it.
    pub(crate) fn done(&mut self, job: &Job, sealed: fiscal::Sealed, row: &Row) -> Done {
        if !matches!(job.work, Work::Delivery(_)) {
            return Done::of(sealed, row, self.seat.outlet.prefix);
        }
        let anchor = self.foreign.is_anchored.then(|| row.clone());
        match self.foreign.taken.take() {
            Some(taken) => Done::Taken(Box::new(Taken { anchor, ..*taken })),
            // A part takes one delivery.
            None => Done::of(sealed, row, self.seat.outlet.prefix),
        }
    }

    /// The seat after the part.
    pub(crate) fn into_seat(self) -> Seat {
        Seat { outlet: self.seat.outlet, head: self.after.head, books: self.after.books }
    }
}
