//! Records as the journal keeps them, and the whole records that are rebuilt from them.

use fiscal::{
    DeviceId, EventKind, Header, InvoiceFacts, InvoiceNumber, KeyId, Link, OutletId, PayloadHash, Position,
    Record, Subject, compact,
};
use sha2::{Digest, Sha256};

use crate::{
    content::{EventContent, INVOICE, InvoiceContent, Seal},
    journal::ChainPoint,
    state::{Binding, Told},
};

/// A record as it stands in the journal, with what it seals.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    Invoice(InvoiceContent<'a>),
    Event(EventKind, EventContent<'a>),
}

impl<'a> Kept<'a> {
    pub(crate) fn read(kind: u8, content: &'a [u8]) -> Option<Self> {
        if kind == INVOICE {
            InvoiceContent::read(content).map(Self::Invoice)
        } else {
            Some(Self::Event(EventKind::from_code(kind)?, EventContent::read(content)?))
        }
    }

    const fn seal(&self) -> Seal {
        match self {
            Self::Invoice(invoice) => invoice.seal,
            Self::Event(_, event) => event.seal,
        }
    }
}

/// The point from which a record goes on: that of the record before, unless it opens a line of numbers or takes one over.
pub(crate) fn opened(point: &ChainPoint, kept: &Kept<'_>) -> Result<ChainPoint, &'static str> {
    match kept {
        Kept::Event(kind, event) if JUMPS.contains(kind) => {
            Told::read(event.body).ok_or("the body cannot be read")?.opened(*kind, point)
        }
        _ => Ok(*point),
    }
}

const JUMPS: [EventKind; 3] = [EventKind::Provisioned, EventKind::Epoch, EventKind::HandOver];

/// Rebuilds a record from what is kept of it and the point from which it goes on.
pub(crate) fn rebuild(
    device: DeviceId,
    key: KeyId,
    binding: &Binding,
    point: &ChainPoint,
    kept: &Kept<'_>,
) -> Option<Record> {
    let seal = kept.seal();
    let (payload, subject) = match kept {
        Kept::Invoice(invoice) => {
            let number = match point.head.number {
                None => InvoiceNumber::FIRST,
                Some(last) => last.next()?,
            };
            let facts = compact::with_invoice(invoice.packed, &binding.home(), |invoice| {
                InvoiceFacts::of_invoice(invoice, number)
            });
            (payload_hash(invoice.packed, binding)?, Subject::Invoice(facts.ok()?))
        }
        Kept::Event(kind, event) => (PayloadHash::of(event.body.as_bytes()), Subject::Event(*kind)),
    };
    let position = match point.head.position {
        None => Position::FIRST,
        Some(last) => last.next()?,
    };
    let outlet: OutletId = binding.activation.outlet;
    Some(Record {
        header: Header { device, key, outlet, epoch: point.epoch, time: seal.time, subject },
        link: Link { position, payload, previous: point.head.hash, counter: u64::from(seal.counter) },
        signature: seal.signature,
    })
}

/// The hash of a payload, from its compact form, without room for its text.
fn payload_hash(packed: &[u8], binding: &Binding) -> Option<PayloadHash> {
    struct Hasher(Sha256);

    impl core::fmt::Write for Hasher {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0.update(text);
            Ok(())
        }
    }

    let mut hasher = Hasher(Sha256::new());
    compact::unpack(packed, &binding.home(), &mut hasher).ok()?;
    Some(PayloadHash(hasher.0.finalize().into()))
}
