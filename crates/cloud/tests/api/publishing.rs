use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use cloud::{PublishedSigner, SystemClock};
use fiscal::{PublicKey, Timestamp};
use ledger::{Clock, Database, LedgerStore, StoreFault};
use signing::{Connection, Custody, KeyRing, KeyStore, RingSettings, Signer, SignerFault};
use tempfile::TempDir;

use crate::{
    bench::{Bench, CHEAP, config, entropy},
    patience::{PATIENCE, until},
};

/// A database to which a connection is made when the gate is open; it counts who knocked.
struct Gated(Arc<dyn Database>, Arc<Mutex<()>>, Arc<AtomicU64>);

impl Database for Gated {
    fn connect(&self) -> Result<Box<dyn LedgerStore>, StoreFault> {
        self.2.fetch_add(1, Ordering::SeqCst);
        let _open = self.1.lock().unwrap();
        self.0.connect()
    }
}

struct Turned(AtomicU64);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Stage {
    _folder: TempDir,
    database: Arc<dyn Database>,
    gate: Arc<Mutex<()>>,
    knocks: Arc<AtomicU64>,
    clock: Arc<Turned>,
    signer: Arc<PublishedSigner>,
    key: PublicKey,
}

impl Stage {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let config = config(&folder, "");
        let database = cloud::database(&config.database).unwrap();
        let key = cloud::make_key(&config, CHEAP, &*database, &SystemClock, entropy).unwrap();
        let ring = Arc::new(cloud::open_signer(&config, entropy).unwrap());
        ring.wait_until_ready(PATIENCE).unwrap();
        let (gate, knocks) = (Arc::new(Mutex::new(())), Arc::new(AtomicU64::new(0)));
        let gated = Arc::new(Gated(Arc::clone(&database), Arc::clone(&gate), Arc::clone(&knocks)));
        let clock = Arc::new(Turned(AtomicU64::new(SystemClock.now().unix())));
        let signer = PublishedSigner::new(ring, gated, Arc::clone(&clock) as Arc<dyn Clock>);
        Self { _folder: folder, database, gate, knocks, clock, signer: Arc::new(signer), key }
    }
}

#[test]
fn a_key_seals_nothing_from_its_end_on() {
    let stage = Stage::new();
    let now = stage.clock.now();
    assert_eq!(stage.signer.active_key().unwrap(), stage.key);
    let until = Timestamp::from_unix(now.unix() + 60).unwrap();
    stage.database.connect().unwrap().retire_key(stage.key.id(), until).unwrap();
    stage.signer.follow();
    assert_eq!(stage.signer.active_key().unwrap(), stage.key, "it has a minute left");
    stage.clock.0.store(until.unix() - 1, Ordering::SeqCst);
    assert!(stage.signer.active_key().is_ok());
    stage.clock.0.store(until.unix(), Ordering::SeqCst);
    let fault = stage.signer.active_key().unwrap_err();
    assert!(fault.is_temporary() && fault.to_string().contains("seals no more"), "{fault}");
    stage.signer.follow();
    assert!(stage.signer.active_key().is_err());
}

#[test]
fn a_database_that_hangs_holds_no_writer_whose_key_is_known_and_others_not_for_long() {
    let stage = Stage::new();
    let shut = stage.gate.lock().unwrap();
    let (told, hears) = mpsc::channel();
    let ask = |name: &'static str| {
        let (signer, told) = (Arc::clone(&stage.signer), told.clone());
        std::thread::spawn(move || told.send((name, signer.active_key())).unwrap());
    };
    let knocked = |times: u64| until("it waits at the gate", || stage.knocks.load(Ordering::SeqCst) == times);
    ask("first");
    knocked(1);
    ask("second");
    let (name, answer) = hears.recv_timeout(PATIENCE).unwrap();
    assert!(name == "second" && answer.is_err_and(|fault| fault.is_temporary()), "{name}");
    drop(shut);
    let (name, answer) = hears.recv_timeout(PATIENCE).unwrap();
    assert_eq!((name, answer.unwrap()), ("first", stage.key));
    // It is known now.
    let _shut = stage.gate.lock().unwrap();
    let signer = Arc::clone(&stage.signer);
    std::thread::spawn(move || signer.follow());
    knocked(2);
    ask("third");
    let (_, answer) = hears.recv_timeout(PATIENCE).unwrap();
    assert_eq!(answer.unwrap(), stage.key);
}

/// A token that is not there.
struct Nowhere;

impl KeyStore for Nowhere {
    fn name(&self) -> String {
        "nowhere".into()
    }

    fn custody(&self) -> Custody {
        Custody::Elsewhere
    }

    fn connect(&self) -> Result<Arc<dyn Connection>, SignerFault> {
        Err(SignerFault::Temporary("no token".into()))
    }
}

#[test]
fn while_the_token_has_not_said_which_keys_attest_there_is_no_list_without_them() {
    let (folder, config) = Bench::start().stopped();
    let ring = KeyRing::start(Arc::new(Nowhere), RingSettings::new(config.signer.id()), entropy);
    let bench = Bench::with_ring(folder, config, ring);
    let answer = bench.client().ask("GET /.well-known/fiscal-keys.json", &[], None);
    assert_eq!((answer.status, answer.code().as_str()), (503, "SIGNER_UNAVAILABLE"));
    assert!(answer.header("retry-after").is_some());
}
