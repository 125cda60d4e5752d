//! An outlet whose line of numbers goes from a cloud to devices and back, sealed as cloud and devices do.

use std::io::Cursor;

use base64ct::{Base64UrlUnpadded, Encoding};
use fiscal::{Chain, EventKind, HeadState, InvoiceNumber, Proven, RecordHash, Timestamp};
use p256::ecdsa::SigningKey;
use verify::{Audit, ExportVerdict, JournalVerdict, Referee, Trust};

use super::{
    Entry,
    cloud::{cloud_chain, provisioned, spki},
    export::Export,
    key, public, sale,
    till::Till,
};

/// Who holds the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Cloud,
    Device(usize),
}

/// What whoever enters is told.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub next: u64,
    pub close: RecordHash,
    pub floor: Timestamp,
}

pub struct Outlet {
    pub cloud: Till,
    pub devices: Vec<Till>,
    /// How many records of each device are anchored.
    anchored: Vec<usize>,
    pub holder: Holder,
    /// The last number that was given, by whomever.
    pub number: u64,
    clock: u64,
    sold: u64,
    pub hand_overs: u64,
}

pub fn device_id(device: usize) -> String {
    format!("DEF-{device:06}")
}

fn device_key(device: usize) -> Proven<SigningKey> {
    key(u8::try_from(10 + device).unwrap())
}

impl Outlet {
    /// The cloud holds the line; so many devices stand by.
    pub fn new(devices: usize) -> Self {
        let mut cloud = Till::cloud(cloud_chain(1), key(1), HeadState::START);
        cloud.event(EventKind::Provisioned, &provisioned(1), "2026-02-04T08:00:00");
        let devices: Vec<Till> = (0..devices)
            .map(|device| {
                let key = device_key(device);
                let id = device_id(device).parse().unwrap();
                let chain = Chain { device: id, key: key.public_key().id(), ..cloud_chain(1) };
                let mut till = Till::of(chain, key, HeadState::START);
                till.event(EventKind::Provisioned, &activated(device, 0), "2026-02-04T08:00:00");
                till
            })
            .collect();
        let clock = "2026-02-04T08:00:01".parse::<Timestamp>().unwrap().unix();
        let anchored = vec![0; devices.len()];
        Self { cloud, devices, anchored, holder: Holder::Cloud, number: 0, clock, sold: 0, hand_overs: 0 }
    }

    pub fn now(&mut self) -> String {
        self.clock += 7;
        self.at()
    }

    fn at(&self) -> String {
        Timestamp::from_unix(self.clock).unwrap().to_string()
    }

    pub fn sell(&mut self, sales: u64) {
        for _ in 0..sales {
            self.sold += 1;
            let (payload, now) = (sale(self.sold), self.now());
            self.till(self.holder).sell(&payload, &now);
            self.number += 1;
        }
    }

    pub fn till(&mut self, holder: Holder) -> &mut Till {
        match holder {
            Holder::Cloud => &mut self.cloud,
            Holder::Device(device) => &mut self.devices[device],
        }
    }

    /// A day ends, or a device starts.
    pub fn close_day(&mut self, holder: Holder) {
        let now = self.now();
        self.till(holder).close(&now);
    }

