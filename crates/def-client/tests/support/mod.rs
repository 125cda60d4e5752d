//! A device's part, made by hand: seals of a software key, and the answers around them.
#![allow(dead_code, reason = "each test file uses some of it")]

use def_client::{Answer, Refusal, Signer};
use def_protocol::reply::{Accepted, Committed, LogEntry, LogTotals, Logged, Seal, TaxLine};
use fiscal::{
    Chain, Epoch, Head, HeadState, InvoiceNumber, Moment, Position, PrivateKey, Proven, PublicKey,
    RecordHash, Timestamp, Validated,
};
use p256::ecdsa::SigningKey;

/// A sale of the shop in Kinshasa.
pub(crate) const PAYLOAD: &str = include_str!("../../../../examples/day/006-family-shopping.json");
/// Another one.
pub(crate) const OTHER: &str = include_str!("../../../../examples/day/001-bread-and-eggs.json");

pub(crate) const NONCE: &str = "A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7A7";

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

pub(crate) fn public_key() -> PublicKey {
    key().public_key()
}

pub(crate) fn other_key() -> PublicKey {
    SigningKey::from_slice(&[8; 32]).unwrap().public_key()
}

/// The seal of a payload under a number of an epoch, at a time.
pub(crate) fn seal(payload: &str, epoch: u32, number: u64, time: &str) -> Seal {
    let sale = Validated::read(payload.as_bytes()).unwrap();
    let proven = Proven::prove(key(), [5; 32]).unwrap();
    let invoice = sale.invoice();
    let chain = Chain {
        device: "DEF-000001".parse().unwrap(),
        key: public_key().id(),
        outlet: invoice.outlet_id,
        nif: invoice.merchant_nif,
        epoch: Epoch(epoch),
    };
    let state = HeadState {
        position: Position::new(number + 2),
        number: InvoiceNumber::new(number - 1),
        hash: RecordHash::from_hex(&"ab".repeat(32)).unwrap(),
        ..HeadState::START
    };
    let mut head = Head::open(chain, state);
    let moment = Moment { now: at(time), tolerance_seconds: 0, counter: number + 9 };
    let sealed = head.link(&sale.sale(), moment).unwrap().sign(&proven).unwrap();
    Seal::of(&sealed, "KINGOMBE01".parse().unwrap()).unwrap()
}

pub(crate) fn prepared() -> Answer {
    Answer::Done(format!(r#"{{"status":"OK","nonce":"{NONCE}","expires_in":7,"message":"ready to commit"}}"#))
}

pub(crate) fn committed(seal: &Seal) -> Answer {
    Answer::Done(serde_json::to_string(&Committed(seal.clone())).unwrap())
}

pub(crate) fn logged(payload: &str, seal: &Seal) -> Answer {
    let sale = Validated::read(payload.as_bytes()).unwrap();
    let invoice = sale.invoice();
    let entry: Logged<String, Vec<TaxLine>> = Logged {
        status: Accepted::Ok,
        log_entry: LogEntry {
            record_type: invoice.invoice_type,
            sequence: seal.invoice_seq,
            timestamp: seal.timestamp,
            merchant_nif: invoice.merchant_nif,
            client_registration: String::new(),
            buyer_id: String::new(),
            total: invoice.totals.total,
            vat_total: invoice.totals.total_vat,
            totals: LogTotals::from(invoice.totals),
            tax_breakdown: Vec::new(),
            prev_hash: seal.previous_hash,
            signature: seal.signature,
            sealed: seal.clone(),
            payload: payload.to_owned(),
        },
    };
    Answer::Done(serde_json::to_string(&entry).unwrap())
}

pub(crate) fn status(epoch: u32, next: u64, time: &str) -> Answer {
    Answer::Done(format!(
        r#"{{"status":"OK","device_id":"DEF-000001","public_key_id":"{}","fiscal_number_prefix":"KINGOMBE01","next_invoice_seq":{next},"epoch":{epoch},"time":"{time}"}}"#,
        public_key().id()
    ))
}

/// The device of these tests.
pub(crate) fn signer() -> Signer {
    Signer {
        device_id: "DEF-000001".parse().unwrap(),
        public_key_id: Some(public_key().id()),
        fiscal_number_prefix: "KINGOMBE01".parse().ok(),
    }
}

pub(crate) fn refused(code: &str) -> Answer {
    Answer::Refused(refusal(code))
}

pub(crate) fn refusal(code: &str) -> Refusal {
    Refusal {
        code: code.into(),
        detail: "why".into(),
        epoch: None,
        invoice_seq: None,
        position: None,
        sector: None,
    }
}

pub(crate) fn replayed(epoch: u32, number: u64) -> Answer {
    Answer::Refused(Refusal { epoch: Some(epoch), invoice_seq: Some(number), ..refusal("REPLAY_DETECTED") })
}
