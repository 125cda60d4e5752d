use std::time::Duration;

use fiscal::{CivilDate, DeviceId, Epoch, FiscalNumber, OutletId, Prefix, Sealed};

use crate::{
    Act, AuthorityNote, By, ChainId, Delivery, EpochReason, Lost, Offer, Place, Refusal, Row, Taken,
    VoucherOrder,
};

/// Something that is to be appended to an outlet's ledger, and who waits for it.
pub(crate) struct Job {
    pub(crate) outlet: OutletId,
    pub(crate) work: Work,
    /// Who asks, where an act is to be noted.
    by: Option<By>,
    /// Whether to look first if it was done before. Most was not, and the database says so when it is appended.
    pub(crate) look: bool,
    /// How long it waited for another process's turn.
    pub(crate) held: Duration,
    answer: Answer,
}

type Answer = Box<dyn FnOnce(Result<Done, Refusal>) + Send>;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// A sale.
    Sale(Box<Offer>),
    /// A closure of a business day, if it is due.
    Closure(CivilDate),
    /// A new epoch, numbered from 1: the next, or the next after one that is known from elsewhere.
    Epoch(EpochReason, Option<Epoch>),
    /// What the tax authority says of an invoice.
    Authority(Box<AuthorityNote>),
    /// Leave to credit an original elsewhere.
    Voucher(VoucherOrder),
    /// What another signer sealed.
    Delivery(Box<Delivery>),
    /// The outlet's line of numbers goes to a device.
    Leave(DeviceId),
    /// It comes back from a device that has closed it.
    Enter(DeviceId),
    /// It is taken from a device that will not.
    Force(Lost),
}

impl Work {
    /// Whether it may be answered without an append, so that nothing would show that another process has appended since.
    pub(crate) const fn needs_newest_head(&self) -> bool {
        matches!(self, Self::Closure(_) | Self::Voucher(_) | Self::Leave(_) | Self::Enter(_) | Self::Force(_))
    }
}

/// What was done.
#[derive(Clone, Debug)]
pub enum Done {
    /// A record was sealed and is durable, or was before.
    Sealed(Box<Sealing>),
    /// A record that is no invoice.
    Recorded(Box<Recorded>),
    /// What another signer sealed was taken, as far as it can be.
    Taken(Box<Taken>),
}

impl Done {
    pub(crate) fn of(sealed: Sealed, row: &Row, prefix: Prefix) -> Self {
        if row.is_invoice() {
            Self::Sealed(Box::new(Sealing { sealed, prefix, repeated: false }))
        } else {
            Self::Recorded(Box::new(Recorded { row: row.clone(), repeated: false }))
        }
    }
}

/// A sealed invoice.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The record.
    pub sealed: Sealed,
    /// What the outlet's fiscal numbers begin with.
    pub prefix: Prefix,
    /// Whether it was sealed before, under the same idempotency key.
    pub repeated: bool,
}

/// A sealed record that is no invoice, with its body.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The record as it is stored.
    pub row: Row,
    /// Whether it was there before.
    pub repeated: bool,
}

impl Job {
    /// A job; `answer` is called once, on the writer's thread, and must not block.
    pub(crate) fn new(
        outlet: OutletId,
        work: Work,
        answer: impl FnOnce(Result<Done, Refusal>) + Send + 'static,
    ) -> Self {
        // What takes something back is looked for first: its original may say no to it the second time.
        let look = matches!(&work, Work::Sale(offer) if offer.note().is_some());
        Self { outlet, work, by: None, look, held: Duration::ZERO, answer: Box::new(answer) }
    }

    /// The same, asked for by someone.
    pub(crate) fn by(self, by: Option<By>) -> Self {
        Self { by, ..self }
    }

    /// The act that it is when this record was appended for it.
    pub(crate) fn act(&self, row: &Row, prefix: Prefix) -> Option<Act> {
        let (by, action) = match &self.work {
            Work::Sale(offer) => (offer.asked_by(), "invoice.seal"),
            Work::Closure(_) => (self.by.as_ref(), "closure.seal"),
            Work::Epoch(..) => (self.by.as_ref(), "epoch.open"),
            Work::Authority(_) => (self.by.as_ref(), "authority.note"),
            Work::Voucher(_) => (self.by.as_ref(), "voucher.issue"),
            Work::Delivery(_) => (self.by.as_ref(), "delivery.take"),
            Work::Leave(_) => (self.by.as_ref(), "line.leave"),
            Work::Enter(_) => (self.by.as_ref(), "line.enter"),
            Work::Force(_) => (self.by.as_ref(), "line.force"),
        };
        let by = by?.clone();
        let Place { chain: ChainId { outlet, epoch, .. }, position } = row.place;
        let subject = match row.number {
            Some(number) => FiscalNumber { prefix, epoch, number }.to_string(),
            None => format!("{}/{position}", epoch.0),
        };
        Some(Act { time: row.time, by, action, outlet: Some(outlet), subject })
    }

    /// The same, after it waited so long for another process's turn.
    pub(crate) fn held_for(self, time: Duration) -> Self {
        Self { held: self.held + time, ..self }
    }

    /// The same, to be looked for before it is done.
    pub(crate) fn looked_for(self) -> Self {
        Self { look: true, ..self }
    }

    /// The sale that it is about, if it is one.
    pub(crate) fn offer(&self) -> Option<&Offer> {
        match &self.work {
            Work::Sale(offer) => Some(offer),
            _ => None,
        }
    }

    pub(crate) fn answer(self, answer: Result<Done, Refusal>) {
        (self.answer)(answer);
    }
}
