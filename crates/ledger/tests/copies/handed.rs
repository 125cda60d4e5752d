//! An outlet whose line goes to a device and comes back: its database and its export are true over all signers.

use std::{collections::BTreeMap, fs, path::Path};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, InvoiceNumber, Moment, PayloadHash, Proven, PublicKey,
    Timestamp, Validated,
};
use ledger::{CloseTerms, Delivered, Delivery, Export, ExportDays, Standing};
use p256::ecdsa::SigningKey;
use signing::{Attester, Signer};
use verify::{Audit, ExportManifest, ExportVerdict, Rule, Trust};

use crate::shop::{OPENS, SHOP, Shop, attesting, outlet, payload, said, sealing, verdict};

const DEVICE: &str = "DEF-000007";

/// A device as its journal shows it.
struct Device {
    key: Proven<SigningKey>,
    head: Head,
    fresh: Vec<Delivered>,
}

impl Device {
    /// It stands by.
    fn new(now: Timestamp) -> Self {
        let key = Proven::prove(SigningKey::from_slice(&[17; 32]).unwrap(), [1; 32]).unwrap();
        let chain = Chain {
            device: DEVICE.parse().unwrap(),
            key: key.public_key().id(),
            outlet: outlet(),
            nif: "A2301457K".parse().unwrap(),
            epoch: Epoch(0),
        };
        let mut device = Self { key, head: Head::open(chain, HeadState::START), fresh: Vec::new() };
        let activation = token(1, |bytes| {
            ["A2301457K", SHOP, "KING"].iter().for_each(|text| put_text(bytes, text));
            bytes.extend(0_u32.to_be_bytes());
            bytes.extend(0_u64.to_be_bytes());
            bytes.extend(60_i16.to_be_bytes());
            bytes.extend([7; 80]);
        });
        let spki = Base64UrlUnpadded::encode_string(&device.public().to_spki());
        let body = format!(r#"{{"event":"provisioned","activation":"{activation}","public_key":"{spki}"}}"#);
        device.event(EventKind::Provisioned, body, now);
        device
    }

    fn public(&self) -> PublicKey {
        *self.key.public_key()
    }

    fn enter(&mut self, terms: &CloseTerms, now: Timestamp) {
        let own = *self.head.state();
        let token = token(4, |bytes| {
            bytes.push(2);
            bytes.extend(0_u32.to_be_bytes());
            bytes.extend(terms.next_number.value().to_be_bytes());
            bytes.extend(terms.previous.0);
            bytes.extend(terms.floor.unix().to_be_bytes());
        });
        let number = InvoiceNumber::new(terms.next_number.value() - 1);
        let state = HeadState { number, hash: terms.previous, time: own.time.max(terms.floor), ..own };
        self.head = Head::open(*self.head.chain(), state);
        let body = format!(r#"{{"event":"hand_over","token":"{token}","own_previous":"{}"}}"#, own.hash);
        self.event(EventKind::HandOver, body, now);
    }

    fn close(&mut self, now: Timestamp) {
        let state = self.head.state();
        let last = state.number.map_or(0, InvoiceNumber::value);
        let head = state.hash;
        let body = format!(r#"{{"event":"close","token":"AA","last_number":{last},"head":"{head}"}}"#);
        self.event(EventKind::Close, body, now);
    }

    fn sell(&mut self, count: u64, now: Timestamp) {
        let body = payload(count, OPENS);
        let sale = Validated::read(body.as_bytes()).unwrap().sale();
        let linked = self.head.link(&sale, moment(now)).unwrap();
        let record = *linked.sign(&self.key).unwrap().record();
        self.fresh.push(Delivered { record, body, idempotency_key: None });
    }

    fn event(&mut self, kind: EventKind, body: String, now: Timestamp) {
        let hash = PayloadHash::of(body.as_bytes());
        let linked = self.head.link_event(kind, hash, moment(now)).unwrap();
        let record = *linked.sign(&self.key).unwrap().record();
        self.fresh.push(Delivered { record, body, idempotency_key: None });
    }

    fn deliver(&mut self, shop: &Shop) {
        let standing = Standing {
            device: DEVICE.parse().unwrap(),
            outlet: outlet(),
            key: self.public(),
            nif: "A2301457K".parse().unwrap(),
            certificates: vec![(Timestamp::EARLIEST, Timestamp::LATEST)],
            ended: None,
        };
        let delivery = Delivery::examine(std::mem::take(&mut self.fresh), &standing).unwrap();
        shop.ledger.deliver(delivery, None).unwrap();
    }
}

fn moment(now: Timestamp) -> Moment {
    Moment { now, tolerance_seconds: 0, counter: 0 }
}

fn token(kind: u8, body: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut bytes = vec![1, b'D', kind];
    put_text(&mut bytes, DEVICE);
    bytes.extend([0; 16]);
    body(&mut bytes);
    bytes.extend([7; 64]);
    Base64UrlUnpadded::encode_string(&bytes)
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap());
    bytes.extend(text.as_bytes());
}

/// The cloud sells, a device sells, twice, and the cloud again.
fn handed_shop() -> (Shop, Device) {
    let shop = Shop::new();
    let mut device = Device::new(now(&shop));
    for turn in 0..2 {
        shop.sell(3);
        shop.ledger.leave(outlet(), DEVICE.parse().unwrap(), None).unwrap();
        let terms = shop.ledger.line(outlet()).unwrap().close.unwrap();
        shop.pass(10);
        device.enter(&terms, now(&shop));
        (0..2).for_each(|sale| device.sell(500 + 10 * turn + sale, now(&shop)));
        device.deliver(&shop);
        shop.pass(10);
        device.close(now(&shop));
        device.deliver(&shop);
        shop.ledger.enter(outlet(), DEVICE.parse().unwrap(), None).unwrap();
        device.event(EventKind::Boot, r#"{"event":"boot"}"#.to_owned(), now(&shop));
    }
    shop.sell(2);
    device.deliver(&shop);
    (shop, device)
}

fn now(shop: &Shop) -> Timestamp {
    Timestamp::from_unix(shop.clock().load(std::sync::atomic::Ordering::SeqCst)).unwrap()
}

#[test]
fn a_database_whose_line_went_to_a_device_and_back_is_true() {
    let (shop, _) = handed_shop();
    let found = verdict(&shop.database, shop.heads());
    assert!(found.is_true(), "{}", said(&found));
    assert_eq!((found.invoices, found.foreign, found.foreign_invoices), (8, 11, 4));
}

#[test]
fn a_line_that_a_device_holds_is_in_the_heads_row_and_compared() {
    let (shop, mut device) = handed_shop();
    shop.ledger.leave(outlet(), DEVICE.parse().unwrap(), None).unwrap();
    let terms = shop.ledger.line(outlet()).unwrap().close.unwrap();
    shop.pass(10);
    device.enter(&terms, now(&shop));
    device.sell(900, now(&shop));
    device.deliver(&shop);
    assert!(verdict(&shop.database, BTreeMap::new()).is_true());
    shop.ledger.stop();
    let connection = rusqlite::Connection::open(shop.path()).unwrap();
    connection.execute("UPDATE heads SET holder = NULL WHERE outlet LIKE 'KIN%'", []).unwrap();
    drop(connection);
    let found = verdict(&crate::shop::open(&shop.path()), BTreeMap::new());
    assert!(said(&found).contains("KIN-GOMBE-01 head column holder"), "{}", said(&found));
}

fn judged(folder: &Path, device: &PublicKey) -> ExportVerdict {
    let own = sealing();
    let trust =
        Trust::Signers(vec![(own.device(), own.active_key().unwrap()), (DEVICE.parse().unwrap(), *device)]);
    let mut audit = Audit::new(&trust).outlet();
    for name in ["", DEVICE] {
        let folder = if name.is_empty() { folder.to_owned() } else { folder.join(name) };
        let Ok(jws) = fs::read_to_string(folder.join(ExportManifest::FILE)) else { continue };
        let manifest = ExportManifest::read(&jws, &attesting().public_key()).unwrap();
        let open = |part: &verify::ExportPart| fs::File::open(folder.join(part.file.to_string())).map(Some);
        audit.export(name, &manifest, open).unwrap();
    }
    audit.conclude().unwrap()
}

#[test]
fn an_export_of_several_signers_is_true_in_full_and_without_one_of_them_false() {
    let (shop, device) = handed_shop();
    let folder = shop.folder.path().join("export");
    let attester = attesting();
    let done = Export {
        store: &mut *ledger::Database::connect(&shop.database).unwrap(),
        outlet: outlet(),
        days: ExportDays::default(),
        attester: &attester,
        now: now(&shop),
        progress: &mut |_| {},
    };
    assert_eq!(done.write(&folder).unwrap().journals, 2);
    let verdict = judged(&folder, &device.public());
    assert!(verdict.is_true() && verdict.signed, "{verdict:?}");
    let journal = &verdict.journal;
    assert_eq!((journal.invoices, journal.hand_overs, journal.hand_overs_unchecked), (12, 4, 0));
    assert_eq!((journal.unanchored, journal.is_part, journal.declared), (0, false, 0));
    fs::remove_dir_all(folder.join(DEVICE)).unwrap();
    let found = judged(&folder, &device.public()).journal.findings;
    assert!(found.iter().any(|finding| finding.rule == Rule::ChainMissing), "{found:?}");
}
