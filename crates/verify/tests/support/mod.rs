//! A small shop whose journal the tests falsify.

#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]

pub mod cloud;
pub mod export;
pub mod lies;
pub mod outlet;
pub mod till;

use fiscal::{
    AmountCap, Chain, CredentialTerms, Epoch, EventKind, Head, HeadState, InvoiceNumber, Issuing, Listing,
    Moment, PayloadHash, PrivateKey, Proven, PublicKey, Qr, Record, RecordHash, Sealed, Signature, Timestamp,
    Validated,
};
use p256::ecdsa::SigningKey;
use verify::{
    Bundle, JournalLine, JournalVerdict, KeyList, KeyUse, Referee, Rule, Serial, Trust, TrustedKey,
};

pub const SALE: &str = include_str!("../../../../vectors/canonical/valid_sale_ht_one_item.json");

pub fn key(seed: u8) -> Proven<SigningKey> {
    proven(seed)
}

pub fn issuing_key(seed: u8) -> Proven<SigningKey, Issuing> {
    proven(seed)
}

pub fn root_key(seed: u8) -> Proven<SigningKey, Listing> {
    proven(seed)
}

fn proven<P>(seed: u8) -> Proven<SigningKey, P> {
    Proven::prove(SigningKey::from_slice(&[seed; 32]).unwrap(), [seed; 32]).unwrap()
}

