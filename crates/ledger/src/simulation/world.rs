use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use fiscal::{
    CivilDate, DeviceId, Epoch, FiscalNumber, HeadState, OutletId, PayloadHash, PublicKey, Record, Sealed,
    Timestamp, UtcOffset,
};
use p256::ecdsa::SigningKey;
use proptest::{prelude::Rng, test_runner::TestRng};
use verify::{JournalLine, Referee, Trust};

use super::{
    devices::Device,
    memory::{Fault, MemoryDatabase},
};
use crate::{
    AuthoritySource, By, ChainId, Database, Done, EpochReason, HeadRow, IdempotencyKey, ManifestBook,
    NoWitness, Offer, Refusal, SealingKey,
    keys::KnownKeys,
    store::LedgerStore,
    testing::{SimulatedClock, SimulatedSigner, credit_note, outlet, sale},
    tests::authority::note_of,
    writer::{Context, Job, Queue, Work, Writer},
};

/// Who seals in the cloud.
pub(super) const OWN: &str = "STELALA-01";
pub(super) const OUTLETS: [&str; 2] = ["KIN-GOMBE-01", "KIN-LIMETE-02"];
const START: u64 = 1_773_478_000; // 2026-03-14T08:46:40

/// What happened over all seeds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Census {
    sealed: u64,
    repeated: u64,
    replays: u64,
    keys_reused: u64,
    unavailable: u64,
    unknown: u64,
    rollbacks: u64,
    notes: u64,
    credit_refused: u64,
    closures: u64,
    epochs: u64,
    noted: u64,
    noted_before: u64,
    two_codes: u64,
    pub(super) lines: Lines,
}

/// What happened to lines of numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lines {
    left: u64,
    entered: u64,
    forced: u64,
    refused: u64,
    not_closed: u64,
    taken: u64,
    again: u64,
    passed_over: u64,
    duplicates: u64,
    over: u64,
}

impl Lines {
    fn all(&self) -> [u64; 10] {
        let Self { left, entered, forced, refused, not_closed, taken, again, .. } = *self;
        let Self { passed_over, duplicates, over, .. } = *self;
        [left, entered, forced, refused, not_closed, taken, again, passed_over, duplicates, over]
    }

    fn add(&mut self, other: &Self) {
        let [left, entered, forced, refused, not_closed, taken, again, passed_over, duplicates, over] =
            other.all();
        self.left += left;
        self.entered += entered;
        self.forced += forced;
        self.refused += refused;
        self.not_closed += not_closed;
        self.taken += taken;
        self.again += again;
        self.passed_over += passed_over;
        self.duplicates += duplicates;
        self.over += over;
    }
}

impl Census {
    pub(super) fn add(&mut self, other: &Self) {
        let Self { sealed, repeated, replays, keys_reused, unavailable, .. } = *other;
        self.sealed += sealed;
        self.repeated += repeated;
        self.replays += replays;
        self.keys_reused += keys_reused;
        self.unavailable += unavailable;
        self.unknown += other.unknown;
        self.rollbacks += other.rollbacks;
        self.notes += other.notes;
        self.credit_refused += other.credit_refused;
        self.closures += other.closures;
        self.epochs += other.epochs;
        self.noted += other.noted;
        self.noted_before += other.noted_before;
        self.two_codes += other.two_codes;
        self.lines.add(&other.lines);
    }

    pub(super) fn is_rich(&self) -> bool {
        let Self { sealed, repeated, replays, keys_reused, unavailable, unknown, rollbacks, .. } = *self;
        let more = [self.notes, self.credit_refused, self.closures, self.epochs];
        let of_authority = [self.noted, self.noted_before, self.two_codes];
        [sealed, repeated, replays, keys_reused, unavailable, unknown, rollbacks]
            .into_iter()
            .chain(more)
            .chain(of_authority)
            .chain(self.lines.all())
            .all(|count| count > 0)
    }
}

/// One sale of a client, and what it heard.
pub(super) struct Asked {
    pub(super) payload: Vec<u8>,
    pub(super) key: IdempotencyKey,
    heard: Vec<Result<Sealed, Refusal>>,
}

#[derive(Clone, Default)]
struct Faulty {
    clock: Arc<AtomicU64>,
    signer_away: Arc<AtomicBool>,
}

type Inbox = Arc<Mutex<Vec<(usize, Result<Done, Refusal>)>>>;

