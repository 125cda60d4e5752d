//! A ledger on SQLite that sells, closes, and holds what a device sealed.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fiscal::{
    Chain, DeviceId, Epoch, EventKind, Head, HeadState, Linked, Moment, OutletId, PayloadHash, PrivateKey,
    Proof, Proven, PublicKey, RecordHash, Sealed, Timestamp, UtcOffset, Validated,
};
use ledger::{
    By, Clock, Database, Delivered, Delivery, HeadFile, IdempotencyKey, Ledger, LedgerAudit, LedgerVerdict,
    Limits, Offer, Outlet, Parts, Sealing, SealingKey, SqliteDatabase, Tables,
};
use p256::ecdsa::SigningKey;
use signing::{Attester, Signer, SignerFault};
use tempfile::TempDir;
use verify::{HeadAt, ScratchFile, SoftwareCheck};

const DAY: [&str; 3] = [
    include_str!("../../../../examples/day/001-bread-and-eggs.json"),
    include_str!("../../../../examples/day/003-cement-and-nails-company.json"),
    include_str!("../../../../examples/day/006-family-shopping.json"),
];
/// 2026-03-14T07:00:00.
pub(crate) const OPENS: u64 = 1_773_471_600;
pub(crate) const SHOP: &str = "KIN-GOMBE-01";

pub(crate) struct Shop {
    pub(crate) ledger: Ledger,
    pub(crate) database: SqliteDatabase,
    pub(crate) folder: Arc<TempDir>,
    clock: Arc<AtomicU64>,
    pub(crate) sold: AtomicU64,
}

struct Turned(Arc<AtomicU64>);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// One key for sealing and one for attesting.
pub(crate) struct Keys(pub(crate) SigningKey);

pub(crate) fn sealing() -> Keys {
    Keys(SigningKey::from_slice(&[7; 32]).unwrap())
}

pub(crate) fn attesting() -> Keys {
    Keys(SigningKey::from_slice(&[9; 32]).unwrap())
}

impl Signer for Keys {
    fn device(&self) -> DeviceId {
        "CLOUD-1".parse().unwrap()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        Ok(PublicKey::from(*self.0.verifying_key()))
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        let public = PublicKey::from(*self.0.verifying_key());
        let proof = Proof::of(public, [1; 32], |hash| PrivateKey::sign(&self.0, hash)).unwrap();
        let seal = |linked: Linked| {
            let signature = PrivateKey::sign(&self.0, &linked.hash()).unwrap();
            linked.seal_proven(signature, &proof).unwrap()
        };
        Ok(linked.into_iter().map(seal).collect())
    }
}

impl Attester for Keys {
    fn public_key(&self) -> PublicKey {
        PublicKey::from(*self.0.verifying_key())
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        Ok(PrivateKey::sign(&self.0, &RecordHash(*hash)).unwrap())
    }
}

pub(crate) fn outlet() -> OutletId {
    SHOP.parse().unwrap()
}

pub(crate) fn open(path: &Path) -> SqliteDatabase {
    SqliteDatabase::open(path, Arc::new(|| Duration::from_secs(OPENS))).unwrap()
}

pub(crate) fn start(database: &SqliteDatabase, clock: &Arc<AtomicU64>, heads: &Path, process: u64) -> Ledger {
    start_on(Arc::new(database.clone()), clock, heads, process)
}

