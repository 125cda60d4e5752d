//! The one thread that appends to the outlets of a shard: group commit without a timer.
//!
//! It takes everything that waits, links it, has it signed in parallel, commits it in one transaction, and only then
//! answers. While it commits, the next batch gathers.

mod assembly;
mod authority;
mod found;
mod held;
mod job;
mod judging;
mod line;
mod part;
mod placing;
mod queue;
mod resolve;
mod seat;
mod walk;

pub(crate) use held::held;
pub use job::{Done, Recorded, Sealing};
pub(crate) use job::{Job, Work};
pub(crate) use queue::{NotTaken, Queue};

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use fiscal::{Linked, Moment, OutletId, Sealed, Timestamp};
use signing::Signer;

use self::{
    part::{Aside, Part, Terms, assemble},
    resolve::InDoubt,
    seat::Seat,
};
use crate::{
    Clock, HeadRow, HeadWitness, ManifestBook, Refusal, Row, StoreFault, VoucherIssuer,
    keys::KnownKeys,
    store::{AppendFault, Appended, Database, LedgerStore, Turn},
};

/// At most so many jobs make a batch: what they hold is in memory twice, and a batch that is lost is made again.
const MOST_JOBS: usize = 512;
/// For so long a process keeps its turn while others want it.
const TURN: Duration = Duration::from_millis(200);
/// At most so long a writer waits for another process's turn before it looks again.
const PATIENCE: Duration = Duration::from_millis(10);

/// A job that waited so long for a turn is refused: whoever has it will not be done soon.
const MOST_HELD: Duration = Duration::from_secs(5);
/// After so long without a job an outlet's selling has paused.
const PAUSE: Duration = Duration::from_secs(1);

/// What every writer of a process has.
pub(crate) struct Context {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) witness: Arc<dyn HeadWitness>,
    pub(crate) manifest: RwLock<Arc<ManifestBook>>,
    /// Which process this is among those that serve the same outlets.
    pub(crate) process: u64,
    pub(crate) keys: KnownKeys,
    pub(crate) vouchers: Option<VoucherIssuer>,
}

