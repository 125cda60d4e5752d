use fiscal::{
    EventKind, Fault, InvoiceFacts, PayloadHash, Record, RecordHash, Subject, Timestamp, Validated,
};
use serde::Deserialize;

use super::{Cause, Delivered, Unfit, UnfitReason};
use crate::{IdempotencyKey, Row, found_by};

/// A record that goes on from the one before it, with what is wrong with it by itself.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) record: Record,
    pub(crate) hash: RecordHash,
    /// As it is stored, without its body where that is not what it seals.
    pub(crate) row: Row,
    /// The key that came with it, as such keys are kept.
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) causes: Vec<Cause>,
    /// As it came, where that is not what it seals, or its signature is false though it is the signer's.
    pub(crate) damaged: Option<Unfit>,
    /// What a hand-over says that its signer's own chain had come to.
    pub(crate) own_previous: Option<RecordHash>,
}

/// What is read of the body of a device's hand-over; those of older firmwares say nothing.
#[derive(Deserialize)]
struct Entered {
    own_previous: Option<String>,
}

impl Item {
    pub(super) fn new(delivered: Delivered, hash: RecordHash) -> Self {
        let Delivered { record, body, idempotency_key } = delivered;
        let outlet = record.header.outlet;
        if PayloadHash::of(body.as_bytes()) != record.link.payload {
            let damaged = Some(Unfit::new(outlet, &record, &body, UnfitReason::Body));
            let row = Row::of(&record, record.header.time, None, None);
            return Self { record, hash, row, key: None, causes: Vec::new(), damaged, own_previous: None };
        }
        let (stamped, reference, causes) = match record.header.subject {
            Subject::Invoice(facts) => read(&record, &facts, &body),
            Subject::Event(kind) => {
                (record.header.time, found_by::reference_of_event(kind, &body), Vec::new())
            }
        };
        let key = idempotency_key.filter(|_| record.header.invoice().is_some());
        let key = key.as_ref().map(IdempotencyKey::of_delivery);
        let is_entry = record.header.subject == Subject::Event(EventKind::HandOver);
        let own_previous = is_entry.then(|| own_previous(&body)).flatten();
        let row = Row::of(&record, stamped, reference, Some(body));
        Self { record, hash, row, key, causes, damaged: None, own_previous }
    }

    /// Whether it goes on from a record of its own chain: it names it, or takes the line over and names it in its body.
    pub(crate) fn follows(&self, previous: RecordHash) -> bool {
        match self.record.header.subject {
            Subject::Event(EventKind::HandOver) => self.own_previous.is_none_or(|own| own == previous),
            _ => self.record.link.previous == previous,
        }
    }

    /// Whether it shows, when it is true itself, that a record is the one before it.
    pub(super) fn proves(&self, previous: RecordHash) -> bool {
        match self.record.header.subject {
            Subject::Event(EventKind::HandOver) => self.own_previous == Some(previous),
            _ => self.record.link.previous == previous,
        }
    }

    /// What is kept of it when it cannot be placed.
    pub(crate) fn unfit(&self, reason: UnfitReason) -> Unfit {
        let body = self.row.body.as_deref();
        match &self.damaged {
            Some(damaged) => Unfit { reason, ..damaged.clone() },
            None => Unfit::new(self.record.header.outlet, &self.record, body.unwrap_or_default(), reason),
        }
    }
}

fn own_previous(body: &str) -> Option<RecordHash> {
    let entered: Entered = serde_json::from_str(body).ok()?;
    RecordHash::from_hex(&entered.own_previous?)
}

/// What an invoice is found by, and what is wrong with it.
fn read(
    record: &Record,
    facts: &InvoiceFacts,
    body: &str,
) -> (Timestamp, Option<crate::Reference>, Vec<Cause>) {
    let validated: Result<Validated<'_>, Fault> = Validated::read(body.as_bytes());
    let Ok(validated) = validated else {
        return (record.header.time, None, vec![Cause::PayloadInvalid]);
    };
    let invoice = validated.invoice();
    let stated = InvoiceFacts::of_invoice(invoice, facts.number);
    let same = stated == *facts && invoice.outlet_id == record.header.outlet;
    let causes = if same { Vec::new() } else { vec![Cause::FactsDiffer] };
    (invoice.timestamp, found_by::reference_of_invoice(invoice), causes)
}
