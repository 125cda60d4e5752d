//! Everything that the engine knows, each piece of it a consequence of the journal's records.
//!
//! [`State::sealed_invoice`] and [`State::sealed_event`] are the only ways in which it changes: when a record is
//! sealed, and when it is read again after the power came. So what is known before and after is the same.

pub(crate) mod codec;
pub(crate) mod notes;
pub(crate) mod window;

mod checkpoint;
mod event;

use def_protocol::token::{Activation, Newest};
use fiscal::{
    Epoch, Invoice, InvoiceNumber, Position, Record, RecordHash, Timestamp, UtcOffset,
    compact::Home,
    totals::{Counted, InvoiceTotals},
};

pub(crate) use checkpoint::CHECKPOINT_BYTES;
pub(crate) use event::{EventBody, Told, order_digest};

use self::{
    notes::Notes,
    window::{Remembered, Window},
};
use crate::{
    content::{InvoiceContent, NoteContent},
    journal::{ChainPoint, Place},
};

/// Rows of tax groups between two closures; the one that does not fit has to wait for a closure.
pub(crate) const GROUP_ROWS: usize = 48;
/// Rows of invoice types and currencies.
pub(crate) const KIND_ROWS: usize = 24;

/// What follows from the records.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Where the chain has come to.
    pub(crate) point: ChainPoint,
    /// To which outlet the device belongs; none before INIT.
    pub(crate) binding: Option<Binding>,
    /// Whether it is revoked or done with.
    pub(crate) ended: Option<Ended>,
    /// Whether another signer holds the outlet's line of numbers: the device left it, or was activated to stand by.
    pub(crate) handed_over: bool,
    /// When the device left or took over last: an order from before that was obeyed, or came too late.
    pub(crate) handed_at: Timestamp,
    /// When the epoch began on this device, by the token that opened it.
    pub(crate) epoch_began: Timestamp,
    /// How many invoices there were before the epoch, and what they came to in CDF: the ledger holds them.
    pub(crate) sealed_before_epoch: (u64, u128),
    /// What was sealed since the last closure and on this business day, and how often was closed.
    pub(crate) counted: Counted<KIND_ROWS, GROUP_ROWS>,
    pub(crate) window: Window,
    pub(crate) notes: Notes,
    /// Where the newest closure is.
    pub(crate) last_closure: Option<Place>,
    /// What the ledger holds.
    pub(crate) acknowledged: Option<Acknowledged>,
    /// The same, as far as a record says so: what holds after a power cut.
    pub(crate) acknowledged_on_record: Option<Acknowledged>,
    /// When the first invoice was sealed after the ledger held everything.
    pub(crate) behind_since: Timestamp,
    /// The newest invoice of the epoch.
    pub(crate) newest: Option<Newest>,
    /// Where the record is that installed the tax groups.
    pub(crate) manifest: Option<Place>,
    /// The newest order of each command, so that one that is repeated gets its first answer.
    pub(crate) orders: [Option<Order>; Command::COUNT],
    /// How many invoices there were at the last export.
    pub(crate) exported: u64,
}

/// To which outlet the device belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Binding {
    pub(crate) activation: Activation,
    /// Where the record is that holds the activation code.
    pub(crate) place: Place,
}

impl Binding {
    /// What payloads of the journal do not repeat.
    pub(crate) const fn home(&self) -> Home {
        Home { nif: self.activation.nif, outlet: self.activation.outlet }
    }
}

/// The end of a life cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It seals no more, and may be read and closed.
    Revoked,
    /// It may be read.
    Decommissioned,
}

/// What the ledger holds durably (D10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    pub(crate) epoch: Epoch,
    pub(crate) number: InvoiceNumber,
    pub(crate) hash: RecordHash,
    pub(crate) time: Timestamp,
    /// How many invoices the device had sealed, up to that one.
    pub(crate) invoices: u64,
    /// What they came to in CDF.
    pub(crate) cdf: u128,
}

/// The commands that obey a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Initialise,
    Reset,
    HandOver,
    Acknowledge,
    Manifest,
    State,
}