pub(super) struct World {
    rng: TestRng,
    pub(super) seed: u64,
    pub(super) database: MemoryDatabase,
    faulty: Faulty,
    key: SigningKey,
    processes: Vec<(Writer, Arc<Queue>)>,
    pub(super) asked: Vec<Asked>,
    /// What was answered of the authority's elements.
    noted: Vec<crate::Row>,
    inbox: Inbox,
    pub(super) devices: Vec<Device>,
    pub(super) census: Census,
}

impl World {
    pub(super) fn new(rng: TestRng, seed: u64) -> Self {
        let database = MemoryDatabase::default();
        let faulty = Faulty::default();
        faulty.clock.store(START, Ordering::Relaxed);
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let device: DeviceId = OWN.parse().unwrap();
        let mut store = database.clone();
        for id in OUTLETS {
            let outlet = outlet(id);
            let chain = ChainId { outlet: outlet.id, epoch: Epoch(0), signer: device };
            let head = HeadRow {
                chain,
                state: HeadState::START,
                key: None,
                totals: Vec::new(),
                generation: 0,
                holder: None,
            };
            store.create_outlet(&outlet, &head).unwrap();
        }
        let public = PublicKey::from(*key.verifying_key());
        let since = Timestamp::from_unix(START).unwrap();
        store.publish_key(&SealingKey { key: public, signer: device, since, until: None }).unwrap();
        let mut world = Self {
            rng,
            seed,
            database,
            faulty,
            key,
            processes: Vec::new(),
            asked: Vec::new(),
            noted: Vec::new(),
            inbox: Inbox::default(),
            devices: Vec::new(),
            census: Census::default(),
        };
        world.processes = (0..2).map(|process| world.process(process)).collect();
        world
    }

    fn process(&self, process: u64) -> (Writer, Arc<Queue>) {
        let queue = Arc::new(Queue::new(64));
        let context = Context {
            database: Arc::new(self.database.clone()) as Arc<dyn Database>,
            signer: Arc::new(SimulatedSigner {
                key: self.key.clone(),
                away: Arc::clone(&self.faulty.signer_away),
            }),
            clock: Arc::new(SimulatedClock(Arc::clone(&self.faulty.clock))),
            witness: Arc::new(NoWitness),
            manifest: RwLock::new(ManifestBook::default_book()),
            process,
            keys: KnownKeys::default(),
            vouchers: None,
        };
        (Writer::new(Arc::new(context), Arc::clone(&queue)), queue)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.rng.next_u64() % bound
    }

    pub(super) fn step(&mut self) {
        match self.below(160) {
            0..30 => self.sell(),
            30..38 => self.credit(),
            38..50 => self.ask_again(),
            50..55 => self.ask_otherwise(),
            55..80 => self.round(),
            80..84 => self.database.tables().fault = Some(Fault::Refused),
            84..88 => self.database.tables().fault = Some(Fault::AnswerLost),
            88..90 => self.database.tables().fault = Some(Fault::CommitLost),
            90..91 => self.database.tables().fault = Some(Fault::AnswerLostAndAway),
            91..92 => self.flip_database(),
            92..93 => self.flip_signer(),
            93..96 => self.move_clock(),
            96..98 => self.close(),
            98..99 => self.restart_or_hold(),
            99..100 => self.open_epoch(),
            100..110 => self.note_authority(),
            _ => self.step_of_line(),
        }
        self.hear();
    }

    fn flip_signer(&mut self) {
        self.faulty.signer_away.fetch_xor(true, Ordering::Relaxed);
    }

    fn flip_database(&mut self) {
        let mut tables = self.database.tables();
        tables.is_away = !tables.is_away;
    }

    fn move_clock(&mut self) {
        let (forth, back) = (self.below(7_200), self.below(4_000));
        let clock = &self.faulty.clock;
        clock.fetch_add(forth, Ordering::Relaxed);
        if back % 8 == 0 {
            clock.fetch_sub(back, Ordering::Relaxed);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.faulty.clock.load(Ordering::Relaxed)).unwrap()
    }

    fn sell(&mut self) {
        let outlet = OUTLETS[self.below(2) as usize];
        let payload = self.payload(outlet);
        self.ask_new(payload);
    }

    pub(super) fn payload(&mut self, outlet: &str) -> Vec<u8> {
        sale(outlet, self.now(), self.asked.len(), &self.below(40).to_string())
    }

