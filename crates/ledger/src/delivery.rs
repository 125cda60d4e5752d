//! What another signer sealed reaches the ledger (L1, L4): a device's journal, a delegated key's sales.

use std::collections::{BTreeMap, btree_map::Entry};

use fiscal::{PayloadHash, Position, PublicKey, Record, RecordHash, Sealed, Timestamp, Validated};
use serde::Serialize;

use crate::{ChainId, Outlet, Place, Reference, Refusal, Row};

/// A stretch of another signer's chain: verified, of one chain, each record behind the one before.
#[derive(Clone, Debug)]
pub struct Delivery {
    chain: ChainId,
    rows: Vec<Row>,
    /// What the first of them names as the one before.
    previous: RecordHash,
    last: RecordHash,
}

/// A record as it was delivered, with what it seals.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The record.
    pub record: Record,
    /// The payload or the body.
    pub body: String,
}

/// Why a stretch of a chain is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFault {
    /// There is nothing in it.
    #[error("a delivery has at least one record: send some")]
    Empty,
    /// A seal is not valid.
    #[error("record {0} was not sealed by the key that was given: it is refused with all after it")]
    Seal(usize),
    /// A body is not what was sealed.
    #[error("what record {0} seals is not what was delivered with it: read it from the signer again")]
    Body(usize),
    /// A record is not behind the one before.
    #[error("record {0} does not follow the one before it: deliver a chain in its order, without gaps")]
    Order(usize),
}

impl Delivery {
    /// Verifies records of one chain under its signer's key. A sale that keeps not every rule of the payload is taken
    /// all the same: what was sealed is never refused (O3).
    pub fn verify(records: Vec<Delivered>, key: &PublicKey) -> Result<Self, DeliveryFault> {
        let first = records.first().ok_or(DeliveryFault::Empty)?.record;
        let mut expected = (first.link.position, first.link.previous);
        let mut rows = Vec::with_capacity(records.len());
        for (index, Delivered { record, body }) in records.into_iter().enumerate() {
            let sealed = record.verify(key).map_err(|_| DeliveryFault::Seal(index))?;
            if fiscal::PayloadHash::of(body.as_bytes()) != sealed.link.payload {
                return Err(DeliveryFault::Body(index));
            }
            let same = (sealed.header.device, sealed.header.outlet, sealed.header.epoch)
                == (first.header.device, first.header.outlet, first.header.epoch);
            if !same || (sealed.link.position, sealed.link.previous) != expected {
                return Err(DeliveryFault::Order(index));
            }
            expected = (sealed.link.position.next().unwrap_or(Position::FIRST), sealed.hash());
            rows.push(row(&sealed, body));
        }
        let header = first.header;
        let chain = ChainId { outlet: header.outlet, epoch: header.epoch, signer: header.device };
        Ok(Self { chain, rows, previous: first.link.previous, last: expected.1 })
    }

    /// Whose chain it is.
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The identities of the sales in it.
    pub(crate) fn sales(&self) -> Vec<(Timestamp, PayloadHash)> {
        self.invoices().map(|row| (row.stamped, row.hash)).collect()
    }

    fn invoices(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_invoice())
    }

    /// Whether it goes on behind the newest record that is held of its chain.
    pub(crate) fn follows(&self, newest: Option<&Row>) -> Result<(), Refusal> {
        let follows = match newest {
            Some(newest) => {
                newest.place.position.next() == Some(self.first_position())
                    && newest.read().is_ok_and(|record| record.hash() == self.previous)
            }
            None => self.first_position() == Position::FIRST,
        };
        let held = newest.map_or(0, |newest| newest.place.position.value());
        if follows { Ok(()) } else { Err(Refusal::NotNext { held }) }
    }

    /// The bodies of the flags over its sales that were sealed before, by whomever (L4).
    pub(crate) fn duplicates(&self, known: &[Row]) -> Vec<String> {
        let mut seen: BTreeMap<_, Place> =
            known.iter().map(|row| ((row.stamped, row.hash), row.place)).collect();
        let flag = |row: &Row| match seen.entry((row.stamped, row.hash)) {
            Entry::Occupied(first) => Some(duplicate(first.get(), row)),
            Entry::Vacant(none) => {
                none.insert(row.place);
                None
            }
        };
        self.invoices().filter_map(flag).collect()
    }

    fn first_position(&self) -> Position {
        self.rows.first().map_or(Position::FIRST, |row| row.place.position)
    }

    fn last_position(&self) -> Position {
        self.rows.last().map_or(Position::FIRST, |row| row.place.position)
    }

    /// Whether it is this outlet's, and another signer's than the ledger's.
    pub(crate) fn is_of(&self, outlet: &Outlet, own: ChainId) -> Result<(), Refusal> {
        if self.chain.outlet == outlet.id && self.chain.signer != own.signer {
            Ok(())
        } else {
            Err(Refusal::WrongOutlet)
        }
    }

    /// The body of the anchor: which stretch the ledger holds from now on.
    pub(crate) fn anchor(&self) -> String {
        to_json(&Anchor {
            signer: self.chain.signer.to_string(),
            epoch: self.chain.epoch.0,
            first_position: self.first_position().value(),
            last_position: self.last_position().value(),
            previous_hash: self.previous.to_string(),
            last_hash: self.last.to_string(),
        })
    }
}

/// The body of a flag over a sale that two signers sealed (L4).
fn duplicate(first: &Place, second: &Row) -> String {
    to_json(&Duplicate {
        reason: "duplicate",
        payload_hash: second.hash.to_string(),
        first: PlaceBody::of(first),
        second: PlaceBody::of(&second.place),
    })
}

/// What is found by, of a record that was sealed elsewhere.
fn row(sealed: &Sealed, body: String) -> Row {
    let stated = Validated::read(body.as_bytes()).ok();
    let stamped = stated.as_ref().map_or(sealed.header.time, |sale| sale.invoice().timestamp);
    let reference = stated.and_then(|sale| match sale.invoice().reference {
        Some(fiscal::Reference::Original(original)) if original.outlet_id == sealed.header.outlet => {
            Some(Reference { epoch: original.epoch, number: original.invoice_seq })
        }
        _ => None,
    });
    Row::new(sealed, stamped, reference, body)
}

#[derive(Serialize)]
struct Anchor {
    signer: String,
    epoch: u32,
    first_position: u64,
    last_position: u64,
    previous_hash: String,
    last_hash: String,
}

#[derive(Serialize)]
struct Duplicate {
    reason: &'static str,
    payload_hash: String,
    first: PlaceBody,
    second: PlaceBody,
}

#[derive(Serialize)]
struct PlaceBody {
    signer: String,
    epoch: u32,
    position: u64,
}

impl PlaceBody {
    fn of(place: &Place) -> Self {
        Self {
            signer: place.chain.signer.to_string(),
            epoch: place.chain.epoch.0,
            position: place.position.value(),
        }
    }
}

fn to_json<T: Serialize>(body: &T) -> String {
    // Texts and numbers always serialise.
    serde_json::to_string(body).unwrap_or_default()
}
