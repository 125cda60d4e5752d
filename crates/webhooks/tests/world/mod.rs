//! What the tests of webhooks share: a merchant whose outlets sell, a clock that tests move, and a receiver.
#![allow(dead_code, unused_imports, reason = "each test program uses some of it")]

mod receiver;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fiscal::{DeviceId, Linked, OutletId, PrivateKey, Proof, PublicKey, Sealed, Timestamp, UtcOffset};
use ledger::{
    By, Clock, Database, EpochReason, Ledger, Limits, NoWitness, Offer, Outlet, Parts, Refusal, Sealing,
    SealingKey, SinceEpoch, SqliteDatabase,
};
use p256::ecdsa::SigningKey;
use registry::MerchantId;
use signing::{Signer, SignerFault};

pub(crate) use receiver::{Behaviour, Receiver, Request};

const SALE: &str = include_str!("../../../../examples/day/001-bread-and-eggs.json");
/// 2026-03-14T08:00:00.
pub(crate) const START: u64 = 1_773_475_200_000;

/// Time in milliseconds, that tests move.
#[derive(Clone)]
pub(crate) struct TestClock(pub(crate) Arc<AtomicU64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(START)))
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
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

/// A database in a new directory, in memory where the system has such a place: nothing here asks what a disk keeps.
pub(crate) fn sqlite(clock: &TestClock) -> (tempfile::TempDir, Arc<dyn Database>) {
    let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let database = SqliteDatabase::open(directory.path().join("ledger"), clock.since_epoch()).unwrap();
    (directory, Arc::new(database))
}

/// A merchant with two outlets, whose ids and prefixes no other with another number has.
pub(crate) struct World {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) clock: TestClock,
    pub(crate) ledger: Ledger,
    pub(crate) merchant: MerchantId,
    pub(crate) outlets: Vec<OutletId>,
    sales: AtomicU64,
}

impl World {
    pub(crate) fn new(database: Arc<dyn Database>, clock: TestClock, number: u64) -> Self {
        let signer = TestSigner(SigningKey::from_slice(&[7; 32]).unwrap());
        let (key, device) = (signer.active_key().unwrap(), signer.device());
        let parts = Parts {
            database: Arc::clone(&database),
            signer: Arc::new(signer),
            clock: Arc::new(clock.clone()),
            witness: Arc::new(NoWitness),
            process: number + 1,
            vouchers: None,
            attester: None,
        };
        let ledger = Ledger::start(parts, Limits::default()).unwrap();
        let since = clock.now();
        // It may have been published by a world before.
        let _ =
            ledger.ask(|store| store.publish_key(&SealingKey { key, signer: device, since, until: None }));
        let mut outlets = Vec::new();
        for letter in ["A", "B"] {
            let outlet = Outlet {
                id: format!("O-{number}-{letter}").parse().unwrap(),
                nif: "A2301457K".parse().unwrap(),
                prefix: format!("{letter}{number:07}").parse().unwrap(),
                zone: UtcOffset::KINSHASA,
            };
            ledger.register(&outlet).unwrap();
            outlets.push(outlet.id);
        }
        let merchant = merchant(number);
        Self { database, clock, ledger, merchant, outlets, sales: AtomicU64::new(0) }
    }

    /// Seals a sale that no other is like.
    pub(crate) fn sell(&self, outlet: OutletId) -> Sealing {
        let terminal = self.sales.fetch_add(1, Ordering::SeqCst);
        let payload = SALE
            .replace("KIN-GOMBE-01", outlet.as_str())
            .replace("CAISSE-1", &format!("CAISSE-{terminal}"))
            .replace("2026-03-14T07:04:12", &self.clock.now().to_string());
        self.ledger.seal(Offer::read(payload.into_bytes(), None).unwrap()).unwrap()
    }

    /// Closes today, if there is anything to close.
    pub(crate) fn close(&self, outlet: OutletId) {
        let closed = self.ledger.close(outlet, self.clock.now().date_at(UtcOffset::KINSHASA), None);
        assert!(matches!(closed, Ok(_) | Err(Refusal::NotFound(_))), "{closed:?}");
    }

    /// Begins another line of numbers.
    pub(crate) fn open_epoch(&self, outlet: OutletId) {
        self.ledger.open_epoch(outlet, EpochReason::Forced, None, None).unwrap();
    }
}

pub(crate) fn merchant(number: u64) -> MerchantId {
    let mut random = [0; 20];
    for (index, byte) in random.iter_mut().enumerate() {
        *byte = u8::try_from(number >> (5 * index.min(12)) & 31).unwrap();
    }
    MerchantId::new(random)
}

pub(crate) fn by(merchant: &MerchantId) -> By {
    By {
        actor: "usr_test".parse().unwrap(),
        tenant: Some(merchant.as_str().parse().unwrap()),
        request: "request-1".parse().unwrap(),
    }
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