pub(crate) fn start_on(
    database: Arc<dyn Database>,
    clock: &Arc<AtomicU64>,
    heads: &Path,
    process: u64,
) -> Ledger {
    let parts = Parts {
        database,
        signer: Arc::new(sealing()),
        clock: Arc::new(Turned(Arc::clone(clock))),
        witness: Arc::new(HeadFile::open(heads).unwrap()),
        process,
        vouchers: None,
        attester: None,
    };
    Ledger::start(parts, Limits::default()).unwrap()
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clock = Arc::new(AtomicU64::new(OPENS));
        let database = open(&folder.path().join("ledger.sqlite"));
        let ledger = start(&database, &clock, &folder.path().join("heads.jsonl"), 1);
        let key = sealing();
        let since = Timestamp::from_unix(OPENS).unwrap();
        let known = SealingKey { key: key.active_key().unwrap(), signer: key.device(), since, until: None };
        ledger.ask(|store| store.publish_key(&known)).unwrap();
        for (id, prefix) in [(SHOP, "KING"), ("LUB-KENYA-03", "LUBK")] {
            let outlet = Outlet {
                id: id.parse().unwrap(),
                nif: "A2301457K".parse().unwrap(),
                prefix: prefix.parse().unwrap(),
                zone: UtcOffset::KINSHASA,
            };
            ledger.register(&outlet).unwrap();
        }
        Self { ledger, database, folder, clock, sold: AtomicU64::new(0) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    pub(crate) fn clock(&self) -> &Arc<AtomicU64> {
        &self.clock
    }

    /// Sells so much, each a second later, under an idempotency key of its own.
    pub(crate) fn sell(&self, sales: u64) -> Vec<Sealing> {
        (0..sales).map(|_| self.sell_one(&self.ledger)).collect()
    }

    pub(crate) fn sell_one(&self, ledger: &Ledger) -> Sealing {
        ledger.seal(self.offer()).unwrap()
    }

    /// Sells something that somebody of the merchant M-1 asks for.
    pub(crate) fn sell_as(&self, ledger: &Ledger, actor: &str) -> Sealing {
        let tenant = Some("M-1".parse().unwrap());
        let by = By { actor: actor.parse().unwrap(), tenant, request: "req-1".parse().unwrap() };
        ledger.seal(self.offer().by(by)).unwrap()
    }

    pub(crate) fn offer(&self) -> Offer {
        let count = self.sold.fetch_add(1, Ordering::SeqCst);
        let now = self.clock.fetch_add(1, Ordering::SeqCst);
        let key: IdempotencyKey = format!("sale-{count:08}").parse().unwrap();
        let payload = payload(count, now);
        Offer::read(payload.into_bytes(), Some(key)).unwrap()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// A device's start and two sales, one of them after a first delivery.
    pub(crate) fn deliver(&self) {
        let now = self.clock.load(Ordering::SeqCst);
        self.deliver_sales([payload(900, now - 5), payload(901, now - 5)]);
    }

    /// The same, of these sales.
    pub(crate) fn deliver_sales(&self, sales: [String; 2]) {
        let key = Proven::prove(SigningKey::from_slice(&[5; 32]).unwrap(), [1; 32]).unwrap();
        let public = key.public_key();
        let chain = Chain {
            device: "DEF-000001".parse().unwrap(),
            key: public.id(),
            outlet: outlet(),
            nif: "A2301457K".parse().unwrap(),
            epoch: Epoch(3),
        };
        let mut head = Head::open(chain, HeadState::START);
        let now = self.clock.load(Ordering::SeqCst);
        let moment = Moment { now: Timestamp::from_unix(now).unwrap(), tolerance_seconds: 0, counter: 0 };
        let body = "{}".to_owned();
        let event = head.link_event(EventKind::Boot, PayloadHash::of(body.as_bytes()), moment).unwrap();
        let first = Delivered { record: *event.sign(&key).unwrap().record(), body, idempotency_key: None };
        let [second, third] = sales.map(|body| {
            let linked = head.link(&Validated::read(body.as_bytes()).unwrap().sale(), moment).unwrap();
            Delivered { record: *linked.sign(&key).unwrap().record(), body, idempotency_key: None }
        });
        for records in [vec![first, second], vec![third]] {
            self.ledger.deliver(Delivery::verify(records, public).unwrap(), None).unwrap();
        }
    }

    pub(crate) fn heads(&self) -> BTreeMap<OutletId, Vec<HeadAt>> {
        let file = std::fs::File::open(self.folder.path().join("heads.jsonl")).unwrap();
        let mut heads: BTreeMap<OutletId, Vec<HeadAt>> = BTreeMap::new();
        for head in HeadAt::read_all(file, None).unwrap() {
            heads.entry(head.outlet).or_default().push(head);
        }
        heads
    }
}

/// A canonical payload that no other count has.
pub(crate) fn payload(count: u64, time: u64) -> String {
    let template = DAY[usize::try_from(count).unwrap() % DAY.len()];
    let stamp = Timestamp::from_unix(time).unwrap().to_string();
    let replaced = |text: &str, member: &str, value: &str| {
        let (before, rest) = text.split_once(&format!("\"{member}\":\"")).unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        format!("{before}\"{member}\":\"{value}\"{after}")
    };
    let text = replaced(template, "timestamp", &stamp);
    replaced(&text, "pos_terminal_id", &format!("POS-{count}"))
}

pub(crate) fn examine(tables: &mut dyn Tables, heads: BTreeMap<OutletId, Vec<HeadAt>>) -> LedgerVerdict {
    examine_with(tables, heads, None)
}

/// With the keys that an auditor holds from elsewhere.
pub(crate) fn examine_with(
    tables: &mut dyn Tables,
    heads: BTreeMap<OutletId, Vec<HeadAt>>,
    held: Option<&[fiscal::PublicKey]>,
) -> LedgerVerdict {
    let audit = LedgerAudit {
        tables,
        check: &SoftwareCheck,
        threads: NonZeroUsize::MIN,
        heads,
        held,
        scratch: &|| Ok(Box::new(tempfile::tempfile()?) as Box<dyn ScratchFile>),
        progress: &mut |_| {},
    };
    audit.run().unwrap()
}

pub(crate) fn verdict(database: &dyn Database, heads: BTreeMap<OutletId, Vec<HeadAt>>) -> LedgerVerdict {
    examine(&mut *database.snapshot().unwrap(), heads)
}

pub(crate) fn said(verdict: &LedgerVerdict) -> String {
    let english = verify::Language::English;
    verdict
        .findings
        .iter()
        .map(|finding| format!("{} [{}]\n", finding.sentence(english), finding.code()))
        .collect()
}