    pub fn boot(&mut self, device: usize) {
        let now = self.now();
        self.devices[device].event(EventKind::Boot, r#"{"event":"boot"}"#, &now);
    }

    /// The holder leaves; what the next one is told.
    pub fn leave(&mut self, to: usize) -> Terms {
        let (now, number) = (self.now(), self.number);
        let body = match self.holder {
            Holder::Cloud => {
                format!(r#"{{"signer":"cloud","to":"{}","last_number":{number}}}"#, device_id(to))
            }
            Holder::Device(device) => {
                let head = self.devices[device].state().hash;
                format!(r#"{{"event":"close","token":"AA","last_number":{number},"head":"{head}"}}"#)
            }
        };
        let holder = self.holder;
        let till = self.till(holder);
        till.event(EventKind::Close, &body, &now);
        let state = till.state();
        Terms { next: number + 1, close: state.hash, floor: state.time }
    }

    /// A device takes the line from the cloud.
    pub fn give(&mut self, to: usize) {
        let terms = self.leave(to);
        self.device_enters(to, terms);
    }

    pub fn device_enters(&mut self, device: usize, terms: Terms) {
        let now = self.now();
        let own = self.devices[device].state();
        let token = enter_token(device, &terms);
        let body = format!(r#"{{"event":"hand_over","token":"{token}","own_previous":"{}"}}"#, own.hash);
        self.enter(Holder::Device(device), &body, terms, &now);
    }

    /// The cloud takes the line from a device.
    pub fn take_back(&mut self) {
        let Holder::Device(device) = self.holder else { panic!("a device holds the line") };
        let terms = self.leave(device);
        self.cloud_enters(device, terms);
    }

    pub fn cloud_enters(&mut self, from: usize, terms: Terms) {
        let now = self.now();
        let own = self.cloud.state().hash;
        let body = cloud_enters_body(&device_id(from), &terms, own);
        self.enter(Holder::Cloud, &body, terms, &now);
    }

    pub fn enter(&mut self, holder: Holder, body: &str, terms: Terms, at: &str) {
        let till = self.till(holder);
        let (position, time) = (till.state().position, till.state().time);
        till.go_on(HeadState {
            position,
            number: InvoiceNumber::new(terms.next - 1),
            hash: terms.close,
            time,
        });
        till.event(EventKind::HandOver, body, at);
        (self.holder, self.number) = (holder, terms.next - 1);
        self.hand_overs += 1;
    }

    /// The ledger takes what devices sealed.
    pub fn deliver(&mut self) {
        (0..self.devices.len()).for_each(|device| self.deliver_of(device));
    }

    pub fn deliver_of(&mut self, device: usize) {
        let now = self.now();
        let fresh = &self.devices[device].entries[self.anchored[device]..];
        let (Some(first), Some(last)) = (fresh.first(), fresh.last()) else { return };
        let body = format!(
            r#"{{"signer":"{}","epoch":0,"first_position":{},"last_position":{},"previous_hash":"{}","last_hash":"{}"}}"#,
            device_id(device),
            first.record.link.position,
            last.record.link.position,
            first.record.link.previous,
            last.record.hash(),
        );
        self.anchored[device] = self.devices[device].entries.len();
        self.cloud.event(EventKind::Anchor, &body, &now);
    }

    /// The cloud seals something that it declares.
    pub fn declare(&mut self, kind: EventKind, body: &str) {
        let now = self.now();
        self.cloud.event(kind, body, &now);
    }

    /// The cloud seals that the authority has an invoice.
    pub fn note(&mut self, invoice: &Entry, code: &str, source: &str) {
        self.declare(EventKind::Authority, &authority_body(invoice, code, source));
    }

    /// The flag over a device's newest record.
    pub fn flag_newest(&mut self, device: usize, cause: &str) {
        let record = self.devices[device].entries.last().unwrap().record;
        let number = record.header.invoice().map_or("null".to_owned(), |facts| facts.number.to_string());
        let body = format!(
            r#"{{"reason":"non_compliant","signer":"{}","epoch":0,"position":{},"number":{number},"causes":["{cause}"]}}"#,
            device_id(device),
            record.link.position,
        );
        self.declare(EventKind::Flag, &body);
    }

    /// The chains by folder: the cloud's own has no name.
    pub fn folders(&self) -> Vec<(String, Vec<Entry>)> {
        let own = (String::new(), self.cloud.entries.clone());
        let devices = self.devices.iter().enumerate();
        let devices = devices.map(|(device, till)| (device_id(device), till.entries.clone()));
        std::iter::once(own).chain(devices).collect()
    }

    pub fn verdict(&self) -> ExportVerdict {
        judged(&self.folders())
    }
}

/// What the referee says of an export with these folders, in parts of a few records.
pub fn judged(folders: &[(String, Vec<Entry>)]) -> ExportVerdict {
    let trust = outlet_trust();
    let mut audit = Audit::new(&trust).outlet();
    for (name, entries) in folders {
        let export = Export::of(entries, 6);
        let manifest = export.manifest();
        audit.export(name, &manifest, |part| Ok(export.files.get(&part.file).map(Cursor::new))).unwrap();
    }
    audit.conclude().unwrap()
}

/// The same of journal files.
pub fn judged_as_journals(folders: &[(String, Vec<Entry>)]) -> ExportVerdict {
    let trust = outlet_trust();
    let mut audit = Audit::new(&trust).outlet();
    for (name, entries) in folders {
        let file: String = entries.iter().map(|entry| entry.line() + "\n").collect();
        audit.chain(name, file.as_bytes()).unwrap();
    }
    audit.conclude().unwrap()
}

/// What it says of one chain alone.
pub fn alone(entries: &[Entry]) -> JournalVerdict {
    let trust = outlet_trust();
    let mut referee = Referee::new(&trust, None);
    entries.iter().for_each(|entry| referee.read(entry.line().as_bytes()));
    referee.conclude()
}

pub fn outlet_trust() -> Trust {
    Trust::Keys((1..=2).chain(10..20).map(public).collect())
}

/// The body of a device's activation, byte by byte from `docs/formats.md`.
pub fn activated(device: usize, first_number: u64) -> String {
    let mut token = vec![1, b'D', 1];
    put_text(&mut token, &device_id(device));
    token.extend([0; 16]);
    ["A1234567Z", "OUTLET-001", "BONO"].iter().for_each(|part| put_text(&mut token, part));
    token.extend(0_u32.to_be_bytes());
    token.extend(first_number.to_be_bytes());
    token.extend(60_i16.to_be_bytes());
    token.extend([7; 144]);
    let token = Base64UrlUnpadded::encode_string(&token);
    format!(r#"{{"event":"provisioned","activation":"{token}","firmware_version":"0.1.0"}}"#)
}

/// An order to enter, byte by byte from `docs/formats.md`.
pub fn enter_token(device: usize, terms: &Terms) -> String {
    let mut token = vec![1, b'D', 4];
    put_text(&mut token, &device_id(device));
    token.extend([0; 16]);
    token.push(2);
    token.extend(0_u32.to_be_bytes());
    token.extend(terms.next.to_be_bytes());
    token.extend(terms.close.0);
    token.extend(terms.floor.unix().to_be_bytes());
    token.extend([7; 64]);
    Base64UrlUnpadded::encode_string(&token)
}

/// The body that says that the authority has an invoice.
pub fn authority_body(invoice: &Entry, code: &str, source: &str) -> String {
    let (header, link) = (&invoice.record.header, &invoice.record.link);
    let number = header.invoice().map_or(1, |facts| facts.number.value());
    format!(
        r#"{{"signer":"{}","epoch":{},"position":{},"number":{number},"record_hash":"{}","nim":"CD01002345-1","code":"{code}","source":"{source}","host":"edef.dgirdc.cd","test":false}}"#,
        header.device,
        header.epoch.0,
        link.position,
        invoice.record.hash(),
    )
}

pub fn cloud_enters_body(from: &str, terms: &Terms, own: RecordHash) -> String {
    format!(
        r#"{{"signer":"cloud","from":"{from}","public_key":"{}","next_number":{},"close_hash":"{}","own_previous":"{own}"}}"#,
        spki(1),
        terms.next,
        terms.close,
    )
}

fn put_text(token: &mut Vec<u8>, text: &str) {
    token.push(u8::try_from(text.len()).unwrap());
    token.extend(text.as_bytes());
}
