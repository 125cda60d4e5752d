//! Sales that are all different, as requests that are ready to be sent.

#![allow(clippy::disallowed_methods, reason = "a benchmark is the one place that measures ambient time")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use fiscal::{Invoice, OutletId, Timestamp};
use registry::ApiKey;

use super::arguments::Keys;

/// Where sales are offered.
pub(super) const PATH: &str = "/api/v1/invoices";
/// About 850 bytes.
const SALE: &str = include_str!("../../../../../examples/day/001-bread-and-eggs.json");
const COUNTER: &str = "T-0000000000";
const KEY: &str = "00000000-0000-0000-0000-000000000000";

/// Makes sales. Clones never make the same one.
#[derive(Clone)]
pub(super) struct Sales(Arc<Shared>);

struct Shared {
    /// For each outlet.
    templates: Vec<Template>,
    keys: Keys,
    next: AtomicU64,
}

struct Template {
    request: Vec<u8>,
    body: usize,
    key: usize,
    timestamp: usize,
    counter: usize,
}

impl Sales {
    pub(super) fn new(outlets: &[OutletId], api_key: &ApiKey, keys: Keys) -> anyhow::Result<Self> {
        let templates = outlets.iter().map(|outlet| Template::new(*outlet, api_key, keys));
        let templates = templates.collect::<anyhow::Result<_>>()?;
        Ok(Self(Arc::new(Shared { templates, keys, next: AtomicU64::new(0) })))
    }

    pub(super) fn payload_length(&self) -> usize {
        self.template().len() - self.0.templates[0].body
    }

    /// As long as every request.
    pub(super) fn template(&self) -> &[u8] {
        &self.0.templates[0].request
    }

    /// Makes the next request in the place of another.
    pub(super) fn next(&self, request: &mut [u8]) {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let template = &self.0.templates[(number % self.0.templates.len() as u64) as usize];
        request.copy_from_slice(&template.request);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = Timestamp::from_unix(now.as_secs()).unwrap_or(Timestamp::LATEST).to_string();
        request[template.timestamp..][..time.len()].copy_from_slice(time.as_bytes());
        digits(&mut request[template.counter..][..10], number);
        let random = mixed(number) ^ u64::from(now.subsec_nanos());
        let (high, low) = match self.0.keys {
            Keys::Ordered => (now.as_millis() as u64, random),
            Keys::Random => (mixed(random), mixed(random ^ now.as_secs())),
            Keys::None => return,
        };
        key(&mut request[template.key..][..KEY.len()], high, low);
    }

    /// The next sale's payload and key.
    pub(super) fn next_payload(&self) -> (Vec<u8>, String) {
        let mut request = self.template().to_vec();
        self.next(&mut request);
        let template = &self.0.templates[0];
        let key = request.get(template.key..template.key + KEY.len()).unwrap_or_default();
        (request[template.body..].to_vec(), String::from_utf8_lossy(key).into_owned())
    }
}

impl Template {
    fn new(outlet: OutletId, api_key: &ApiKey, keys: Keys) -> anyhow::Result<Self> {
        let mut invoice = Invoice::read(SALE.as_bytes())?;
        invoice.outlet_id = outlet;
        invoice.pos_terminal_id = COUNTER.parse()?;
        let mut payload = String::new();
        invoice.write(&mut payload)?;
        let key = if keys == Keys::None { String::new() } else { format!("Idempotency-Key: {KEY}\r\n") };
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n{key}\
             Content-Type: application/vnd.stelala.canonical+json\r\nContent-Length: {}\r\n\r\n",
            api_key.reveal(),
            payload.len(),
        );
        let text = format!("{head}{payload}");
        let behind = |marker: &str| text.find(marker).map(|at| at + marker.len());
        Ok(Self {
            key: behind("Idempotency-Key: ").unwrap_or_default(),
            timestamp: behind(r#""timestamp":""#).context("no timestamp")?,
            counter: behind(r#""pos_terminal_id":"T-"#).context("no till")?,
            body: head.len(),
            request: text.into_bytes(),
        })
    }
}

fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A UUID: the first 48 bits, the version and what is random.
fn key(place: &mut [u8], high: u64, low: u64) {
    const DIGITS: &[u8] = b"0123456789abcdef";
    let bits = (u128::from(high & 0xFFFF_FFFF_FFFF) << 80) | (7 << 76) | u128::from(low) | (1 << 63);
    let mut shift = 128;
    for place in place.iter_mut().filter(|place| **place != b'-') {
        shift -= 4;
        *place = DIGITS[(bits >> shift & 0xF) as usize];
    }
}

/// SplitMix64: every number has its own.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
