//! A device and a ledger that are offered the same: each answer is compared.

use def_protocol::reply::{ClosureGroup, ClosureReport, CurrencyTotals, Seal};
use def_protocol::{ArticlesAsked, Cursor, SnapshotPeriod};
use fiscal::{Record, Timestamp, UtcOffset};
use serde_json::{Value, json};

use crate::{
    cloud::{Cloud, outlet},
    device::Device,
};

/// What a payload has where the authentication code of its original belongs.
pub(crate) const PLACEHOLDER: &str = "0000000000000000";
/// A device's answer has so many articles at most.
pub(crate) const PAGE: usize = 64;

pub(crate) struct Both {
    pub(crate) device: Device,
    pub(crate) cloud: Cloud,
    /// The authentication codes of each invoice: the device's, the ledger's.
    codes: Vec<[String; 2]>,
}

impl Both {
    pub(crate) fn open(zone: UtcOffset, now: Timestamp) -> Self {
        Self { device: Device::open(zone, now), cloud: Cloud::open(zone, now), codes: Vec::new() }
    }

    pub(crate) fn set(&self, now: Timestamp) {
        self.device.set(now);
        self.cloud.set(now);
    }

    /// Has a sale sealed by both, or refused by both in the same words; its number.
    pub(crate) fn sell(&mut self, payload: &str, original: Option<u64>) -> Result<u64, String> {
        let of = |signer: usize| match original.and_then(|number| self.codes.get(number as usize - 1)) {
            Some(codes) => payload.replace(PLACEHOLDER, &codes[signer]),
            None => payload.to_owned(),
        };
        let [to_device, to_cloud] = [of(0), of(1)];
        let (device, cloud) = (self.device.sell(&to_device), self.cloud.sell(&to_cloud));
        let (device, cloud) = match (device, cloud) {
            (Ok(device), Ok(cloud)) => (device, cloud),
            (device, cloud) => {
                assert_eq!(device, cloud, "{payload}");
                return Err(device.unwrap_err());
            }
        };
        compare_seals(&device, &cloud, original.is_some());
        self.codes.push([&device, &cloud].map(|seal| seal["auth_code"].as_str().unwrap().to_owned()));
        Ok(device["invoice_seq"].as_u64().unwrap())
    }

    /// Z of both; the ledger's answer.
    pub(crate) fn close(&mut self, date: &str) -> Result<Value, String> {
        match (self.device.close(date), self.cloud.close(date)) {
            (Ok(device), Ok(cloud)) => {
                compare_closures(device, cloud.clone());
                Ok(cloud)
            }
            (device, cloud) => {
                assert_eq!(device, cloud, "{date}");
                Err(cloud.unwrap_err())
            }
        }
    }

    /// X of both, byte for byte; the session's.
    pub(crate) fn compare_snapshots(&mut self) -> Value {
        let [_, session] = [SnapshotPeriod::Day, SnapshotPeriod::Session].map(|period| {
            let device = self.device.text(&format!(r#"RPT|X {{"period":"{}"}}"#, period.as_str()));
            let cloud = self.cloud.ledger.snapshot(outlet(), period).unwrap();
            assert_eq!(cloud.json, device);
            cloud.json
        });
        serde_json::from_str(&session).unwrap()
    }

    /// A of both over some days, byte for byte and page for page; all articles.
    pub(crate) fn compare_articles(&mut self, since: &str, until: &str) -> Vec<Value> {
        let (mut articles, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut request = json!({ "since": since, "until": until });
            if let Some(after) = &after {
                request["after"] = after.as_str().into();
            }
            let device = self.device.text(&format!("RPT|A {request}"));
            let cloud = articles_of(&self.cloud, since, until, after.as_deref(), PAGE);
            assert_eq!(cloud, device);
            let page: Value = serde_json::from_str(&cloud).unwrap();
            articles.extend(page["articles"].as_array().unwrap().iter().cloned());
            after = page["next"].as_str().map(str::to_owned);
            if page["last"] == true {
                assert_eq!(after, None);
                return articles;
            }
        }
    }
}

pub(crate) fn articles_of(
    cloud: &Cloud,
    since: &str,
    until: &str,
    after: Option<&str>,
    most: usize,
) -> String {
    let asked = ArticlesAsked {
        since: since.parse().unwrap(),
        until: until.parse().unwrap(),
        after: after.map(|after| Cursor::new(after).unwrap()),
    };
    cloud.ledger.articles(outlet(), &asked, most.try_into().unwrap()).unwrap().json
}

/// Every member of a seal is the same but those that follow from who signs, from what else is in its chain and, of a
/// note, from the code of its original.
fn compare_seals(device: &Value, cloud: &Value, is_note: bool) {
    let names = |seal: &Value| {
        let names = seal.as_object().unwrap().keys().filter(|name| *name != "status");
        names.cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(device), names(cloud));
    // Of a signer: its id, its key. Of its chain: a device has records of its own in it, and counts in hardware.
    let of_signer = ["device_id", "auth_code", "signature", "record", "record_hash", "qr_payload"];
    let of_chain = ["position", "previous_hash", "counter"];
    for name in &names(device) {
        let (value, other) = (&device[name], &cloud[name]);
        match name.as_str() {
            name if of_signer.contains(&name) => assert_ne!(value, other, "{name}"),
            name if of_chain.contains(&name) => {}
            "payload_hash" if is_note => assert_ne!(value, other, "it names the original's code"),
            _ => assert_eq!(value, other, "{name}"),
        }
    }

    let [device, cloud]: [Seal; 2] =
        [device, cloud].map(|seal| serde_json::from_value(seal.clone()).unwrap());
    compare_headers(&device.record, &cloud.record);
    // The QR code: device id, authentication code, key id, D and signature are the signer's own.
    let fields = |seal: &Seal| seal.qr_payload.split('|').map(str::to_owned).collect::<Vec<_>>();
    let [one, other] = [fields(&device), fields(&cloud)];
    assert_eq!((one.len(), other.len()), (16, 16));
    let differ: Vec<_> = (0..16).filter(|at| one[*at] != other[*at]).collect();
    assert_eq!(differ, [0, 2, 13, 14, 15], "{one:?} and {other:?}");
}

/// All that a header says, but for who and with which key.
fn compare_headers(device: &Record, cloud: &Record) {
    let mut header = cloud.header;
    (header.device, header.key) = (device.header.device, device.header.key);
    assert_eq!(header, device.header);
}

fn compare_closures(mut device: Value, mut cloud: Value) {
    type Report = ClosureReport<Vec<ClosureGroup>, Vec<CurrencyTotals>>;
    let [one, other]: [Report; 2] =
        [&device, &cloud].map(|closure| serde_json::from_value(closure.clone()).unwrap());
    compare_headers(&one.record, &other.record);
    let names = |closure: &Value| closure.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&device), names(&cloud));
    for name in ["position_start", "position_end", "previous_hash", "last_hash", "record"] {
        device[name] = Value::Null;
        cloud[name] = Value::Null;
    }
    assert_eq!(device, cloud);
}
