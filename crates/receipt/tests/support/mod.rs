//! Sealed sales for tests and samples, and readers of what was drawn.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]
#![allow(dead_code, unreachable_pub, reason = "each test file is a crate of its own and uses a part")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{
    AuthCode, Chain, Epoch, Head, HeadState, Invoice, InvoiceNumber, Moment, Prefix, Proven, PublicKey,
    Reference, Timestamp, Validated,
};
use p256::ecdsa::SigningKey;
use receipt::{Authority, AuthorityElements, Elements, Merchant, Origin, Print, Receipt};

/// A payload with the elements of its seal.
#[derive(Clone, Debug)]
pub struct Sold {
    pub name: String,
    pub payload: String,
    pub elements: Elements,
}

impl Sold {
    pub fn receipt(&self, print: &Print) -> Receipt {
        Receipt::new(self.payload.as_bytes(), &self.elements, print)
            .unwrap_or_else(|refusal| panic!("{}: {} {refusal}", self.name, refusal.code()))
    }

    pub fn receipt_with(&self, authority: &Authority, print: &Print) -> Receipt {
        Receipt::with_authority(self.payload.as_bytes(), &self.elements, authority, print)
            .unwrap_or_else(|refusal| panic!("{}: {} {refusal}", self.name, refusal.code()))
    }

    pub fn qr(&self) -> &str {
        self.elements.qr_payload.as_deref().unwrap()
    }
}

/// What the authority's QR code says in these tests.
pub const AUTHORITY_QR: &str = "F;CD01002345-1;YKAV7RVLAMCF7JNAAHX4KQ2M;A2301457K;20260314090420";

/// What the authority answers.
pub fn authority() -> AuthorityElements {
    AuthorityElements {
        code: "YKAV7RVLAMCF7JNAAHX4KQ2M".to_owned(),
        nim: "CD01002345-1".to_owned(),
        date_time: Some("14/03/2026 09:04:20".to_owned()),
        counters: Some("64/64 FV".to_owned()),
        qr: Some(AUTHORITY_QR.to_owned()),
        origin: Origin::Answered,
        is_test: false,
    }
}

fn key() -> Proven<SigningKey> {
    Proven::prove(SigningKey::from_slice(&[7; 32]).unwrap(), [7; 32]).unwrap()
}

pub fn public_key() -> PublicKey {
    *key().public_key()
}

/// A till and a signer in one.
pub struct Shop {
    key: Proven<SigningKey>,
    prefix: Prefix,
    head: Head,
}

impl Shop {
    /// The one that sells what `payload` says, before its first sale.
    pub fn of(payload: &str) -> Self {
        let invoice = Invoice::read(payload.as_bytes()).unwrap();
        let key = key();
        let chain = Chain {
            device: "DEF-KIN-000042".parse().unwrap(),
            key: key.public_key().id(),
            outlet: invoice.outlet_id,
            nif: invoice.merchant_nif,
            epoch: Epoch(0),
        };
        Self { key, prefix: "KINGOMBE01".parse().unwrap(), head: Head::open(chain, HeadState::START) }
    }

    pub fn sell(&mut self, name: &str, payload: &str) -> Sold {
        let sale = Validated::read(payload.as_bytes()).unwrap();
        let till = sale.invoice().timestamp.unix();
        let now = Timestamp::from_unix(till + 2).unwrap_or(Timestamp::LATEST);
        let moment = Moment { now, tolerance_seconds: u64::MAX, counter: 118 };
        let sealed = self.head.link(&sale.sale(), moment).unwrap().sign(&self.key).unwrap();
        let elements = Elements::from(&sealed.elements(self.prefix, None).unwrap());
        let record = Some(Base64UrlUnpadded::encode_string(&sealed.to_bytes()));
        Sold { name: name.to_owned(), payload: payload.to_owned(), elements: Elements { record, ..elements } }
    }
}

pub fn seal(name: &str, payload: &str) -> Sold {
    Shop::of(payload).sell(name, payload)
}

fn folder(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn files(path: &str) -> Vec<(String, String)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder(path)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let json = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    json.filter_map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        Some((name, fs::read_to_string(file).ok()?))
    })
    .collect()
}

/// The business day of the examples, sealed in its order.
pub fn day() -> Vec<Sold> {
    let files = files("examples/day");
    let mut shop = Shop::of(&files[0].1);
    let mut codes: BTreeMap<InvoiceNumber, AuthCode> = BTreeMap::new();
    let mut number = InvoiceNumber::FIRST;
    let sell = |(name, example): &(String, String)| {
        let mut invoice = Invoice::read(example.as_bytes()).unwrap();
        if let Some(Reference::Original(original)) = &mut invoice.reference {
            original.auth_code = codes[&original.invoice_seq];
        }
        let mut payload = String::new();
        invoice.write(&mut payload).unwrap();
        let sold = shop.sell(name, &payload);
        codes.insert(number, sold.elements.auth_code.as_ref().unwrap().parse().unwrap());
        number = number.next().unwrap();
        sold
    };
    files.iter().map(sell).collect()
}

/// Each valid vector, sealed by a shop of its own.
pub fn vectors() -> Vec<Sold> {
    let valid = files("vectors/canonical").into_iter().filter(|(name, _)| name.starts_with("valid_"));
    valid.map(|(name, payload)| seal(&name, &payload)).collect()
}

/// How a shop in Kinshasa prints.
pub fn print() -> Print {
    let lines =
        ["12, avenue du Commerce, Gombe, Kinshasa", "Tél. +243 81 555 01 42", "RCCM CD/KIN/RCCM/19-B-01234"];
    Print {
        merchant: Some(Merchant {
            name: "Alimentation & Quincaillerie Maman Nzuzi".to_owned(),
            lines: lines.map(str::to_owned).to_vec(),
        }),
        ..Print::default()
    }
}

/// Width, height and greys of a PNG, by a reader that is not ours.
pub fn decode_png(bytes: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut greys = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut greys).unwrap();
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::Eight));
    (info.width as usize, info.height as usize, greys)
}

/// The texts of all QR codes in a picture.
pub fn read_qr(width: usize, height: usize, greys: &[u8]) -> Vec<String> {
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| greys[y * width + x]);
    image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}
