//! What the tests of this crate share: payloads, a signer and a clock that tests move.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fiscal::{
    Chain, DeviceId, Epoch, EventKind, Head, HeadState, InvoiceNumber, Linked, Moment, PayloadHash,
    PrivateKey, Proof, Proven, PublicKey, Sealed, Timestamp, UtcOffset, Validated,
};
use p256::ecdsa::SigningKey;
use signing::{Signer, SignerFault};

use crate::{ChainId, Clock, CloseTerms, Delivered, Outlet, Standing};

pub(crate) fn outlet(id: &str) -> Outlet {
    let prefix: String = id.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
    Outlet {
        id: id.parse().unwrap(),
        nif: "A2301457K".parse().unwrap(),
        prefix: prefix.parse().unwrap(),
        zone: UtcOffset::KINSHASA,
    }
}

pub(crate) struct SimulatedClock(pub(crate) Arc<AtomicU64>);

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.load(Ordering::Relaxed)).unwrap()
    }

    fn pause(&self, _: Duration) {}
}

pub(crate) struct SimulatedSigner {
    pub(crate) key: SigningKey,
    pub(crate) away: Arc<AtomicBool>,
}

impl Signer for SimulatedSigner {
    fn device(&self) -> DeviceId {
        "STELALA-01".parse().unwrap()
    }

    fn active_key(&self) -> Result<PublicKey, SignerFault> {
        Ok(PublicKey::from(*self.key.verifying_key()))
    }

    fn seal(&self, linked: Vec<Linked>) -> Result<Vec<Sealed>, SignerFault> {
        if self.away.load(Ordering::Relaxed) {
            return Err(SignerFault::Temporary("away".to_owned()));
        }
        let key: &SigningKey = &self.key;
        let public = PublicKey::from(*key.verifying_key());
        let proof = Proof::of(public, [1; 32], |hash| PrivateKey::sign(key, hash)).unwrap();
        let seal = |linked: Linked| {
            let signature = PrivateKey::sign(key, &linked.hash()).unwrap();
            linked.seal_proven(signature, &proof).unwrap()
        };
        Ok(linked.into_iter().map(seal).collect())
    }
}

/// A sale of one article in the standard group.
pub(crate) fn sale(outlet: &str, now: Timestamp, terminal: usize, price: &str) -> Vec<u8> {
    let price: i64 = price.parse::<i64>().unwrap() * 100 + 100;
    let vat = (price * 16 + 50) / 100;
    let money = |centimes: i64| format!("{}.{:02}", centimes / 100, centimes % 100);
    let (base, tax, total) = (money(price), money(vat), money(price + vat));
    format!(
        r#"{{"merchant_nif":"A2301457K","outlet_id":"{outlet}","pos_terminal_id":"POS-{terminal}","cashier_id":"C-01","invoice_type":"sale","timestamp":"{now}","client":{{"registration":"","classification":"Individual"}},"items":[{{"code":"A","description":"Savon","quantity":"1","unit_price":"{base}","tax_group":"standard_vat","taxable_unit":"unit"}}],"tax_groups":[{{"code":"standard_vat","name":"TVA 16%","rate":"0.16","base_amount":"{base}","tax_amount":"{tax}"}}],"totals":{{"subtotal":"{base}","total_vat":"{tax}","total":"{total}","currency":"CDF"}},"payments":[{{"method":"cash","amount":"{total}","instrument_id":""}}]}}"#
    )
    .into_bytes()
}

