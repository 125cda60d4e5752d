use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, RwLock, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use fiscal::{CivilDate, DeviceId, Epoch, FiscalNumber, HeadState, OutletId, Timestamp};
use signing::{Attester, Signer};

use crate::{
    AuthorityNote, By, ChainId, Clock, Delivery, Done, EpochReason, HeadRow, HeadWitness, Held,
    IdempotencyKey, Lost, ManifestBook, Offer, Outlet, Recorded, Refusal, Row, Sealing, StoreFault, Taken,
    VoucherIssuer, VoucherOrder,
    keys::KnownKeys,
    readers::Readers,
    store::{Database, LedgerStore},
    voucher,
    writer::{Context, Job, NotTaken, Queue, Work, Writer, held},
};

/// All outlets' ledgers in one database. A handle: clones serve the same.
///
/// A question is answered on the thread that asks. What is appended goes to the writer of the outlet's shard, and is
/// answered when it is durable.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    context: Arc<Context>,
    readers: Readers,
    attester: Option<Arc<dyn Attester>>,
    shards: Vec<Arc<Queue>>,
    writers: Mutex<Vec<JoinHandle<()>>>,
}

/// What a ledger runs on.
pub struct Parts {
    /// Where it is stored.
    pub database: Arc<dyn Database>,
    /// Who seals.
    pub signer: Arc<dyn Signer>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who hears of heads.
    pub witness: Arc<dyn HeadWitness>,
    /// A number that no other process over the same database has, as a random one.
    pub process: u64,
    /// Who signs vouchers, if anyone does.
    pub vouchers: Option<VoucherIssuer>,
    /// Who signs X and A reports; without one they are not signed.
    pub attester: Option<Arc<dyn Attester>>,
}

/// How much a ledger does at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many writers share the outlets: one for SQLite, which has one writer anyway.
    pub writers: NonZeroUsize,
    /// How many jobs wait for each writer at most; later ones are refused with [`Refusal::Busy`].
    pub queue: NonZeroUsize,
    /// How many connections are kept for questions.
    pub readers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // 1 and 4,096 are not 0.
        let number = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
        Self { writers: number(1), queue: number(4_096), readers: 4 }
    }
}

