//! The ledger's own behaviour, over the store in memory; what stores promise is theirs to show.

pub(crate) mod authority;
mod elsewhere;
mod manifests;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
    mpsc,
};

use def_protocol::token::{Realm, Unverified, Voucher};
use fiscal::{
    Chain, CivilDate, CreditFault, DeviceId, Epoch, EventKind, Head, HeadState, Moment, OutletId,
    PayloadHash, Proven, PublicKey, Record, Sealed, Subject, Timestamp,
};
use p256::ecdsa::SigningKey;
use signing::{Attester, Signer, SignerFault};

use crate::{
    Database, Delivered, Delivery, DeliveryFault, IdempotencyKey, Ledger, Limits, NoWitness, Offer, Parts,
    Reference, Refusal, Row, Sealing, SealingKey, VoucherIssuer, VoucherOrder,
    simulation::MemoryDatabase,
    store::LedgerStore,
    testing::{SimulatedClock, SimulatedSigner, credit_note, outlet, sale},
};

const SHOP: &str = "KIN-GOMBE-01";
const NOW: u64 = 1_773_478_000;

struct Bench {
    ledger: Ledger,
    database: MemoryDatabase,
    clock: Arc<AtomicU64>,
    signer: Arc<Switchable>,
    count: usize,
}

/// A signer whose key tests replace.
struct Switchable(Mutex<SimulatedSigner>, Arc<AtomicBool>);

impl Switchable {
    fn with_key(byte: u8) -> SimulatedSigner {
        SimulatedSigner { key: SigningKey::from_slice(&[byte; 32]).unwrap(), away: Arc::default() }
    }
}

impl Signer for Switchable {
    fn device(&self) -> DeviceId {
        self.0.lock().unwrap().device()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        self.0.lock().unwrap().active_key()
    }

    fn seal(&self, linked: Vec<fiscal::Linked>) -> Result<Vec<Sealed>, SignerFault> {
        while self.1.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        self.0.lock().unwrap().seal(linked)
    }
}

struct TestAttester(SigningKey);

impl Attester for TestAttester {
    fn public_key(&self) -> PublicKey {
        PublicKey::from(*self.0.verifying_key())
    }

    fn sign(&self, hash: &[u8; 32]) -> Result<[u8; 64], SignerFault> {
        Ok(fiscal::PrivateKey::sign(&self.0, &fiscal::RecordHash(*hash)).unwrap())
    }
}

impl Bench {
    fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    fn with_limits(limits: Limits) -> Self {
        let database = MemoryDatabase::default();
        let clock = Arc::new(AtomicU64::new(NOW));
        let signer = Arc::new(Switchable(Mutex::new(Switchable::with_key(7)), Arc::default()));
        let ledger = Self::start(&database, &clock, &signer, 1, limits);
        ledger.register(&outlet(SHOP)).unwrap();
        let bench = Self { ledger, database, clock, signer, count: 0 };
        bench.publish(7);
        bench
    }

    fn start(
        database: &MemoryDatabase,
        clock: &Arc<AtomicU64>,
        signer: &Arc<Switchable>,
        process: u64,
        limits: Limits,
    ) -> Ledger {
        let attester = Arc::new(TestAttester(SigningKey::from_slice(&[9; 32]).unwrap()));
        let parts = Parts {
            database: Arc::new(database.clone()) as Arc<dyn Database>,
            signer: Arc::clone(signer) as Arc<dyn Signer>,
            clock: Arc::new(SimulatedClock(Arc::clone(clock))),
            witness: Arc::new(NoWitness),
            process,
            vouchers: Some(VoucherIssuer { attester, realm: Realm::Development }),
            attester: None,
        };
        Ledger::start(parts, limits).unwrap()
    }

    /// Another process over the same database.
    fn another(&self) -> Ledger {
        Self::start(&self.database, &self.clock, &self.signer, 2, Limits::default())
    }

