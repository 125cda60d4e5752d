//! What the tests of the sync share: a merchant whose outlets sell, a clock that tests move, and the authority's simulator.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use edef::{AuthorityCode, HttpAuthority, HttpClient, Patience};
use edef_sim::{Options, Simulator, Wanted};
use fiscal::{
    DeviceId, FiscalNumber, Linked, Nif, OutletId, PrivateKey, Proof, PublicKey, Sealed, Timestamp, UtcOffset,
};
use ledger::{
    By, Clock, Database, Ledger, Limits, ManifestBook, NoWitness, Offer, Outlet, Parts, Sealing, SealingKey,
    SinceEpoch, SqliteDatabase, Statements,
};
use p256::ecdsa::SigningKey;
use registry::MerchantId;
use signing::{Signer, SignerFault};
use sync::{
    Agent, AgentParts, Asked, At, AuthorityOf, Desk, Follower, Job, JobState, Machine, MachineChange,
    MachineId, NewMachine, Owner, Paper, Settings, Sync,
    lane::{NoSheet, Sheet, Translate, translate},
};
use webhooks::{Random, Vault};

const SALE: &str = include_str!("../../../../examples/day/001-bread-and-eggs.json");
/// 2026-03-14T08:00:00.
const START: u64 = 1_773_475_200_000;
const NIF: &str = "A2301457K";

/// Time in milliseconds, that tests move.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn at(&self) -> At {
        At(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn since_epoch(&self) -> SinceEpoch {
        let clock = self.clone();
        Arc::new(move || Duration::from_millis(clock.0.load(Ordering::SeqCst)))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst) / 1_000).unwrap()
    }

    fn pause(&self, _: Duration) {}
}

struct TestSigner(SigningKey);

impl Signer for TestSigner {
    fn device(&self) -> DeviceId {
        "STELALA-01".parse().unwrap()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        Ok(PublicKey::from(*self.0.verifying_key()))
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        let key: &SigningKey = &self.0;
        let proof = Proof::of(self.active_key()?, [1; 32], |hash| PrivateKey::sign(key, hash)).unwrap();
        let seal = |linked: Linked| {
            let signature = PrivateKey::sign(key, &linked.hash()).unwrap();
            linked.seal_proven(signature, &proof).unwrap()
        };
        Ok(linked.into_iter().map(seal).collect())
    }
}

/// Keeps secrets so that a test would find them, were they told.
pub(crate) struct TestVault;

impl Vault for TestVault {
    fn seal(&self, about: &str, secret: &[u8], _: Random<'_>) -> String {
        let hidden: String = secret.iter().map(|byte| format!("{:02x}", byte ^ 0x55)).collect();
        format!("{about} {hidden}")
    }

    fn open(&self, about: &str, text: &str) -> Option<Vec<u8>> {
        let hidden = text.strip_prefix(about)?.strip_prefix(' ')?;
        let byte = |at: usize| u8::from_str_radix(hidden.get(at..at + 2)?, 16).ok().map(|byte| byte ^ 0x55);
        (0..hidden.len() / 2).map(|index| byte(index * 2)).collect()
    }
}

struct DefaultManifest;

impl Translate for DefaultManifest {
    fn sheet(
        &self,
        job: &Job,
        paper: &Paper,
        machine: &Machine,
        original: Option<AuthorityCode>,
    ) -> Result<Sheet, NoSheet> {
        let book = ManifestBook::default_book();
        translate(job, paper, machine, original, (&book.as_manifest(), UtcOffset::KINSHASA))
    }
}

pub(crate) fn translator() -> Arc<dyn Translate> {
    Arc::new(DefaultManifest)
}

/// A database in a new directory, in memory where the system has such a place: nothing here asks what a disk keeps.
pub(crate) fn sqlite(clock: &TestClock) -> (tempfile::TempDir, Arc<dyn Database>) {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let database = SqliteDatabase::open(directory.path().join("ledger"), clock.since_epoch()).unwrap();
    (directory, Arc::new(database))
}

pub(crate) fn ledger(database: &Arc<dyn Database>, clock: &TestClock, process: u64) -> Ledger {
    let parts = Parts {
        database: Arc::clone(database),
        signer: Arc::new(TestSigner(SigningKey::from_slice(&[7; 32]).unwrap())),
        clock: Arc::new(clock.clone()),
        witness: Arc::new(NoWitness),
        process,
        vouchers: None,
        attester: None,
    };
    Ledger::start(parts, Limits::default()).unwrap()
}

/// A merchant with three outlets, whose ids and prefixes no other with another number has, and an authority of his own.
pub(crate) struct World {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) clock: TestClock,
    pub(crate) ledger: Ledger,
    pub(crate) merchant: MerchantId,
    pub(crate) outlets: Vec<OutletId>,
    pub(crate) authority: Simulator,
    pub(crate) number: u64,
    sales: AtomicU64,
}