impl Command {
    pub(crate) const COUNT: usize = 6;
}

/// An order that was obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The first bytes of SHA-256 of its token.
    pub(crate) digest: [u8; 16],
    /// Where the record is that says so.
    pub(crate) place: Place,
}

impl State {
    /// A device that has no records.
    pub(crate) const fn new() -> Self {
        Self {
            point: ChainPoint::START,
            binding: None,
            ended: None,
            handed_over: false,
            handed_at: Timestamp::EARLIEST,
            epoch_began: Timestamp::EARLIEST,
            sealed_before_epoch: (0, 0),
            counted: Counted::new(),
            window: Window::new(),
            notes: Notes::NONE,
            last_closure: None,
            acknowledged: None,
            behind_since: Timestamp::EARLIEST,
            acknowledged_on_record: None,
            newest: None,
            manifest: None,
            orders: [None; Command::COUNT],
            exported: 0,
        }
    }

    /// Forgets everything, in place: the window is large.
    pub(crate) fn clear(&mut self) {
        self.point = ChainPoint::START;
        (self.binding, self.ended, self.handed_over) = (None, None, false);
        self.handed_at = Timestamp::EARLIEST;
        (self.epoch_began, self.sealed_before_epoch) = (Timestamp::EARLIEST, (0, 0));
        self.counted.restart();
        self.notes = Notes::NONE;
        self.window.forget(Timestamp::EARLIEST);
        (self.last_closure, self.newest) = (None, None);
        (self.acknowledged, self.acknowledged_on_record) = (None, None);
        self.behind_since = Timestamp::EARLIEST;
        (self.manifest, self.orders, self.exported) = (None, [None; Command::COUNT], 0);
    }

    /// The outlet's zone; before INIT there is none, and no business day either.
    pub(crate) fn zone(&self) -> UtcOffset {
        self.binding.as_ref().map_or(UtcOffset::UTC, |binding| binding.activation.offset)
    }

    /// Invoices that the ledger may not hold: how many, and what they come to in CDF.
    pub(crate) fn unacknowledged(&self) -> (u64, u128) {
        let (invoices, cdf) =
            self.acknowledged.map_or(self.sealed_before_epoch, |held| (held.invoices, held.cdf));
        (self.point.invoices.saturating_sub(invoices), self.point.cdf.saturating_sub(cdf))
    }

    /// The newest number given in the epoch.
    pub(crate) const fn last_number(&self) -> Option<InvoiceNumber> {
        self.point.head.number
    }

    /// An invoice was sealed.
    pub(crate) fn sealed_invoice(
        &mut self,
        record: &Record,
        number: InvoiceNumber,
        content: &InvoiceContent<'_>,
        invoice: &Invoice<'_>,
        place: Place,
    ) {
        if self.unacknowledged().0 == 0 {
            self.behind_since = record.header.time;
        }
        self.remember_invoice(record, number, content, invoice);
        let header = &record.header;
        self.newest = Some(Newest { epoch: header.epoch, number, hash: record.hash() });
        let (totals, zone) = (InvoiceTotals::of(invoice), self.zone());
        self.counted.invoice(header, &record.link, number, &totals, zone);
        if let Some(note) = NoteContent::read(content.note) {
            self.notes.add(note.original, place);
        }
    }

    /// The part of it that reaches back before the last checkpoint.
    pub(crate) fn remember_invoice(
        &mut self,
        record: &Record,
        number: InvoiceNumber,
        content: &InvoiceContent<'_>,
        invoice: &Invoice<'_>,
    ) {
        let header = &record.header;
        self.point = self.point.after_invoice(record, invoice);
        self.window.remember(Remembered::new(
            record.link.payload,
            content.nonce,
            (header.epoch, number),
            header.time,
            invoice.timestamp,
        ));
    }

    /// Moves the end of the chain on.
    pub(crate) fn advance(&mut self, record: &Record) {
        self.point = self.point.after(record);
    }

    /// The position that the next record gets.
    pub(crate) fn next_position(&self) -> u64 {
        self.point.head.position.map_or(0, Position::value) + 1
    }
}