    fn publish(&self, byte: u8) {
        let signer = Switchable::with_key(byte);
        let key = signer.active_key().unwrap();
        let key = SealingKey { key, signer: signer.device(), since: self.now(), until: None };
        self.database.clone().publish_key(&key).unwrap();
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.clock.load(Ordering::Relaxed)).unwrap()
    }

    fn later(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    fn payload(&mut self) -> Vec<u8> {
        self.count += 1;
        sale(SHOP, self.now(), self.count, "99")
    }

    fn sell(&mut self) -> (Vec<u8>, Sealing) {
        let payload = self.payload();
        let sealing = self.seal(&payload, None).unwrap();
        (payload, sealing)
    }

    fn seal(&self, payload: &[u8], key: Option<&str>) -> Result<Sealing, Refusal> {
        self.ledger.seal(offer(payload, key))
    }

    fn note(&mut self, original: &(Vec<u8>, Sealing)) -> Vec<u8> {
        self.count += 1;
        let text = std::str::from_utf8(&original.0).unwrap();
        credit_note(text, &original.1.sealed, self.now(), self.count).into_bytes()
    }

    fn rows(&self) -> Vec<Row> {
        self.database.tables().rows.clone()
    }

    fn kinds(&self) -> Vec<Subject> {
        let own = |row: &&Row| row.place.chain.signer == self.signer.device();
        let subject = |row: &Row| match row.read().unwrap().header.subject {
            Subject::Event(kind) => Subject::Event(kind),
            invoice @ Subject::Invoice(_) => invoice,
        };
        self.rows().iter().filter(own).map(subject).collect()
    }

    fn events(&self) -> Vec<EventKind> {
        let event = |subject| match subject {
            Subject::Event(kind) => Some(kind),
            Subject::Invoice(_) => None,
        };
        self.kinds().into_iter().filter_map(event).collect()
    }
}

fn offer(payload: &[u8], key: Option<&str>) -> Offer {
    let key: Option<IdempotencyKey> = key.map(|key| key.parse().unwrap());
    Offer::read(payload.to_vec(), key).unwrap()
}

#[test]
fn a_ledger_begins_with_what_it_is_of_and_numbers_from_1() {
    let mut bench = Bench::new();
    let (_, first) = bench.sell();
    let (_, second) = bench.sell();
    assert_eq!(first.sealed.header.invoice().unwrap().number.value(), 1);
    assert_eq!(second.sealed.header.invoice().unwrap().number.value(), 2);
    assert_eq!(bench.events(), [EventKind::Provisioned]);
    let body = bench.rows()[0].body.clone().unwrap();
    for part in [r#""outlet_id":"KIN-GOMBE-01""#, r#""utc_offset_minutes":60"#, r#""prefix":"KINGOMBE01""#] {
        assert!(body.contains(part), "{body}");
    }
}

#[test]
fn the_same_key_and_payload_get_the_same_seal() {
    let mut bench = Bench::new();
    let payload = bench.payload();
    let first = bench.seal(&payload, Some("till-1-0001")).unwrap();
    let again = bench.seal(&payload, Some("till-1-0001")).unwrap();
    assert_eq!(first.sealed, again.sealed);
    assert_eq!((first.repeated, again.repeated), (false, true));
}

#[test]
fn the_same_key_with_another_payload_is_refused() {
    let mut bench = Bench::new();
    let (one, other) = (bench.payload(), bench.payload());
    bench.seal(&one, Some("till-1-0001")).unwrap();
    assert!(matches!(bench.seal(&other, Some("till-1-0001")), Err(Refusal::KeyReused)));
    assert_eq!(bench.rows().len(), 2);
}

#[test]
fn the_same_payload_under_another_key_or_none_is_a_replay_that_names_the_first() {
    let mut bench = Bench::new();
    let payload = bench.payload();
    bench.seal(&payload, Some("till-1-0001")).unwrap();
    for key in [None, Some("till-1-0002")] {
        let refusal = bench.seal(&payload, key).unwrap_err();
        assert!(matches!(refusal, Refusal::Replay { number, .. } if number.value() == 1), "{refusal:?}");
    }
}

#[test]
fn a_credit_note_asked_for_again_gets_its_seal_though_nothing_is_left_of_the_original() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let note = bench.note(&original);
    let first = bench.seal(&note, Some("till-1-0009")).unwrap();
    assert_eq!(bench.seal(&note, Some("till-1-0009")).unwrap().sealed, first.sealed);
    let more = bench.note(&original);
    assert!(matches!(bench.seal(&more, None), Err(Refusal::Credit(CreditFault::ExceedsOriginal { .. }))));
}