impl World {
    pub(crate) fn new(database: Arc<dyn Database>, clock: TestClock, number: u64) -> Self {
        Sync::prepare(&mut *database.connect().unwrap()).unwrap();
        let ledger = ledger(&database, &clock, number + 1);
        let signer = TestSigner(SigningKey::from_slice(&[7; 32]).unwrap());
        let key = SealingKey {
            key: signer.active_key().unwrap(),
            signer: signer.device(),
            since: clock.now(),
            until: None,
        };
        // It may have been published by a world before.
        let _ = ledger.ask(|store| store.publish_key(&key));
        let mut outlets = Vec::new();
        for letter in ["A", "B", "C"] {
            let outlet = Outlet {
                id: format!("O-{number}-{letter}").parse().unwrap(),
                nif: NIF.parse().unwrap(),
                prefix: format!("{letter}{number:07}").parse().unwrap(),
                zone: UtcOffset::KINSHASA,
            };
            ledger.register(&outlet).unwrap();
            outlets.push(outlet.id);
        }
        leave_behind(&database, &clock);
        let options = Options { machines: Vec::new(), seed: Some(number), ..Options::default() };
        let (authority, merchant) = (edef_sim::spawn(options).unwrap(), merchant(number));
        Self { database, clock, ledger, merchant, outlets, authority, number, sales: AtomicU64::new(0) }
    }

    /// Seals a sale that no other is like.
    pub(crate) fn sell(&self, outlet: OutletId) -> Sealing {
        self.ledger.seal(Offer::read(self.sale(outlet).into_bytes(), None).unwrap()).unwrap()
    }

    fn sale(&self, outlet: OutletId) -> String {
        let terminal = self.sales.fetch_add(1, Ordering::SeqCst);
        SALE.trim_end()
            .replace("KIN-GOMBE-01", outlet.as_str())
            .replace("CAISSE-1", &format!("CAISSE-{terminal}"))
            .replace("2026-03-14T07:04:12", &self.clock.now().to_string())
    }

