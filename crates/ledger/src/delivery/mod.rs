//! What another signer sealed reaches the ledger (L1, L4): a device's journal, a delegated key's sales.
//!
//! What was sealed is never refused (O3): what is wrong with a record is flagged in the ledger's own chain, and the record
//! enters. Only what cannot be placed does not: it is kept beside the chains ([`Unfit`]).

mod examine;
mod fault;
mod item;
mod standing;
mod taken;
mod unfit;

pub(crate) use self::item::Item;
pub use self::{
    fault::{Cause, DeliveryFault},
    standing::{Ended, Standing},
    taken::{Held, NonCompliant, Taken},
    unfit::{Unfit, UnfitReason},
};

use fiscal::{PayloadHash, Position, PublicKey, Record, RecordHash, Timestamp};

use crate::{ChainId, IdempotencyKey, Outlet, Refusal, SealingKey};

/// A stretch of another signer's chain, as far as it can be judged without the ledger: of one chain, each record behind
/// the one before, and what was delivered with them and is no such record.
#[derive(Clone, Debug)]
pub struct Delivery {
    chain: ChainId,
    key: PublicKey,
    items: Vec<Item>,
    /// What cannot be placed whatever the ledger holds.
    unfit: Vec<Unfit>,
    /// Whether something was delivered behind the items that does not go on from them.
    is_cut: bool,
    /// From which position on the device was asked to send again, where this is its answer.
    asked_again: Option<Position>,
}

/// A record as it was delivered, with what it seals.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The record.
    pub record: Record,
    /// The payload or the body.
    pub body: String,
    /// Under which key the sale was asked for, where that is known.
    pub idempotency_key: Option<IdempotencyKey>,
}

impl Delivery {
    /// Examines what a device delivered under what the registry says of it. This is where signatures are verified, so it
    /// is for a thread of its own; the ledger judges the rest when it takes the delivery ([`crate::Ledger::deliver`]).
    pub fn examine(records: Vec<Delivered>, standing: &Standing) -> Result<Self, DeliveryFault> {
        examine::examine(records, standing)
    }

    /// Verifies records of one chain of a signer without certificates, as a delegated key is: all must be sealed by its
    /// key, be what they seal, and follow each other.
    pub fn verify(records: Vec<Delivered>, key: &PublicKey) -> Result<Self, DeliveryFault> {
        examine::verify(records, key)
    }

    /// It is what the device answered when it was asked to send again from a position on ([`Taken::again`]). Only whoever
    /// asked may say so: nothing in the records shows it.
    #[must_use]
    pub fn read_again(self, from: Position) -> Self {
        Self { asked_again: Some(from), ..self }
    }

    /// Whose chain it is.
    pub const fn chain(&self) -> ChainId {
        self.chain
    }

    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(crate) fn unfit(&self) -> &[Unfit] {
        &self.unfit
    }

    pub(crate) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(crate) const fn asked_again(&self) -> Option<Position> {
        self.asked_again
    }

    /// The key of who delivers.
    pub(crate) const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The identities of the sales in it.
    pub(crate) fn sales(&self) -> Vec<(Timestamp, PayloadHash)> {
        let sales = self.items.iter().filter(|item| item.row.is_invoice());
        sales.map(|item| (item.row.stamped, item.row.hash)).collect()
    }

    /// Under which keys they were asked for, as those that are delivered are kept.
    pub(crate) fn keys(&self) -> Vec<IdempotencyKey> {
        self.items.iter().filter_map(|item| item.key.clone()).collect()
    }

    /// Whether it is this outlet's, and another signer's than the ledger's.
    pub(crate) fn is_of(&self, outlet: &Outlet, own: ChainId) -> Result<(), Refusal> {
        if self.chain.outlet == outlet.id && self.chain.signer != own.signer {
            Ok(())
        } else {
            Err(Refusal::WrongOutlet)
        }
    }

    /// The key under which its seals are found valid again.
    pub(crate) fn sealing_key(&self) -> Option<SealingKey> {
        let since = self.items.first()?.record.header.time;
        Some(SealingKey { key: self.key, signer: self.chain.signer, since, until: None })
    }
}

/// What a stretch of items says of itself: the body of an anchor.
pub(crate) fn anchor(items: &[Item]) -> Option<String> {
    let (first, last) = (items.first()?, items.last()?);
    let chain = first.row.place.chain;
    Some(crate::body::anchor(&crate::body::Anchor {
        signer: chain.signer.to_string(),
        epoch: chain.epoch.0,
        first_position: first.row.place.position.value(),
        last_position: last.row.place.position.value(),
        previous_hash: hex(first.record.link.previous),
        last_hash: hex(last.hash),
    }))
}

fn hex(hash: RecordHash) -> String {
    hash.to_string()
}
