//! An outlet that sells: it links and seals as the ledger's writer does.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use fiscal::{
    Chain, Epoch, EventKind, Head, HeadState, Moment, Nif, OutletId, PayloadHash, Proven, Timestamp,
    UtcOffset, Validated,
};
use ledger::{
    Act, Append, Appended, By, ChainId, HeadRow, IdempotencyKey, KeyRow, LedgerStore, Outlet, Reference, Row,
    Turn,
};
use p256::ecdsa::SigningKey;

use super::Subject;

const DAY: [&str; 4] = [
    include_str!("../../../../../examples/day/001-bread-and-eggs.json"),
    include_str!("../../../../../examples/day/003-cement-and-nails-company.json"),
    include_str!("../../../../../examples/day/006-family-shopping.json"),
    include_str!("../../../../../examples/day/031-roofing-sheets-three-payments.json"),
];
const NIF: &str = "A2301457K";
/// When the first sale of each shop is sealed: 2026-03-14T07:00:00.
const OPENS: u64 = 1_773_471_600;

static SHOPS: AtomicU64 = AtomicU64::new(0);

/// A new outlet with a chain of its cloud signer.
pub(crate) struct Shop {
    pub(crate) store: Box<dyn LedgerStore>,
    pub(crate) outlet: Outlet,
    pub(crate) head: HeadRow,
    key: Proven<SigningKey>,
    time: u64,
}

impl Shop {
    /// Makes the outlet and takes the first turn, as process 1, for an hour.
    pub(crate) fn new(subject: &dyn Subject) -> Self {
        Self::with(subject, subject.open().unwrap().connect().unwrap())
    }

    pub(crate) fn with(subject: &dyn Subject, mut store: Box<dyn LedgerStore>) -> Self {
        let outlet = new_outlet(subject);
        store.create_outlet(&outlet, &start(outlet.id)).unwrap();
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let key = Proven::prove(key, [1; 32]).unwrap();
        let head = start(outlet.id);
        let mut shop = Self { store, outlet, head, key, time: OPENS };
        shop.take_turn();
        shop
    }

    pub(crate) fn take_turn(&mut self) {
        match self.store.take_turn(self.outlet.id, 1, Duration::from_secs(3600)).unwrap() {
            Turn::Taken(head) => self.head = head,
            other => panic!("{other:?}"),
        }
    }

    /// A connection beside the shop's own.
    pub(crate) fn another(&self, subject: &dyn Subject) -> Box<dyn LedgerStore> {
        subject.open().unwrap().connect().unwrap()
    }

    /// Links and seals so many sales after the head, which moves on; each is a second later than the one before.
    pub(crate) fn sell(&mut self, sales: usize) -> Vec<Row> {
        (0..sales).map(|_| self.seal_next()).collect()
    }

    fn seal_next(&mut self) -> Row {
        self.time += 1;
        let payload = self.payload(self.time);
        self.seal(&payload)
    }

    /// A canonical payload that no other second has.
    pub(crate) fn payload(&self, time: u64) -> String {
        let template = DAY[usize::try_from(time).unwrap() % DAY.len()];
        let stamp = Timestamp::from_unix(time).unwrap().to_string();
        let (before, rest) = template.split_once("\"timestamp\":\"").unwrap();
        let (_, after) = rest.split_once('"').unwrap();
        format!("{before}\"timestamp\":\"{stamp}\"{after}").replace("KIN-GOMBE-01", self.outlet.id.as_str())
    }

    /// Links and seals a payload after the head, which moves on.
    pub(crate) fn seal(&mut self, payload: &str) -> Row {
        let (row, state) = self.seal_in(self.head.chain, self.head.state, payload);
        self.head.state = state;
        self.head.key = Some(self.key.public_key().id());
        row
    }

    /// Links and seals a payload in any chain of the outlet.
    pub(crate) fn seal_in(&self, chain: ChainId, state: HeadState, payload: &str) -> (Row, HeadState) {
        let mut head = Head::open(self.fiscal_chain(chain), state);
        let sale = Validated::read(payload.as_bytes()).unwrap();
        let sealed = head.link(&sale.sale(), self.moment()).unwrap().sign(&self.key).unwrap();
        let row = Row::new(&sealed, sale.invoice().timestamp, None, payload.to_owned());
        (row, *head.state())
    }