#[test]
fn two_notes_on_one_original_in_one_batch_do_not_take_more_than_it() {
    let mut bench = Bench::new();
    let original = bench.sell();
    let notes = [bench.note(&original), bench.note(&original)];
    bench.signer.1.store(true, Ordering::Relaxed);
    let blocker = bench.payload();
    let (answers, heard) = mpsc::channel();
    for payload in [&blocker, &notes[0], &notes[1]] {
        let answers = answers.clone();
        bench.ledger.submit(offer(payload, None), move |answer| answers.send(answer.is_ok()).unwrap());
    }
    bench.signer.1.store(false, Ordering::Relaxed);
    let heard: Vec<bool> = heard.iter().take(3).collect();
    assert_eq!(heard.iter().filter(|sealed| **sealed).count(), 2, "{heard:?}");
}

#[test]
fn a_payload_from_the_future_is_stale_and_one_within_ten_minutes_is_not() {
    let mut bench = Bench::new();
    for (ahead, right) in [(599, true), (600, true), (601, false)] {
        bench.count += 1;
        let stamped = Timestamp::from_unix(NOW + ahead).unwrap();
        let sealed = bench.seal(&sale(SHOP, stamped, bench.count, "5"), None);
        assert_eq!(sealed.is_ok(), right, "{ahead}");
    }
}

#[test]
fn a_clock_behind_by_two_seconds_seals_with_the_chain_s_time_and_by_more_is_refused() {
    let mut bench = Bench::new();
    let (_, first) = bench.sell();
    bench.clock.fetch_sub(2, Ordering::Relaxed);
    let (_, second) = bench.sell();
    assert_eq!(second.sealed.header.time, first.sealed.header.time);
    bench.clock.fetch_sub(1, Ordering::Relaxed);
    let payload = bench.payload();
    let refusal = bench.seal(&payload, Some("till-1-0003")).unwrap_err();
    assert_eq!(refusal.code(), "CLOCK_ROLLBACK_DETECTED");
    bench.later(10);
    assert!(bench.seal(&payload, Some("till-1-0003")).is_ok());
}

#[test]
fn a_clock_that_was_set_back_does_not_blame_the_till_s() {
    let mut bench = Bench::new();
    bench.sell();
    let payload = bench.payload();
    bench.clock.fetch_sub(3_600, Ordering::Relaxed);
    let refusal = bench.seal(&payload, None).unwrap_err();
    assert_eq!(refusal.code(), "CLOCK_ROLLBACK_DETECTED");
    bench.later(3_600);
    assert!(bench.seal(&payload, None).is_ok());
}

#[test]
fn another_key_takes_over_with_a_record_that_it_sealed_itself() {
    let mut bench = Bench::new();
    bench.sell();
    *bench.signer.0.lock().unwrap() = Switchable::with_key(8);
    bench.publish(8);
    let (_, sealing) = bench.sell();
    assert_eq!(bench.events(), [EventKind::Provisioned, EventKind::Certificate]);
    let key = bench.signer.active_key().unwrap();
    let change = bench.rows()[2].read().unwrap();
    assert_eq!((change.header.key, sealing.sealed.header.key), (key.id(), key.id()));
    assert!(change.verify(&key).is_ok());
}

#[test]
fn a_full_queue_says_when_to_come_again() {
    let one = std::num::NonZeroUsize::MIN;
    let mut bench = Bench::with_limits(Limits { queue: one, ..Limits::default() });
    bench.signer.1.store(true, Ordering::Relaxed);
    let (answers, heard) = mpsc::channel();
    for _ in 0..4 {
        let payload = bench.payload();
        let answers = answers.clone();
        // The test may be over before the last of them.
        let answer = move |answer: Result<Sealing, Refusal>| drop(answers.send(answer.map(|_| ())));
        bench.ledger.submit(offer(&payload, None), answer);
    }
    let refused = heard.recv().unwrap().unwrap_err();
    assert_eq!(refused.code(), "BUSY");
    bench.signer.1.store(false, Ordering::Relaxed);
}

#[test]
fn a_ledger_that_stops_does_what_waits_and_takes_no_more() {
    let mut bench = Bench::new();
    let (answers, heard) = mpsc::channel();
    for _ in 0..20 {
        let payload = bench.payload();
        let answers = answers.clone();
        bench.ledger.submit(offer(&payload, None), move |answer| answers.send(answer.is_ok()).unwrap());
    }
    bench.ledger.stop();
    assert_eq!(heard.iter().take(20).filter(|sealed| *sealed).count(), 20);
    let payload = bench.payload();
    assert!(matches!(bench.seal(&payload, None), Err(Refusal::Stopping)));
}