/// A return of all of it.
pub(crate) fn credit_note(original: &str, seal: &Sealed, now: Timestamp, terminal: usize) -> String {
    let facts = seal.header.invoice().unwrap();
    let stamp = original.find(r#""timestamp":""#).unwrap() + 13;
    let mut note = original.to_owned();
    note.replace_range(stamp..stamp + 19, &now.to_string());
    let from = note.find(r#""pos_terminal_id":""#).unwrap() + 19;
    let to = from + note[from..].find('"').unwrap();
    note.replace_range(from..to, &format!("POS-{terminal}"));
    let note = note.replace(r#""invoice_type":"sale""#, r#""invoice_type":"credit_note""#);
    let note = note.replace(r#""quantity":"1""#, r#""quantity":"-1""#);
    let signed = ["base_amount", "tax_amount", "subtotal", "total_vat", "total", "amount"];
    let note = signed.iter().fold(note, |note, name| {
        note.replace(&format!(r#""{name}":""#), &format!(r#""{name}":"-"#)).replace("--", "-")
    });
    let note = note.replace("\"-0.00\"", "\"0.00\"");
    let (outlet, epoch) = (seal.header.outlet, seal.header.epoch.0);
    let (number, code) = (facts.number.value(), seal.signature.auth_code());
    let reference = format!(
        r#","reference":{{"nature":"RAM","outlet_id":"{outlet}","epoch":{epoch},"invoice_seq":{number},"auth_code":"{code}"}}}}"#
    );
    format!("{}{reference}", &note[..note.len() - 1])
}

/// A fiscal memory of an outlet, as far as its journal shows: it stands by until it enters.
pub(crate) struct TestDevice {
    key: Proven<SigningKey>,
    head: Head,
    /// All that it sealed.
    pub(crate) journal: Vec<Delivered>,
    /// Whether it may seal invoices.
    pub(crate) is_on_line: bool,
}

impl TestDevice {
    pub(crate) fn new(outlet: &str, id: &str, epoch: Epoch) -> Self {
        let byte = id.as_bytes().last().copied().unwrap();
        let key = Proven::prove(SigningKey::from_slice(&[byte; 32]).unwrap(), [1; 32]).unwrap();
        let chain = Chain {
            device: id.parse().unwrap(),
            key: key.public_key().id(),
            outlet: outlet.parse().unwrap(),
            nif: "A2301457K".parse().unwrap(),
            epoch,
        };
        Self { key, head: Head::open(chain, HeadState::START), journal: Vec::new(), is_on_line: false }
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.head.chain().device
    }

    pub(crate) fn key(&self) -> PublicKey {
        *self.key.public_key()
    }

    /// What a registry would say of it: certified for ever.
    pub(crate) fn standing(&self) -> Standing {
        let chain = self.head.chain();
        Standing {
            device: chain.device,
            outlet: chain.outlet,
            key: self.key(),
            nif: chain.nif,
            certificates: vec![(Timestamp::EARLIEST, Timestamp::LATEST)],
            ended: None,
        }
    }

    pub(crate) fn chain(&self) -> ChainId {
        let Chain { device, outlet, epoch, .. } = *self.head.chain();
        ChainId { outlet, epoch, signer: device }
    }

    pub(crate) fn boot(&mut self, now: Timestamp) -> Delivered {
        self.event(EventKind::Boot, r#"{"event":"boot"}"#.to_owned(), now)
    }

    /// Leaves the line.
    pub(crate) fn close(&mut self, now: Timestamp) -> Delivered {
        self.is_on_line = false;
        self.event(EventKind::Close, r#"{"event":"close"}"#.to_owned(), now)
    }

    /// Takes the line over by what the ledger said of it.
    pub(crate) fn enter(&mut self, terms: &CloseTerms, now: Timestamp) -> Delivered {
        self.is_on_line = true;
        let own = *self.head.state();
        let number = InvoiceNumber::new(terms.next_number.value() - 1);
        let time = own.time.max(terms.floor);
        let state = HeadState { number, hash: terms.previous, time, ..own };
        self.head = Head::open(*self.head.chain(), state);
        let body = format!(r#"{{"event":"hand_over","token":"","own_previous":"{}"}}"#, own.hash);
        self.event(EventKind::HandOver, body, now)
    }

    pub(crate) fn seal(&mut self, payload: &[u8], now: Timestamp) -> Delivered {
        let sale = Validated::read(payload).unwrap().sale();
        let linked = self.head.link(&sale, moment(now)).unwrap();
        self.keep(linked, std::str::from_utf8(payload).unwrap().to_owned())
    }

    fn event(&mut self, kind: EventKind, body: String, now: Timestamp) -> Delivered {
        let hash = PayloadHash::of(body.as_bytes());
        let linked = self.head.link_event(kind, hash, moment(now)).unwrap();
        self.keep(linked, body)
    }

    fn keep(&mut self, linked: Linked, body: String) -> Delivered {
        let record = *linked.sign(&self.key).unwrap().record();
        let delivered = Delivered { record, body, idempotency_key: None };
        self.journal.push(delivered.clone());
        delivered
    }
}

fn moment(now: Timestamp) -> Moment {
    // Its clock is as good as it is: what the tests are of is the ledger's.
    Moment { now, tolerance_seconds: u64::MAX, counter: 0 }
}