    /// A credit note on something that was sealed, in full: a second one is refused.
    fn credit(&mut self) {
        let sealed: Vec<usize> = (0..self.asked.len()).filter(|at| self.seal_of(*at).is_some()).collect();
        if sealed.is_empty() {
            return;
        }
        let original = sealed[self.below(sealed.len() as u64) as usize];
        let seal = self.seal_of(original).unwrap();
        let text = std::str::from_utf8(&self.asked[original].payload).unwrap();
        if text.contains("credit_note") {
            return;
        }
        let note = credit_note(text, &seal, self.now(), self.asked.len());
        self.ask_new(note.into_bytes());
    }

    fn ask_new(&mut self, payload: Vec<u8>) {
        let which = self.want(payload);
        self.ask(which);
    }

    /// A client wants something sealed, and has not asked yet.
    pub(super) fn want(&mut self, payload: Vec<u8>) -> usize {
        let key = format!("key-{:08}", self.asked.len()).parse().unwrap();
        self.asked.push(Asked { payload, key, heard: Vec::new() });
        self.asked.len() - 1
    }

    fn ask_again(&mut self) {
        if !self.asked.is_empty() {
            let which = self.below(self.asked.len() as u64) as usize;
            self.ask(which);
        }
    }

    /// Under another's key, or without one.
    fn ask_otherwise(&mut self) {
        if self.asked.len() < 2 {
            return;
        }
        let which = self.below(self.asked.len() as u64) as usize;
        let other = self.below(self.asked.len() as u64) as usize;
        let key = (which != other).then(|| self.asked[other].key.clone());
        let before = self.seal_of(which).is_some();
        let offer = Offer::read(self.asked[which].payload.clone(), key).unwrap();
        // Only of what is known to be sealed: another way to ask must never make a second seal.
        if before {
            self.put(offer, usize::MAX);
        }
    }

    fn ask(&mut self, which: usize) {
        let asked = &self.asked[which];
        let offer = Offer::read(asked.payload.clone(), Some(asked.key.clone())).unwrap();
        self.put(offer, which);
    }

    fn put(&mut self, offer: Offer, which: usize) {
        let inbox = Arc::clone(&self.inbox);
        let by = By { actor: "till".parse().unwrap(), tenant: None, request: "r".parse().unwrap() };
        let offer = offer.by(by);
        let job = Job::new(offer.outlet(), Work::Sale(Box::new(offer)), move |done| {
            inbox.lock().unwrap().push((which, done));
        });
        let process = self.below(2) as usize;
        let _ = self.processes[process].1.put(job);
    }

    fn close(&mut self) {
        let date = self.now().date_at(UtcOffset::KINSHASA);
        let back = self.below(3) as u32;
        let date = CivilDate::from_days(date.days() - back).unwrap();
        self.other_work(Work::Closure(date));
    }

    /// What the authority says of something that is stored, whoever sealed it: now and then again, or under another code.
    fn note_authority(&mut self) {
        let invoices: Vec<crate::Row> =
            self.database.tables().rows.iter().filter(|row| row.is_invoice()).cloned().collect();
        if invoices.is_empty() {
            return;
        }
        let row = &invoices[self.below(invoices.len() as u64) as usize];
        let (kind, source) = match self.below(8) {
            0 => ("AAAA", AuthoritySource::Hand),
            1 => ("BBBB", AuthoritySource::Api),
            _ => ("YKAV", AuthoritySource::Api),
        };
        // No code is that of two invoices.
        let record = row.read().unwrap();
        let code = format!("{kind}{}", &record.hash().to_string()[..20]);
        for _ in 0..=self.below(2) {
            let note = note_of(&record, &code, source);
            self.work_at(row.place.chain.outlet, Work::Authority(Box::new(note)));
        }
    }

    fn open_epoch(&mut self) {
        if self.below(2) == 0 {
            self.other_work(Work::Epoch(EpochReason::Forced, None));
        }
    }

    fn other_work(&mut self, work: Work) {
        let outlet: OutletId = OUTLETS[self.below(2) as usize].parse().unwrap();
        self.work_at(outlet, work);
    }

    pub(super) fn work_at(&mut self, outlet: OutletId, work: Work) {
        let inbox = Arc::clone(&self.inbox);
        let job = Job::new(outlet, work, move |done| inbox.lock().unwrap().push((usize::MAX, done)));
        let process = self.below(2) as usize;
        let _ = self.processes[process].1.put(job);
    }

    fn restart_or_hold(&mut self) {
        if self.below(2) == 0 {
            let mut tables = self.database.tables();
            tables.is_held = !tables.is_held;
        } else {
            self.restart();
        }
    }