/// After this time there is room again in a full queue: a writer does thousands of jobs in it.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Ledger {
    /// Starts the writers.
    pub fn start(parts: Parts, limits: Limits) -> std::io::Result<Self> {
        let Parts { database, signer, clock, witness, process, vouchers, attester } = parts;
        let readers = Readers::new(Arc::clone(&database), limits.readers);
        let manifest = RwLock::new(ManifestBook::default_book());
        let keys = KnownKeys::default();
        let context =
            Arc::new(Context { database, signer, clock, witness, manifest, process, keys, vouchers });
        let (mut shards, mut writers) = (Vec::new(), Vec::new());
        for shard in 0..limits.writers.get() {
            let queue = Arc::new(Queue::new(limits.queue.get()));
            let writer = Writer::new(Arc::clone(&context), Arc::clone(&queue));
            let guarded = Arc::clone(&queue);
            let run = move || {
                // Should a writer panic, nobody waits for it in vain.
                let _abandons = Abandons(guarded);
                writer.run();
            };
            writers.push(std::thread::Builder::new().name(format!("ledger-{shard}")).spawn(run)?);
            shards.push(queue);
        }
        let writers = Mutex::new(writers);
        Ok(Self { inner: Arc::new(Inner { context, readers, attester, shards, writers }) })
    }

    /// Registers an outlet: its ledger begins with its first record.
    pub fn register(&self, outlet: &Outlet) -> Result<(), Refusal> {
        let chain =
            ChainId { outlet: outlet.id, epoch: Epoch(0), signer: self.inner.context.signer.device() };
        let head = HeadRow {
            chain,
            state: HeadState::START,
            key: None,
            totals: Vec::new(),
            generation: 0,
            holder: None,
        };
        self.ask(|store| store.create_outlet(outlet, &head))
    }

    /// Has a sale sealed. `answer` is called once, on another thread, and must not block.
    pub fn submit(&self, offer: Offer, answer: impl FnOnce(Result<Sealing, Refusal>) + Send + 'static) {
        let outlet = offer.outlet();
        self.enqueue(Job::new(outlet, Work::Sale(Box::new(offer)), move |done| {
            answer(done.and_then(|done| match done {
                Done::Sealed(sealing) => Ok(*sealing),
                Done::Recorded(_) | Done::Taken(_) => Err(Refusal::NotFound("the answer is no invoice")),
            }));
        }));
    }

    /// Has a sale sealed, and waits.
    pub fn seal(&self, offer: Offer) -> Result<Sealing, Refusal> {
        wait(|answer| self.submit(offer, answer))
    }

    /// Closes a business day of an outlet, or repeats what closed it (Z report, D12).
    pub fn close(&self, outlet: OutletId, date: CivilDate, by: Option<By>) -> Result<Recorded, Refusal> {
        wait(|answer| self.submit_closure(outlet, date, by, answer))
    }

    /// Has a business day closed as [`Self::close`] does. `answer` is called once, on another thread, and must not block.
    pub fn submit_closure(
        &self,
        outlet: OutletId,
        date: CivilDate,
        by: Option<By>,
        answer: impl FnOnce(Result<Recorded, Refusal>) + Send + 'static,
    ) {
        let job = Job::new(outlet, Work::Closure(date), move |done| answer(done.and_then(recorded)));
        self.enqueue(job.by(by));
    }

    /// Opens a new epoch, numbered from 1 (L2): above the outlet's newest, and above one that is known from elsewhere, as
    /// from heads that were kept outside the database.
    pub fn open_epoch(
        &self,
        outlet: OutletId,
        reason: EpochReason,
        known: Option<Epoch>,
        by: Option<By>,
    ) -> Result<Recorded, Refusal> {
        self.record(outlet, Work::Epoch(reason, known), by)
    }

    /// Gives leave to credit an original at another signer, once (L5): the voucher as a credit note names it.
    pub fn vouch(&self, outlet: OutletId, order: VoucherOrder, by: Option<By>) -> Result<String, Refusal> {
        let recorded = self.record(outlet, Work::Voucher(order), by)?;
        voucher::token_of(&recorded.row).ok_or(Refusal::NotFound("the record is no voucher"))
    }

    /// Seals what the tax authority says of an invoice of the outlet, whoever sealed that (A1). Asked for again with the same
    /// code, it repeats the record. Another code is refused ([`crate::AuthorityFault::TwoCodes`]), but that the authority's
    /// own answer is sealed beside what someone typed or imported: the answer is what counts.
    pub fn note_authority(
        &self,
        outlet: OutletId,
        note: AuthorityNote,
        by: Option<By>,
    ) -> Result<Recorded, Refusal> {
        wait(|answer| self.submit_authority(outlet, note, by, answer))
    }

    /// Has it sealed as [`Self::note_authority`] does, with what else waits in one transaction. `answer` is called once, on
    /// another thread, and must not block.
    pub fn submit_authority(
        &self,
        outlet: OutletId,
        note: AuthorityNote,
        by: Option<By>,
        answer: impl FnOnce(Result<Recorded, Refusal>) + Send + 'static,
    ) {
        let work = Work::Authority(Box::new(note));
        self.enqueue(Job::new(outlet, work, move |done| answer(done.and_then(recorded))).by(by));
    }

    /// Takes what another signer sealed, anchors it in the ledger's own chain and flags what is wrong with it (L1, L4, L6).
    /// What is held already is passed over; what cannot be placed is kept beside the chains and holds nothing else up.
    pub fn deliver(&self, delivery: Delivery, by: Option<By>) -> Result<Taken, Refusal> {
        // Who asks for one of its invoices later gets it verified.
        if let Some(key) = delivery.sealing_key() {
            self.ask(|store| self.keys().publish(key, store))?;
        }
        let outlet = delivery.chain().outlet;
        let work = Work::Delivery(Box::new(delivery));
        match wait(|answer| self.enqueue(Job::new(outlet, work, answer).by(by)))? {
            Done::Taken(taken) => Ok(*taken),
            Done::Recorded(_) | Done::Sealed(_) => Err(Refusal::NotFound("the answer is of no delivery")),
        }
    }

    /// How far a chain of another signer is held: durable, for acknowledgements (D10) and to go on from.
    pub fn held(&self, chain: ChainId) -> Result<Option<Held>, Refusal> {
        self.ask(|store| held(store, chain))
    }

    /// Gives an outlet's line of numbers to a device: the ledger's own signer seals its `close`, and no invoice after it
    /// (L2). The device may enter by what [`Self::line`] says then. Asked for again, it repeats the record.
    pub fn leave(&self, outlet: OutletId, to: DeviceId, by: Option<By>) -> Result<Recorded, Refusal> {
        self.record(outlet, Work::Leave(to), by)
    }

    /// Takes an outlet's line of numbers back from a device whose `close` is held: the numbers go on from its last (L2).
    /// Asked for again, it repeats the record.
    pub fn enter(&self, outlet: OutletId, from: DeviceId, by: Option<By>) -> Result<Recorded, Refusal> {
        self.record(outlet, Work::Enter(from), by)
    }

    /// Takes an outlet's line of numbers from a device that will not close it: a new epoch, numbered from 1, in which the
    /// ledger's own signer seals, and the end of that device's key (L2). The answer is the record that opens the epoch;
    /// asked for again, it is repeated.
    pub fn force(&self, outlet: OutletId, lost: Lost, by: Option<By>) -> Result<Recorded, Refusal> {
        self.record(outlet, Work::Force(lost), by)
    }

    /// The invoice with a fiscal number. One that a device delivered with a false seal has none to show: what is wrong with
    /// it [`Self::non_compliant`] says.
    pub fn invoice(&self, number: &FiscalNumber) -> Result<Option<Sealing>, Refusal> {
        let Context { keys, signer, .. } = &*self.inner.context;
        let found = self.ask(|store| {
            let Some(outlet) = store.outlet_by_prefix(number.prefix)? else { return Ok(None) };
            let Some(row) = store.by_number(outlet.id, number.epoch, number.number)? else { return Ok(None) };
            match keys.verify(&row, store) {
                Ok(sealed) => Ok(Some(Some(Sealing { sealed, prefix: outlet.prefix, repeated: true }))),
                // It was delivered so, and is flagged.
                Err(StoreFault::Corrupt(_)) if row.place.chain.signer != signer.device() => Ok(Some(None)),
                Err(fault) => Err(fault),
            }
        })?;
        let no_seal = Refusal::NotFound(
            "the invoice of this number was delivered with a seal that is not valid: ask what is wrong with it",
        );
        found.map(|sealing| sealing.ok_or(no_seal)).transpose()
    }

    /// What was sealed under an idempotency key, for who lost the answer.
    pub fn by_key(&self, outlet: OutletId, key: &IdempotencyKey) -> Result<Option<Row>, Refusal> {
        self.ask(|store| key.sealed(store, outlet))
    }

    /// An outlet.
    pub fn outlet(&self, id: OutletId) -> Result<Option<Outlet>, Refusal> {
        self.ask(|store| store.outlet(id))
    }

    /// How many connections are kept for questions.
    pub fn readers(&self) -> usize {
        self.inner.readers.most()
    }

    /// Asks the database, with a connection that is kept for questions.
    pub fn ask<T>(
        &self,
        question: impl FnOnce(&mut dyn LedgerStore) -> Result<T, StoreFault>,
    ) -> Result<T, Refusal> {
        self.inner.readers.ask(question).map_err(Refusal::Store)
    }

    /// Whether all writers work. One that has panicked does nothing more in this process.
    pub fn is_sound(&self) -> bool {
        !self.inner.shards.iter().any(|queue| queue.has_failed())
    }

    /// How many jobs wait, over all writers.
    pub fn depth(&self) -> usize {
        self.inner.shards.iter().map(|queue| queue.depth()).sum()
    }

    /// Takes no more, does what waits, and ends the writers.
    pub fn stop(&self) {
        self.inner.shards.iter().for_each(|queue| queue.close());
        let writers = std::mem::take(&mut *self.inner.writers.lock().unwrap_or_else(PoisonError::into_inner));
        for writer in writers {
            if writer.join().is_err() {
                tracing::error!("a writer of the ledger had panicked");
            }
        }
    }

    /// The tax groups that hold for what is sealed next.
    pub fn manifest(&self) -> Arc<ManifestBook> {
        self.inner.context.manifest()
    }

    /// Takes other tax groups from the next batch on, without asking whether they follow those that it has
    /// ([`ManifestBook::follows`]): what was sealed is not looked at again.
    pub fn use_manifest(&self, book: Arc<ManifestBook>) {
        self.inner.context.use_manifest(book);
    }

    /// Who seals the ledger's own chains.
    pub(crate) fn signer(&self) -> DeviceId {
        self.inner.context.signer.device()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.context.clock.now()
    }

    pub(crate) fn keys(&self) -> &KnownKeys {
        &self.inner.context.keys
    }

    pub(crate) fn attester(&self) -> Option<&dyn Attester> {
        self.inner.attester.as_deref()
    }

    fn record(&self, outlet: OutletId, work: Work, by: Option<By>) -> Result<Recorded, Refusal> {
        recorded(wait(|answer| self.enqueue(Job::new(outlet, work, answer).by(by)))?)
    }

    fn enqueue(&self, job: Job) {
        let shards = &self.inner.shards;
        let shard = &shards[shard_of(job.outlet, shards.len())];
        match shard.put(job) {
            Ok(()) => {}
            Err(NotTaken::Full(job)) => job.answer(Err(Refusal::Busy { retry_after: RETRY_AFTER })),
            Err(NotTaken::Closed(job)) => job.answer(Err(Refusal::Stopping)),
            Err(NotTaken::Failed(job)) => job.answer(Err(Refusal::Failed)),
        }
    }
}