    /// Takes all of a sale back.
    pub(crate) fn void(&self, outlet: OutletId, sale: &Sealing) -> Sealing {
        let record = sale.sealed.record();
        let number = record.header.invoice().unwrap().number.value();
        let (epoch, code) = (record.header.epoch.0, record.signature.auth_code());
        let reference = format!(
            r#""reference":{{"nature":"RAN","outlet_id":"{outlet}","epoch":{epoch},"invoice_seq":{number},"auth_code":"{code}"}},"annex""#
        );
        let note = self
            .sale(outlet)
            .replace(r#""invoice_type":"sale""#, r#""invoice_type":"credit_note""#)
            .replace(r#""quantity":""#, r#""quantity":"-"#)
            .replace("\"19500.00\"", "\"-19500.00\"")
            .replace(r#""annex""#, &reference);
        self.ledger.seal(Offer::read(note.into_bytes(), None).unwrap()).unwrap()
    }

    /// Makes an e-MCF at the authority and registers it for outlets.
    pub(crate) fn machine(&self, outlets: &[OutletId]) -> Machine {
        let made = self.authority.change(|world, now, dice| world.add(Wanted::of(NIF), now, dice)).unwrap();
        let new = NewMachine {
            url: self.authority.url().parse().unwrap(),
            nim: made.nim.to_string().parse().unwrap(),
            nif: NIF.parse().unwrap(),
            isf: "STELALA".parse().unwrap(),
            dialect: edef::Dialect::default(),
            token: made.token.as_str().parse().unwrap(),
            outlets: outlets.to_vec(),
            exclusive: true,
            is_test: true,
        };
        let nif: Nif = NIF.parse().unwrap();
        let (owner, by) =
            (Owner { merchant: &self.merchant, nif, outlets: &self.outlets, is_platform: true }, by());
        let mut random =
            entropy(self.number * 1_000 + self.clock.at().0 + made.finalised + outlets.len() as u64);
        self.clock.pass(Duration::from_millis(1));
        let asked = Asked { by: &by, now: self.clock.at() };
        self.desk(|desk| desk.create_machine(&new, owner, &TestVault, &mut random, asked)).unwrap()
    }

    /// A person changes a machine.
    pub(crate) fn change_machine(&self, id: &MachineId, change: &MachineChange) -> Machine {
        let nif: Nif = NIF.parse().unwrap();
        let (owner, by) =
            (Owner { merchant: &self.merchant, nif, outlets: &self.outlets, is_platform: true }, by());
        let mut random = entropy(self.number * 1_000 + self.clock.at().0);
        let asked = Asked { by: &by, now: self.clock.at() };
        self.desk(|desk| desk.change_machine(id, change, owner, &TestVault, &mut random, asked)).unwrap()
    }

    pub(crate) fn desk<T>(&self, ask: impl FnOnce(&mut Desk<'_>) -> T) -> T {
        ask(&mut Desk::over(&mut *self.database.connect().unwrap()))
    }

    pub(crate) fn agent(&self, seed: u64, machines: usize) -> Agent {
        self.agent_over(self.ledger.clone(), seed, machines)
    }

    pub(crate) fn agent_over(&self, ledger: Ledger, seed: u64, machines: usize) -> Agent {
        let parts = AgentParts {
            ledger,
            clock: self.clock.since_epoch(),
            entropy: Box::new(entropy(self.number * 77 + seed)),
            vault: Arc::new(TestVault),
            authority: authority_of(),
            translate: translator(),
            by: by(),
        };
        let settings = Settings {
            machines: machines.try_into().unwrap(),
            poll: Duration::from_millis(20),
            turn: Duration::from_millis(300),
            ..Settings::default()
        };
        Agent::start(parts, settings).unwrap()
    }

    /// All jobs of the world's outlets.
    pub(crate) fn jobs(&self) -> Vec<Job> {
        jobs_of(&self.database, &self.outlets)
    }

    /// Lets time pass until something is so of the jobs.
    pub(crate) fn until(&self, is_so: impl Fn(&[Job]) -> bool) -> Vec<Job> {
        let mut jobs = Vec::new();
        for _ in 0..12_000 {
            jobs = self.jobs();
            if is_so(&jobs) {
                return jobs;
            }
            self.clock.pass(Duration::from_millis(20));
            std::thread::sleep(Duration::from_millis(10));
        }
        let states: Vec<_> =
            jobs.iter().map(|job| (job.fiscal, job.state, job.recorded, &job.error)).collect();
        panic!("it did not come to that: {states:?}");
    }

    /// How many invoices the authority has finalised, and of how many of ours.
    pub(crate) fn finalised(&self) -> (usize, usize) {
        self.authority.look(|world| {
            let nims: Vec<_> = world.machines().map(|machine| machine.nim).collect();
            let all: Vec<_> = nims.into_iter().flat_map(|nim| world.finalised(nim)).collect();
            let of: std::collections::BTreeSet<_> = all.iter().map(|one| one.rn.clone()).collect();
            (all.len(), of.len())
        })
    }
}

/// What worlds before have left in the same database is nothing to the agents of this one.
fn leave_behind(database: &Arc<dyn Database>, clock: &TestClock) {
    let mut store = database.connect().unwrap();
    let (mut follower, mut has_more) = (Follower::default(), true);
    while has_more {
        has_more = follower.round(&mut *store, clock.at(), &mut || {}).unwrap().has_more;
    }
    let stop = |statements: &mut dyn Statements| {
        statements.execute("UPDATE sync_machines SET state = 'stopped'", &[])?;
        statements.execute("UPDATE sync_jobs SET recorded = 1", &[]).map(|_| ())
    };
    store.change(&mut |statements| stop(statements)).unwrap();
}

pub(crate) fn jobs_of(database: &Arc<dyn Database>, outlets: &[OutletId]) -> Vec<Job> {
    let mut store = database.connect().unwrap();
    let listed = Desk::over(&mut *store)
        .jobs(sync::Sight::Outlets(outlets), &sync::JobFilter::default(), None, 500)
        .unwrap();
    listed.into_iter().map(|listed| listed.job).collect()
}

pub(crate) fn all_are(jobs: &[Job], count: usize, state: JobState) -> bool {
    jobs.len() == count && jobs.iter().all(|job| job.state == state)
}

pub(crate) fn all_recorded(jobs: &[Job], count: usize) -> bool {
    all_are(jobs, count, JobState::Synced) && jobs.iter().all(|job| job.recorded)
}

pub(crate) fn fiscal_of(sale: &Sealing) -> FiscalNumber {
    let header = sale.sealed.record().header;
    let number = header.invoice().unwrap().number;
    FiscalNumber { prefix: sale.prefix, epoch: header.epoch, number }
}

pub(crate) fn authority_of() -> AuthorityOf {
    let patience = Patience { connect: Duration::from_secs(5), whole: Duration::from_secs(5) };
    let client = HttpClient::new(patience, &[]);
    Arc::new(move |machine, token| {
        Box::new(HttpAuthority::new(&client, machine.url.clone(), token, machine.dialect.clone()))
    })
}

pub(crate) fn merchant(number: u64) -> MerchantId {
    let mut random = [0; 20];
    for (index, byte) in random.iter_mut().enumerate() {
        *byte = u8::try_from(number >> (5 * index.min(12)) & 31).unwrap();
    }
    MerchantId::new(random)
}

pub(crate) fn by() -> By {
    By { actor: "sync".parse().unwrap(), tenant: None, request: "request-1".parse().unwrap() }
}

/// Numbers that look random and are the same in each run.
pub(crate) fn entropy(seed: u64) -> impl FnMut(&mut [u8]) + Send + 'static {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    move |bytes| {
        for byte in bytes {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (mixed ^ mixed >> 31).to_be_bytes()[0];
        }
    }
}
