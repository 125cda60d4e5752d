//! Records that a test counts, without a key and without a chain that holds.

use fiscal::{
    CivilDate, Epoch, EventKind, Header, InvoiceNumber, KeyId, Link, PayloadHash, Position, RecordHash,
    Subject, Timestamp, UtcOffset, Validated,
    totals::{Counted, InvoiceTotals, Session},
};
use proptest::{collection::vec, prelude::*};

use crate::support::made;

const ZONE: UtcOffset = UtcOffset::KINSHASA;

/// A record that comes next in a chain.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An invoice, sealed so many seconds after the record before.
    Invoice(Box<InvoiceTotals>, u64),
    /// Another record, with counts that it states.
    Event(EventKind, u64),
}

/// Up to so many records, most of them invoices.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let invoice = (made().prop_map(|made| Box::new(made.with_invoice(InvoiceTotals::of))), 0_u64..50_000)
        .prop_map(|(invoice, seconds)| Step::Invoice(invoice, seconds));
    let events = [EventKind::Closure, EventKind::Boot, EventKind::TimeSet].map(|kind| Step::Event(kind, 0));
    let recovery = (0_u64..9).prop_map(|skipped| Step::Event(EventKind::Recovery, skipped));
    vec(prop_oneof![8 => invoice, 2 => prop::sample::select(events.to_vec()), 1 => recovery], 0..most)
}

impl Step {
    pub(crate) fn invoice(&self) -> Option<&InvoiceTotals> {
        match self {
            Self::Invoice(invoice, _) => Some(invoice),
            Self::Event(..) => None,
        }
    }

    /// Counts it, if there is room, and puts what a closure closes aside.
    pub(crate) fn counted<const K: usize, const G: usize>(
        &self,
        counted: &mut Counted<K, G>,
        position: u64,
        closed: &mut Vec<Session<K, G>>,
    ) -> bool {
        let newest = counted.session.sales.until.map_or(1_770_000_000, Timestamp::unix);
        match self {
            Self::Invoice(invoice, seconds) => {
                let at = Timestamp::from_unix(newest + seconds).unwrap();
                let room = counted.has_room(invoice, at.date_at(ZONE));
                if room {
                    counted.invoice(&header(at), &link(position), number(position), invoice, ZONE);
                }
                room
            }
            Self::Event(kind, skipped) => {
                if *kind == EventKind::Closure {
                    closed.push(counted.session.clone());
                }
                let at = Timestamp::from_unix(newest).unwrap();
                counted.event(&header(at), &link(position), *kind, *skipped, ZONE);
                true
            }
        }
    }
}

/// What is counted of these payloads, sealed one hour after the other from 2026-02-04T08:00:00.
pub(crate) fn chain_of(payloads: &[&[u8]]) -> Counted<24, 48> {
    let mut counted = Counted::new();
    for (position, payload) in (1..).zip(payloads) {
        let at = Timestamp::from_unix(time("2026-02-04T07:00:00").unix() + position * 3_600).unwrap();
        let totals = InvoiceTotals::of(Validated::read(payload).unwrap().invoice());
        counted.invoice(&header(at), &link(position), number(position), &totals, ZONE);
    }
    counted
}

/// The header of a record; what it is about is not looked at.
pub(crate) fn header(time: Timestamp) -> Header {
    Header {
        device: "BONO-USB-001".parse().unwrap(),
        key: KeyId([1; KeyId::LENGTH]),
        outlet: "OUTLET-001".parse().unwrap(),
        epoch: Epoch(0),
        time,
        subject: Subject::Event(EventKind::Boot),
    }
}

/// The link at a position, with a hash before it that no other has.
pub(crate) fn link(position: u64) -> Link {
    Link {
        position: Position::new(position).unwrap(),
        payload: PayloadHash([0; 32]),
        previous: RecordHash([position as u8; 32]),
        counter: 0,
    }
}

pub(crate) fn number(value: u64) -> InvoiceNumber {
    InvoiceNumber::new(value).unwrap()
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn date(text: &str) -> CivilDate {
    text.parse().unwrap()
}

/// All that is handed out.
pub(crate) fn bytes(encode: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Vec<u8> {
    let mut written = Vec::new();
    encode(&mut |piece| written.extend_from_slice(piece));
    written
}