/// Who forgets to stop a ledger does not keep its writers and their connections.
impl Drop for Inner {
    fn drop(&mut self) {
        self.shards.iter().for_each(|queue| queue.close());
    }
}

/// When a writer ends, however it ends, what still waits is answered.
struct Abandons(Arc<Queue>);

impl Drop for Abandons {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        for job in self.0.abandon(failed) {
            job.answer(Err(if failed { Refusal::Failed } else { Refusal::Stopping }));
        }
    }
}

fn recorded(done: Done) -> Result<Recorded, Refusal> {
    match done {
        Done::Recorded(recorded) => Ok(*recorded),
        Done::Sealed(_) | Done::Taken(_) => Err(Refusal::NotFound("the answer is no record of the ledger")),
    }
}

/// FNV-1a: any spread does, as long as an outlet has one writer.
fn shard_of(outlet: OutletId, shards: usize) -> usize {
    let hash = outlet.as_str().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // The remainder is less than a usize.
    (hash % shards as u64) as usize
}

fn wait<T: Send + 'static>(
    ask: impl FnOnce(Box<dyn FnOnce(Result<T, Refusal>) + Send>),
) -> Result<T, Refusal> {
    let (sender, receiver) = mpsc::sync_channel(1);
    ask(Box::new(move |answer| {
        // Nobody waits any more.
        let _ = sender.send(answer);
    }));
    receiver.recv().unwrap_or(Err(Refusal::OutcomeUnknown))
}