pub fn chain(key: &Proven<SigningKey>) -> Chain {
    Chain {
        device: "BONO-USB-001".parse().unwrap(),
        key: key.public_key().id(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(0),
    }
}

pub fn at(seconds: u64) -> Moment {
    let noon: Timestamp = "2026-02-04T12:00:00".parse().unwrap();
    let now = Timestamp::from_unix(noon.unix() + seconds).unwrap();
    Moment { now, tolerance_seconds: 0, counter: 0 }
}

/// The sale of the vectors at another second: another payload.
pub fn sale(second: u64) -> String {
    SALE.replace("2026-02-04T10:15:30", &format!("2026-02-04T10:{:02}:{:02}", second / 60, second % 60))
}

/// A record with what it seals.
#[derive(Clone)]
pub struct Entry {
    pub record: Record,
    pub payload: String,
}

impl Entry {
    pub fn line(&self) -> String {
        JournalLine::new(&self.record, Some(&self.payload)).to_json()
    }
}

pub fn seal_sale(head: &mut Head, key: &Proven<SigningKey>, second: u64) -> Entry {
    let payload = sale(second);
    let linked = head.link(&Validated::read(payload.as_bytes()).unwrap().sale(), at(second)).unwrap();
    Entry { record: *linked.sign(key).unwrap().record(), payload }
}

pub fn seal_event(head: &mut Head, key: &Proven<SigningKey>, kind: EventKind, second: u64) -> Entry {
    seal_body(head, key, kind, second, format!("{{\"event\":{second}}}"))
}

fn seal_body(
    head: &mut Head,
    key: &Proven<SigningKey>,
    kind: EventKind,
    second: u64,
    payload: String,
) -> Entry {
    let linked = head.link_event(kind, PayloadHash::of(payload.as_bytes()), at(second)).unwrap();
    Entry { record: *linked.sign(key).unwrap().record(), payload }
}

/// Eight records: sales, and a closure in the middle and at the end.
pub fn journal(key: &Proven<SigningKey>) -> Vec<Entry> {
    let mut head = Head::open(chain(key), HeadState::START);
    let mut entries: Vec<Entry> = Vec::new();
    for n in 0..8 {
        let entry = if n % 4 == 3 {
            let number = u64::from(n > 3) + 1;
            seal_body(
                &mut head,
                key,
                EventKind::Closure,
                n,
                till::closure(&entries[entries.len() - 3..], number, 0),
            )
        } else {
            seal_sale(&mut head, key, n)
        };
        entries.push(entry);
    }
    entries
}

/// A record whose header or link was changed and that the key 1 sealed again: a signer that breaks the rules.
pub fn resealed(entry: &Entry, change: impl FnOnce(&mut Record)) -> Entry {
    let mut record = entry.record;
    change(&mut record);
    let signature = SigningKey::from_slice(&[1; 32]).unwrap().sign(&record.hash()).unwrap();
    record.signature = Signature::normalised(signature).unwrap();
    Entry { record, payload: entry.payload.clone() }
}

pub fn purpose(key: &Proven<SigningKey>) -> KeyUse {
    let Chain { device, outlet, nif, epoch, .. } = chain(key);
    let first = Serial { epoch, number: Some(InvoiceNumber::FIRST) };
    KeyUse::Seal { device, outlet, nif, first, last: None }
}

/// A list of these keys, signed and read back.
pub fn bundle_of(entries: impl IntoIterator<Item = (PublicKey, KeyUse)>) -> Trust {
    let keys = entries.into_iter().map(|(key, purpose)| TrustedKey { key, purpose }).collect();
    let list = KeyList { issued: "2026-02-01T00:00:00".parse().unwrap(), keys };
    let root = root_key(9);
    Trust::Bundle(Bundle::read(&list.sign(&root).unwrap(), root.public_key()).unwrap())
}

pub fn public(seed: u8) -> PublicKey {
    *key(seed).public_key()
}

pub fn trust(key: Proven<SigningKey>) -> Trust {
    bundle_of([(*key.public_key(), purpose(&key))])
}

pub fn serial(epoch: u32, number: u64) -> Serial {
    Serial { epoch: Epoch(epoch), number: InvoiceNumber::new(number) }
}

/// One sealed sale with the number after `last_number`.
pub fn sealed(key: &Proven<SigningKey>, last_number: u64) -> Sealed {
    let state =
        HeadState { number: InvoiceNumber::new(last_number), hash: RecordHash([4; 32]), ..HeadState::START };
    let mut head = Head::open(chain(key), state);
    head.link(&Validated::read(SALE.as_bytes()).unwrap().sale(), at(0)).unwrap().sign(key).unwrap()
}

pub fn qr(key: &Proven<SigningKey>) -> String {
    Qr::of(&sealed(key, 104), None).unwrap().to_text().to_string()
}

pub fn terms(delegate: &Proven<SigningKey>) -> CredentialTerms {
    let Chain { device, outlet, nif, epoch, .. } = chain(delegate);
    CredentialTerms {
        device,
        outlet,
        nif,
        epoch,
        public_key: *delegate.public_key(),
        first: InvoiceNumber::new(1_000).unwrap(),
        count: 500,
        not_before: "2026-02-04T08:00:00".parse().unwrap(),
        hours: 12,
        cap: AmountCap::thousands(1_000).unwrap(),
    }
}

/// The QR text of a delegated seal by key 3, when the terms cover it.
pub fn delegated_qr(
    terms: CredentialTerms,
    issuer: &Proven<SigningKey, Issuing>,
    last_number: u64,
) -> String {
    let credential = terms.issue(issuer).unwrap();
    Qr::of(&sealed(&key(3), last_number), Some(&credential)).unwrap().to_text().to_string()
}

/// What the referee says of entries that key 1 or 2 sealed.
pub fn verdict(entries: &[Entry]) -> JournalVerdict {
    let trust = Trust::Keys(vec![public(1), public(2)]);
    let mut referee = Referee::new(&trust, None);
    entries.iter().for_each(|entry| referee.read(entry.line().as_bytes()));
    referee.conclude()
}

pub fn found(verdict: &JournalVerdict) -> Vec<(Rule, &str)> {
    verdict.findings.iter().map(|finding| (finding.rule, finding.place.as_str())).collect()
}

/// Closures, those not compared in full, those without a zone; nothing may be false.
pub fn counted(verdict: &JournalVerdict) -> [u64; 3] {
    assert_eq!(verdict.findings, []);
    [verdict.closures, verdict.closures_unchecked, verdict.closures_without_zone]
}