    /// Links and seals a record that is no invoice after the head, which moves on.
    pub(crate) fn event(&mut self, kind: EventKind) -> Row {
        self.time += 1;
        let body = format!("{{\"at\":{}}}", self.time);
        let mut head = Head::open(self.fiscal_chain(self.head.chain), self.head.state);
        let linked = head.link_event(kind, PayloadHash::of(body.as_bytes()), self.moment()).unwrap();
        let sealed = linked.sign(&self.key).unwrap();
        self.head.state = *head.state();
        Row::new(&sealed, sealed.header.time, None, body)
    }

    fn fiscal_chain(&self, chain: ChainId) -> Chain {
        let key = self.key.public_key().id();
        Chain { device: chain.signer, key, outlet: chain.outlet, nif: self.outlet.nif, epoch: chain.epoch }
    }

    fn moment(&self) -> Moment {
        Moment { now: Timestamp::from_unix(self.time).unwrap(), tolerance_seconds: 0, counter: 0 }
    }

    /// The part that these rows make with the head as it is now.
    pub(crate) fn part(&self, rows: Vec<Row>) -> Append {
        Append {
            head: self.head.clone(),
            rows,
            keys: Vec::new(),
            acts: Vec::new(),
            unfit: Vec::new(),
            done: false,
        }
    }

    /// Appends rows and expects them to be durable.
    pub(crate) fn keep(&mut self, rows: Vec<Row>) {
        let part = self.part(rows);
        assert_eq!(self.store.append(&[part]).unwrap(), [Appended::Durable]);
    }

    /// Sells so much and keeps it.
    pub(crate) fn sell_and_keep(&mut self, sales: usize) -> Vec<Row> {
        let rows = self.sell(sales);
        self.keep(rows.clone());
        rows
    }

    /// Another signer's chain of this outlet.
    pub(crate) fn chain_of(&self, epoch: u32, signer: &str) -> ChainId {
        ChainId { outlet: self.outlet.id, epoch: Epoch(epoch), signer: signer.parse().unwrap() }
    }

    /// All records of the shop's own chain as they are stored.
    pub(crate) fn stored(&mut self) -> Vec<Row> {
        self.store.records(self.head.chain, None, 1_000).unwrap()
    }
}

/// An outlet whose id and prefix no other has.
pub(crate) fn new_outlet(subject: &dyn Subject) -> Outlet {
    let number = subject.nonce() + SHOPS.fetch_add(1, Ordering::Relaxed);
    let mut digits = Vec::new();
    let mut rest = number;
    while digits.len() < 10 {
        digits.push(char::from_digit(u32::try_from(rest % 36).unwrap(), 36).unwrap().to_ascii_uppercase());
        rest /= 36;
    }
    let prefix: String = digits.iter().rev().collect();
    Outlet {
        id: format!("O-{prefix}").parse().unwrap(),
        nif: NIF.parse::<Nif>().unwrap(),
        prefix: prefix.parse().unwrap(),
        zone: UtcOffset::LUBUMBASHI,
    }
}

/// The head of an outlet's first epoch.
pub(crate) fn start(outlet: OutletId) -> HeadRow {
    HeadRow {
        chain: ChainId { outlet, epoch: Epoch(1), signer: "CLOUD-1".parse().unwrap() },
        state: HeadState::START,
        key: None,
        totals: Vec::new(),
        generation: 0,
        holder: None,
    }
}

/// A key for a row.
pub(crate) fn key_row(key: &str, row: &Row) -> KeyRow {
    KeyRow { key: key.parse::<IdempotencyKey>().unwrap(), place: row.place, time: row.time }
}

/// What a credit note on this invoice names.
pub(crate) fn reference(row: &Row) -> Reference {
    Reference { epoch: row.place.chain.epoch, number: row.number.unwrap() }
}

/// What asks for this sale.
pub(crate) fn sale(row: &Row) -> (Timestamp, PayloadHash) {
    (row.stamped, row.hash)
}

/// That someone asked for this row, of a merchant that is named as the outlet is.
pub(crate) fn act(row: &Row, request: &str) -> Act {
    let outlet = row.place.chain.outlet;
    let by = By {
        actor: "key:till-1".parse().unwrap(),
        tenant: Some(outlet.as_str().parse().unwrap()),
        request: request.parse().unwrap(),
    };
    let subject = format!("é {}", row.place.position);
    Act { time: row.time, by, action: "invoice.seal", outlet: Some(outlet), subject }
}