    /// A process dies: what waited in it is never answered.
    fn restart(&mut self) {
        let which = self.below(2) as usize;
        drop(self.processes[which].1.abandon(false));
        self.processes[which] = self.process(which as u64);
    }

    fn round(&mut self) {
        let which = self.below(2) as usize;
        let (writer, queue) = &mut self.processes[which];
        if queue.depth() > 0 {
            let jobs = queue.take(1 + (self.rng.next_u64() % 12) as usize, None).unwrap();
            writer.round(jobs);
        }
    }

    pub(super) fn hear(&mut self) {
        let heard = std::mem::take(&mut *self.inbox.lock().unwrap());
        for (which, done) in heard {
            self.count(&done);
            if let Ok(Done::Recorded(recorded)) = &done
                && recorded.row.body.as_deref().unwrap().contains(r#""host":"#)
            {
                self.noted.push(recorded.row.clone());
            }
            let Some(asked) = self.asked.get_mut(which) else { continue };
            match done {
                Ok(Done::Sealed(sealing)) => asked.heard.push(Ok(sealing.sealed)),
                Ok(Done::Recorded(_) | Done::Taken(_)) => panic!("a sale is answered with a seal"),
                Err(refusal) => asked.heard.push(Err(refusal)),
            }
        }
    }

    fn count(&mut self, done: &Result<Done, Refusal>) {
        let census = &mut self.census;
        *match done {
            Ok(Done::Sealed(sealing)) if sealing.repeated => &mut census.repeated,
            Ok(Done::Sealed(_)) => &mut census.sealed,
            Ok(Done::Recorded(recorded)) => match recorded.row.read().unwrap().header.subject {
                fiscal::Subject::Event(fiscal::EventKind::Closure) => &mut census.closures,
                fiscal::Subject::Event(fiscal::EventKind::Close) => &mut census.lines.left,
                fiscal::Subject::Event(fiscal::EventKind::HandOver) => &mut census.lines.entered,
                fiscal::Subject::Event(fiscal::EventKind::Authority) if recorded.repeated => {
                    &mut census.noted_before
                }
                fiscal::Subject::Event(fiscal::EventKind::Authority) => &mut census.noted,
                _ => &mut census.epochs,
            },
            Ok(Done::Taken(taken)) => {
                census.lines.duplicates += taken.duplicates.len() as u64;
                census.lines.over += taken.non_compliant.len() as u64;
                match taken.entered {
                    _ if taken.again.is_some() => &mut census.lines.again,
                    0 => &mut census.lines.passed_over,
                    _ => &mut census.lines.taken,
                }
            }
            Err(Refusal::HandedOver { .. }) => &mut census.lines.refused,
            Err(Refusal::NotClosed { .. } | Refusal::NotHolder { .. }) => &mut census.lines.not_closed,
            Err(Refusal::Authority(_)) => &mut census.two_codes,
            Err(Refusal::Replay { .. }) => &mut census.replays,
            Err(Refusal::KeyReused) => &mut census.keys_reused,
            Err(Refusal::OutcomeUnknown) => &mut census.unknown,
            Err(Refusal::Link(_)) => &mut census.rollbacks,
            Err(Refusal::Credit(_)) => &mut census.credit_refused,
            Err(_) => &mut census.unavailable,
        } += 1;
    }

    fn seal_of(&self, which: usize) -> Option<Sealed> {
        self.asked[which].heard.iter().find_map(|heard| heard.as_ref().ok().copied())
    }

    /// Everything comes back, and every client asks until it knows.
    pub(super) fn settle(&mut self) {
        self.database.tables().is_away = false;
        self.database.tables().is_held = false;
        self.database.tables().fault = None;
        self.faulty.signer_away.store(false, Ordering::Relaxed);
        self.faulty.clock.fetch_add(200_000, Ordering::Relaxed);
        self.drain();
        self.hear();
        self.bring_back();
        for which in 0..self.asked.len() {
            self.ask(which);
            self.drain();
            self.hear();
            let last = self.asked[which].heard.last().unwrap();
            let is_known = matches!(last, Ok(_) | Err(Refusal::Credit(_)));
            assert!(is_known, "seed {}: a client does not learn its fate: {last:?}", self.seed);
        }
    }

    pub(super) fn drain(&mut self) {
        for (writer, queue) in &mut self.processes {
            while queue.depth() > 0 {
                let jobs = queue.take(64, None).unwrap();
                writer.round(jobs);
            }
        }
    }

    pub(super) fn check(&mut self) {
        let seed = self.seed;
        let rows = self.database.tables().rows.clone();
        let flags = self.flags(r#""reason":"duplicate""#);
        let mut seals: BTreeMap<PayloadHash, Vec<Record>> = BTreeMap::new();
        for row in &rows {
            let record = row.read().unwrap();
            assert_eq!(PayloadHash::of(row.body.as_deref().unwrap().as_bytes()), record.link.payload);
            if row.is_invoice() {
                seals.entry(row.hash).or_default().push(record);
            }
        }
        for (which, asked) in self.asked.iter().enumerate() {
            let hash = PayloadHash::of(&asked.payload);
            let found = seals.remove(&hash).unwrap_or_default();
            // A second seal, by another signer, is flagged (L4).
            let flagged = flags.iter().filter(|body| body.contains(&hash.to_string())).count();
            assert!(found.len() <= 1 + flagged, "seed {seed}: sale {which} has {} seals", found.len());
            for heard in asked.heard.iter().flatten() {
                assert!(found.contains(heard.record()), "seed {seed}: sale {which} has another seal");
            }
            if matches!(asked.heard.last(), Some(Err(Refusal::Credit(_)))) {
                assert!(found.is_empty(), "seed {seed}: a refused note {which} was sealed");
            }
            let is_note = std::str::from_utf8(&asked.payload).unwrap().contains("credit_note");
            self.census.notes += u64::from(is_note && !found.is_empty());
        }
        assert!(seals.is_empty(), "seed {seed}: something was sealed that nobody asked for");
        self.check_acts(&rows);
        self.check_authority(&rows);
        self.check_lines(&rows);
        self.census.lines.forced +=
            self.flags(r#""signer":"DEF-"#).iter().filter(|body| body.contains("unreported")).count() as u64;
        for outlet in OUTLETS {
            self.referee(outlet.parse().unwrap(), &rows);
        }
    }

    /// Of each invoice the authority's answer stands once, and what was typed at most once; and what was heard, stands.
    fn check_authority(&self, rows: &[crate::Row]) {
        let seed = self.seed;
        let mut said: BTreeMap<(&str, bool), u64> = BTreeMap::new();
        for row in rows {
            let body = row.body.as_deref().unwrap();
            if row.read().unwrap().header.subject == fiscal::Subject::Event(fiscal::EventKind::Authority) {
                let (_, hash) = body.split_once(r#""record_hash":""#).unwrap();
                *said.entry((&hash[..64], body.contains(r#""source":"api""#))).or_default() += 1;
            }
        }
        assert!(said.values().all(|count| *count == 1), "seed {seed}: {said:?}");
        assert!(
            self.noted.iter().all(|row| rows.contains(row)),
            "seed {seed}: a note that was answered is not there"
        );
    }

    /// Each invoice has the act of who asked for it, and there is no act without one.
    fn check_acts(&self, rows: &[crate::Row]) {
        let number = |row: &crate::Row| {
            let prefix = outlet(row.place.chain.outlet.as_str()).prefix;
            row.number.map(|number| FiscalNumber { prefix, epoch: row.place.chain.epoch, number }.to_string())
        };
        let own: DeviceId = OWN.parse().unwrap();
        let mut sealed: Vec<String> =
            rows.iter().filter(|row| row.place.chain.signer == own).filter_map(number).collect();
        let mut acts: Vec<String> =
            self.database.tables().acts.iter().map(|act| act.subject.clone()).collect();
        sealed.sort();
        acts.sort();
        assert_eq!(acts, sealed, "seed {}", self.seed);
    }

    /// The referee reads the outlet's whole ledger, closures included.
    fn referee(&self, outlet: OutletId, rows: &[crate::Row]) {
        let trust = Trust::Keys(vec![PublicKey::from(*self.key.verifying_key())]);
        let mut referee = Referee::new(&trust, []);
        let own: DeviceId = OWN.parse().unwrap();
        let of_chain = |row: &&crate::Row| (row.place.chain.outlet, row.place.chain.signer) == (outlet, own);
        let mut of_outlet: Vec<_> = rows.iter().filter(of_chain).collect();
        of_outlet.sort_by_key(|row| row.place);
        for row in &of_outlet {
            let line = JournalLine::new(&row.read().unwrap(), row.body.as_deref());
            referee.read(line.to_json().as_bytes());
        }
        if !of_outlet.is_empty() {
            let verdict = referee.conclude();
            assert!(verdict.findings.is_empty(), "seed {}: {:?}", self.seed, verdict.findings);
        }
    }
}
