//! A ledger on SQLite with keys of the software store, in the shop of these tests.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use def_protocol::reply::Seal;
use fiscal::{DeviceId, OutletId, PublicKey, Timestamp, UtcOffset};
use ledger::{
    Clock, Database, Ledger, Limits, NoWitness, Offer, Outlet, Parts, Refusal, SealingKey, SqliteDatabase,
};
use serde_json::Value;
use signing::{Attester, Cost, KeyRing, Passphrase, Purpose, RingSettings, Signer, SoftwareKeys};
use tempfile::TempDir;

use crate::counting::{Counting, Read};

/// So cheap that a guess takes no time: for tests only.
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

pub(crate) struct Cloud {
    pub(crate) ledger: Ledger,
    pub(crate) attester: PublicKey,
    /// What its ledger read.
    pub(crate) read: Arc<Read>,
    clock: Arc<AtomicU64>,
    ring: Arc<KeyRing>,
    folder: Arc<TempDir>,
}

struct Turned(Arc<AtomicU64>);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

impl Cloud {
    pub(crate) fn open(zone: UtcOffset, now: Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let passphrase = Passphrase::new("correct horse battery staple".into()).unwrap();
        let path = folder.path().join("keys.json");
        let keys = SoftwareKeys::create(path, &passphrase, CHEAP, random()).unwrap();
        let device: DeviceId = "CLOUD-1".parse().unwrap();
        let settings = RingSettings { workers: NonZeroUsize::MIN, ..RingSettings::new(device) };
        let ring = KeyRing::start(Arc::new(keys), settings, random());
        // It has no key yet, and says so when it is up.
        ring.wait_until_ready(Duration::from_secs(20)).unwrap_err();
        let sealing = ring.make(Purpose::Seal, now).unwrap();
        ring.activate(sealing.id()).unwrap();
        let attester = ring.make(Purpose::Attest, now).unwrap();
        let clock = Arc::new(AtomicU64::new(now.unix()));
        let cloud = Self::over(Arc::new(folder), Arc::new(ring), attester, clock, 1);
        let outlet =
            Outlet { id: outlet(), nif: "A2301457K".parse().unwrap(), prefix: "KING".parse().unwrap(), zone };
        cloud.ledger.register(&outlet).unwrap();
        let key = SealingKey { key: sealing, signer: device, since: now, until: None };
        cloud.ledger.ask(|store| store.publish_key(&key)).unwrap();
        cloud
    }

    /// Another process over the same database, or the same one after a restart.
    pub(crate) fn another(&self, process: u64) -> Self {
        let (folder, ring) = (Arc::clone(&self.folder), Arc::clone(&self.ring));
        Self::over(folder, ring, self.attester, Arc::clone(&self.clock), process)
    }

    fn over(
        folder: Arc<TempDir>,
        ring: Arc<KeyRing>,
        attester: PublicKey,
        clock: Arc<AtomicU64>,
        process: u64,
    ) -> Self {
        let (database, read) = Counting::new(open_database(folder.path().join("ledger.sqlite")));
        let parts = Parts {
            database: Arc::new(database),
            signer: Arc::clone(&ring) as Arc<dyn Signer>,
            clock: Arc::new(Turned(Arc::clone(&clock))),
            witness: Arc::new(NoWitness),
            process,
            vouchers: None,
            attester: Some(Arc::new(ring.attester(attester)) as Arc<dyn Attester>),
        };
        let ledger = Ledger::start(parts, Limits::default()).unwrap();
        Self { ledger, attester, read, clock, ring, folder }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.clock.store(now.unix(), Ordering::SeqCst);
    }

    pub(crate) fn sell(&self, payload: &str) -> Result<Value, String> {
        let offer =
            Offer::read(payload.as_bytes().to_vec(), None).map_err(|_| "SCHEMA_INVALID".to_owned())?;
        let sealing = self.ledger.seal(offer).map_err(code)?;
        Ok(serde_json::to_value(Seal::of(&sealing.sealed, sealing.prefix).unwrap()).unwrap())
    }

    pub(crate) fn close(&self, date: &str) -> Result<Value, String> {
        let recorded = self.ledger.close(outlet(), date.parse().unwrap(), None).map_err(code)?;
        Ok(serde_json::from_str(&recorded.closure_json().unwrap()).unwrap())
    }
}

pub(crate) fn outlet() -> OutletId {
    "KIN-GOMBE-01".parse().unwrap()
}

fn code(refusal: Refusal) -> String {
    refusal.code().to_owned()
}

/// Its clock is for turns only; none is held here for longer than it takes.
fn open_database(path: PathBuf) -> Arc<dyn Database> {
    let milliseconds = AtomicU64::new(1_773_000_000_000);
    let clock = move || Duration::from_millis(milliseconds.fetch_add(1_000, Ordering::SeqCst));
    Arc::new(SqliteDatabase::open(path, Arc::new(clock)).unwrap())
}

/// Bytes that do not repeat in this process.
fn random() -> impl FnMut(&mut [u8]) + Send {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    |bytes: &mut [u8]| {
        bytes.fill(0);
        bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    }
}
