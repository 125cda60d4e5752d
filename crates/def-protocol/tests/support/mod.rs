//! What several tests need: a line that keeps what was sent, and things that were really sealed.

#![allow(dead_code, reason = "each test uses a part")]

use def_protocol::{Addressed, Checksum, Correlation, FrameWriter, Output, Request};
use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, InvoiceNumber, Moment, PayloadHash, Position, Prefix, Proven,
    PublicKey, RecordHash, Sealed, Validated,
};
use p256::ecdsa::SigningKey;

/// Keeps what was sent.
#[derive(Default)]
pub(crate) struct Line(pub(crate) Vec<u8>);

impl Output for Line {
    fn send(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

pub(crate) fn framed(content: &[u8], checksum: Checksum) -> Vec<u8> {
    let mut line = Line::default();
    let mut frame = FrameWriter::begin(&mut line, None, checksum);
    frame.bytes(content);
    frame.finish();
    line.0
}

pub(crate) fn request_frame(correlation: Option<&str>, request: Request<'_>, checksum: Checksum) -> Vec<u8> {
    let correlation = correlation.map(|text| text.parse::<Correlation>().unwrap());
    let mut line = Line::default();
    FrameWriter::write_request(&mut line, &Addressed { correlation, request }, checksum);
    line.0
}

pub(crate) const PAYLOAD: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../vectors/canonical/valid_sale_ht_one_item.json"
));

pub(crate) fn prefix() -> Prefix {
    "KING".parse().unwrap()
}

pub(crate) fn signing_key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn public_key(seed: u8) -> PublicKey {
    PublicKey::from(*signing_key(seed).verifying_key())
}

fn key() -> Proven<SigningKey> {
    Proven::prove(signing_key(1), [1; 32]).unwrap()
}

fn head() -> Head {
    let chain = Chain {
        device: "BONO-USB-001".parse().unwrap(),
        key: key().public_key().id(),
        outlet: "OUTLET-001".parse().unwrap(),
        nif: "A1234567Z".parse().unwrap(),
        epoch: Epoch(0),
    };
    let state = HeadState {
        position: Position::new(116),
        number: InvoiceNumber::new(104),
        hash: RecordHash([0xAB; 32]),
        time: "2026-02-04T10:15:00".parse().unwrap(),
    };
    Head::open(chain, state)
}

fn moment() -> Moment {
    Moment { now: "2026-02-04T10:15:32".parse().unwrap(), tolerance_seconds: 120, counter: 130 }
}

/// Invoice 105 of epoch 0.
pub(crate) fn sealed_invoice() -> Sealed {
    let sale = Validated::read(PAYLOAD).unwrap();
    head().link(&sale.sale(), moment()).unwrap().sign(&key()).unwrap()
}

/// An event of the same chain.
pub(crate) fn sealed_event(kind: EventKind, body: &str) -> Sealed {
    let linked = head().link_event(kind, PayloadHash::of(body.as_bytes()), moment()).unwrap();
    linked.sign(&key()).unwrap()
}

/// Invoice 105, and a self-test after it.
pub(crate) fn sealed_pair() -> [Sealed; 2] {
    let (mut head, key) = (head(), key());
    let sale = Validated::read(PAYLOAD).unwrap().sale();
    let invoice = head.link(&sale, moment()).unwrap().sign(&key).unwrap();
    let test = head.link_event(EventKind::SelfTest, PayloadHash::of(b"passed"), moment()).unwrap();
    [invoice, test.sign(&key).unwrap()]
}