#[test]
fn another_merchant_or_an_unknown_outlet_is_refused() {
    let bench = Bench::new();
    let other = String::from_utf8(sale(SHOP, bench.now(), 1, "5")).unwrap().replace("A2301457K", "B2301457K");
    assert!(matches!(bench.seal(other.as_bytes(), None), Err(Refusal::WrongOutlet | Refusal::Link(_))));
    let unknown = sale("KIN-NOWHERE", bench.now(), 2, "5");
    assert!(matches!(bench.seal(&unknown, None), Err(Refusal::WrongOutlet)));
    assert!(bench.rows().is_empty());
}

#[test]
fn a_day_is_closed_once() {
    let mut bench = Bench::new();
    bench.sell();
    let (outlet, day): (OutletId, CivilDate) = (SHOP.parse().unwrap(), "2026-03-14".parse().unwrap());
    let first = bench.ledger.close(outlet, day, None).unwrap();
    let again = bench.ledger.close(outlet, day, None).unwrap();
    assert_eq!(first.row, again.row);
    assert_eq!((first.repeated, again.repeated), (false, true));
    let before: CivilDate = "2026-03-13".parse().unwrap();
    assert_eq!(bench.ledger.close(outlet, before, None).unwrap_err().code(), "NOT_FOUND");
}

#[test]
fn records_are_what_they_say_they_are() {
    let mut bench = Bench::new();
    let (payload, sealing) = bench.sell();
    let row = bench.rows().pop().unwrap();
    assert_eq!(Record::from_bytes(&row.record).unwrap(), *sealing.sealed.record());
    assert_eq!(row.body.unwrap().as_bytes(), payload);
}

#[test]
fn a_sale_in_one_batch_with_a_new_epoch_is_sealed_once() {
    let mut bench = Bench::new();
    bench.sell();
    let payload = bench.payload();
    bench.signer.1.store(true, Ordering::Relaxed);
    let blocker = bench.payload();
    let (answers, heard) = mpsc::channel();
    bench.ledger.submit(offer(&blocker, None), |_| {});
    let sold = answers.clone();
    bench.ledger.submit(offer(&payload, None), move |answer| sold.send(answer.is_ok()).unwrap());
    let ledger = bench.ledger.clone();
    let opener = std::thread::spawn(move || {
        ledger.open_epoch(SHOP.parse().unwrap(), crate::EpochReason::Forced, None, None).unwrap()
    });
    bench.signer.1.store(false, Ordering::Relaxed);
    assert!(heard.recv().unwrap());
    assert_eq!(opener.join().unwrap().row.place.chain.epoch, Epoch(1));
    assert!(matches!(bench.seal(&payload, None), Err(Refusal::Replay { .. })));
    let hash = PayloadHash::of(&payload);
    assert_eq!(bench.rows().iter().filter(|row| row.hash == hash).count(), 1);
}

#[test]
fn an_epoch_is_above_one_that_is_known_from_elsewhere() {
    let mut bench = Bench::new();
    bench.sell();
    let opened = bench
        .ledger
        .open_epoch(SHOP.parse().unwrap(), crate::EpochReason::Forced, Some(Epoch(6)), None)
        .unwrap();
    assert_eq!(opened.row.place.chain.epoch, Epoch(7));
    let (_, sealing) = bench.sell();
    assert_eq!(sealing.sealed.header.invoice().unwrap().number.value(), 1);
}

#[test]
fn a_day_that_was_closed_before_a_new_epoch_is_not_closed_again() {
    let mut bench = Bench::new();
    bench.sell();
    let (outlet, day): (OutletId, CivilDate) = (SHOP.parse().unwrap(), "2026-03-14".parse().unwrap());
    let first = bench.ledger.close(outlet, day, None).unwrap();
    bench.ledger.open_epoch(outlet, crate::EpochReason::Forced, None, None).unwrap();
    let again = bench.ledger.close(outlet, day, None).unwrap();
    assert_eq!((again.repeated, &again.row), (true, &first.row));
}

#[test]
fn who_waits_for_another_process_s_turn_does_not_wait_for_ever() {
    let mut bench = Bench::new();
    bench.sell();
    bench.database.tables().is_held = true;
    // Another process has taken the generation, and keeps its turn.
    bench.database.tables().bump(SHOP.parse().unwrap());
    let payload = bench.payload();
    assert!(matches!(bench.seal(&payload, Some("till-1-0001")), Err(Refusal::Held)));
    bench.database.tables().is_held = false;
    assert!(bench.seal(&payload, Some("till-1-0001")).is_ok());
}