impl Context {
    pub(crate) fn manifest(&self) -> Arc<ManifestBook> {
        Arc::clone(&self.manifest.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn use_manifest(&self, book: Arc<ManifestBook>) {
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = book;
    }
}

/// Appends what a queue has to the outlets of one shard.
pub(crate) struct Writer {
    context: Arc<Context>,
    queue: Arc<Queue>,
    store: Option<Box<dyn LedgerStore>>,
    /// The outlets whose newest head is known, under the generation of our turn.
    seats: BTreeMap<OutletId, Seat>,
    /// Heads that the witness may have left out, and when they were newest.
    heard: BTreeMap<OutletId, (HeadRow, Timestamp)>,
    /// Whether another process has the turn of an outlet of this round.
    waits_for_a_turn: bool,
}

impl Writer {
    pub(crate) fn new(context: Arc<Context>, queue: Arc<Queue>) -> Self {
        Self {
            context,
            queue,
            store: None,
            seats: BTreeMap::new(),
            heard: BTreeMap::new(),
            waits_for_a_turn: false,
        }
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        loop {
            // What pauses is told to the witness.
            let patience = (!self.heard.is_empty()).then_some(PAUSE);
            match self.queue.take(MOST_JOBS, patience) {
                Some(jobs) if !jobs.is_empty() => {
                    self.round(jobs);
                    self.tell_heads(PAUSE.as_secs());
                }
                more => {
                    self.tell_heads(0);
                    if more.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Heads behind which nothing came for so many seconds are noted outside.
    fn tell_heads(&mut self, seconds: u64) {
        let now = self.context.clock.now();
        let witness = &self.context.witness;
        self.heard.retain(|_, (head, at)| {
            let is_newest_still = now.seconds_after(*at) < seconds;
            if !is_newest_still {
                witness.note(head);
            }
            is_newest_still
        });
    }

    /// Does what jobs ask for, as far as it can be done now; what cannot goes back into the queue.
    pub(crate) fn round(&mut self, jobs: Vec<Job>) {
        let mut of_outlets: BTreeMap<OutletId, Vec<Job>> = BTreeMap::new();
        for job in jobs {
            of_outlets.entry(job.outlet).or_default().push(job);
        }
        let key = match self.context.signer.active_key() {
            Ok(key) => key,
            Err(fault) => return refuse_all(of_outlets.into_values().flatten(), &Refusal::Signer(fault)),
        };
        let now = self.context.clock.now();
        let moment = Moment { now, tolerance_seconds: Moment::CLOUD_TOLERANCE_SECONDS, counter: 0 };
        let context = Arc::clone(&self.context);
        let manifest = context.manifest();
        let terms = Terms { key: &key, manifest: &manifest, moment, vouchers: context.vouchers.as_ref() };
        self.waits_for_a_turn = false;
        let mut parts = Vec::new();
        let mut asides = Vec::new();
        for (outlet, jobs) in of_outlets {
            if let Some((part, aside)) = self.part(outlet, jobs, terms) {
                if aside.fault.is_some() {
                    self.store = None;
                }
                let in_doubt = aside.in_doubt;
                asides.push(aside);
                if !part.linked.is_empty() {
                    parts.push(part);
                } else if !in_doubt {
                    self.seats.insert(outlet, part.seat);
                }
            }
        }
        if parts.is_empty() && self.waits_for_a_turn {
            self.context.clock.pause(PATIENCE);
        }
        self.commit(parts);
        // After the commit: what was asked for twice in one batch finds its first.
        for aside in asides {
            self.put_aside(aside);
        }
    }

    /// Makes an outlet's part. None when its jobs were answered or wait for another round.
    fn part(&mut self, outlet: OutletId, jobs: Vec<Job>, terms: Terms<'_>) -> Option<(Part, Aside)> {
        // Repeating a closure appends nothing, and so nothing would show that another process sealed more since. Nor does
        // it show that a line is here again, where a sale is refused because a device holds it.
        let is_elsewhere = self.seats.get(&outlet).is_some_and(|seat| seat.head.holder.is_some());
        let doubts = |job: &Job| job.work.needs_newest_head() || is_elsewhere && job.offer().is_some();
        if jobs.iter().any(doubts) {
            self.seats.remove(&outlet);
        }
        let seat = match self.seat(outlet) {
            Ok(Some(seat)) => seat,
            Ok(None) => {
                self.wait_for_turn(jobs);
                return None;
            }
            Err(refusal) => {
                refuse_all(jobs, &refusal);
                return None;
            }
        };
        let (jobs, found) = match self.look(outlet, jobs) {
            Ok(looked) => looked,
            Err((jobs, fault)) => {
                self.store = None;
                refuse_all(jobs, &Refusal::Store(fault));
                return None;
            }
        };
        let prefix = seat.outlet.prefix;
        for (job, found) in found {
            let answer = self.answer_of(found, prefix);
            job.answer(answer);
        }
        match self.store() {
            Ok(store) => Some(assemble(seat, jobs, terms, store)),
            Err(fault) => {
                refuse_all(jobs, &Refusal::Store(fault));
                None
            }
        }
    }

    /// Another process has the turn: jobs wait for it in the queue, but not for ever.
    fn wait_for_turn(&mut self, jobs: Vec<Job>) {
        self.waits_for_a_turn = true;
        let longer = jobs.into_iter().map(|job| job.held_for(PATIENCE));
        let (over, waiting): (Vec<_>, Vec<_>) = longer.partition(|job| job.held > MOST_HELD);
        refuse_all(over, &Refusal::Held);
        self.queue.put_back(waiting);
    }

    /// The outlet's seat: the one that we have, or by a new turn. None while another process has its turn.
    fn seat(&mut self, outlet: OutletId) -> Result<Option<Seat>, Refusal> {
        if self.store.is_some()
            && let Some(seat) = self.seats.remove(&outlet)
        {
            return Ok(Some(seat));
        }
        let process = self.context.process;
        let store = self.store()?;
        let turn = store.take_turn(outlet, process, TURN);
        match turn {
            Ok(Turn::Taken(head)) => {
                let known = self.store()?.outlet(outlet)?.ok_or(Refusal::WrongOutlet)?;
                Ok(Some(Seat::new(known, head)?))
            }
            Ok(Turn::Held(_)) => Ok(None),
            Ok(Turn::NoOutlet) => Err(Refusal::WrongOutlet),
            Err(fault) => {
                self.store = None;
                Err(fault.into())
            }
        }
    }

    /// Signs, stores, answers.
    fn commit(&mut self, parts: Vec<Part>) {
        if parts.is_empty() {
            return;
        }
        let (mut parts, sealed) = match self.sign(parts) {
            Ok(signed) => signed,
            Err((parts, refusal)) => {
                for part in parts {
                    self.seats.insert(part.seat.outlet.id, part.seat);
                    refuse_all(part.waiting.into_iter().map(|(job, _)| job), &refusal);
                }
                return;
            }
        };
        let done = self.queue.depth() == 0;
        let appends: Vec<_> =
            parts.iter_mut().zip(&sealed).map(|(part, sealed)| part.append(sealed, done)).collect();
        let outcome = match self.store() {
            Ok(store) => store.append(&appends),
            Err(fault) => Err(AppendFault::NotDone(fault)),
        };
        match outcome {
            Ok(outcomes) => {
                for (((part, sealed), append), outcome) in
                    parts.into_iter().zip(sealed).zip(&appends).zip(outcomes)
                {
                    self.settle(part, sealed, &append.rows, outcome);
                }
            }
            Err(AppendFault::NotDone(fault)) => {
                tracing::warn!(%fault, "a batch was not stored");
                self.store = None;
                let refusal = Refusal::Store(fault);
                for part in parts {
                    refuse_all(part.waiting.into_iter().map(|(job, _)| job), &refusal);
                }
            }
            Err(AppendFault::Unknown(detail)) => {
                tracing::warn!(detail, "whether a batch was stored is not known: the head is read");
                self.store = None;
                let in_doubt = parts.into_iter().zip(sealed).zip(appends);
                self.resolve(
                    in_doubt.map(|((part, sealed), append)| InDoubt { part, sealed, append }).collect(),
                );
            }
        }
    }

    /// Has everything signed at once, part after part.
    #[allow(
        clippy::type_complexity,
        reason = "parts come back as they were, with their seals or with the refusal"
    )]
    fn sign(&self, mut parts: Vec<Part>) -> Result<(Vec<Part>, Vec<Vec<Sealed>>), (Vec<Part>, Refusal)> {
        let counts: Vec<usize> = parts.iter().map(|part| part.linked.len()).collect();
        let all: Vec<Linked> = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.linked)).collect();
        match self.context.signer.seal(all) {
            Ok(sealed) => {
                let mut sealed = sealed.into_iter();
                let of_parts = counts.into_iter().map(|count| sealed.by_ref().take(count).collect());
                Ok((parts, of_parts.collect()))
            }
            Err(fault) => {
                tracing::warn!(%fault, "a batch was not signed");
                Err((parts, Refusal::Signer(fault)))
            }
        }
    }

    /// A part whose outcome is known.
    fn settle(&mut self, mut part: Part, sealed: Vec<Sealed>, rows: &[Row], outcome: Appended) {
        match outcome {
            Appended::Durable => {
                let waiting = std::mem::take(&mut part.waiting);
                let answered = waiting.into_iter().map(|(job, at)| {
                    let done = part.done(&job, sealed[at], &rows[at]);
                    (job, done)
                });
                let answered: Vec<_> = answered.collect();
                let seat = part.into_seat();
                self.context.witness.hear(&seat.head);
                self.heard.insert(seat.outlet.id, (seat.head.clone(), self.context.clock.now()));
                self.seats.insert(seat.outlet.id, seat);
                for (job, done) in answered {
                    job.answer(Ok(done));
                }
            }
            Appended::Overtaken => {
                self.queue.put_back(part.waiting.into_iter().map(|(job, _)| job).collect())
            }
            Appended::Corrupt => {
                let outlet = part.seat.outlet.id;
                tracing::error!(%outlet, "the database holds something else in the place of a record");
                let fault = StoreFault::Corrupt("another record is in this place".to_owned());
                refuse_all(part.waiting.into_iter().map(|(job, _)| job), &Refusal::Store(fault));
            }
            Appended::Known => {
                self.seats.insert(part.seat.outlet.id, part.seat);
                let jobs = part.waiting.into_iter().map(|(job, _)| job.looked_for());
                self.queue.put_back(jobs.collect());
            }
        }
    }

    fn put_aside(&mut self, aside: Aside) {
        for (job, refusal) in aside.answered {
            job.answer(Err(refusal));
        }
        for (job, row) in aside.repeated {
            job.answer(Ok(Done::Recorded(Box::new(Recorded { row, repeated: true }))));
        }
        for (job, taken) in aside.taken {
            job.answer(Ok(Done::Taken(taken)));
        }
        self.queue.put_back(aside.later);
    }

    /// The connection, opened when there is none.
    fn store(&mut self) -> Result<&mut dyn LedgerStore, StoreFault> {
        if self.store.is_none() {
            // What a head was under another connection may have changed since.
            self.seats.clear();
            self.store = Some(self.context.database.connect()?);
        }
        match self.store.as_deref_mut() {
            Some(store) => Ok(store),
            None => Err(StoreFault::Unavailable("no connection".to_owned())),
        }
    }
}

fn refuse_all(jobs: impl IntoIterator<Item = Job>, refusal: &Refusal) {
    for job in jobs {
        job.answer(Err(refusal.clone()));
    }
}
