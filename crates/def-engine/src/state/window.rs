//! The last invoices, so that none is sealed twice (D3, D4).

use def_protocol::Nonce;
use fiscal::{Epoch, InvoiceNumber, PayloadHash, Timestamp};

/// How many invoices are remembered.
pub(crate) const WINDOW: usize = 1_024;

/// What is remembered of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The first half of its payload's hash.
    hash: [u8; 16],
    pub(crate) nonce: Nonce,
    pub(crate) epoch: Epoch,
    pub(crate) number: InvoiceNumber,
    /// When it was sealed.
    pub(crate) time: Timestamp,
    /// When its payload says that it was made.
    pub(crate) stated: Timestamp,
}

impl Remembered {
    pub(crate) fn new(
        hash: PayloadHash,
        nonce: Nonce,
        (epoch, number): (Epoch, InvoiceNumber),
        time: Timestamp,
        stated: Timestamp,
    ) -> Self {
        Self { hash: half(hash), nonce, epoch, number, time, stated }
    }
}

/// The last [`WINDOW`] invoices, the oldest of which is forgotten first.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    last: heapless::HistoryBuf<Remembered, WINDOW>,
    /// The latest time that a payload of a forgotten invoice states.
    forgotten: Timestamp,
}

impl Window {
    pub(crate) const fn new() -> Self {
        Self { last: heapless::HistoryBuf::new(), forgotten: Timestamp::EARLIEST }
    }

    /// Forgets everything, all of which was stated to be from this time or before.
    pub(crate) fn forget(&mut self, forgotten: Timestamp) {
        self.last.clear();
        self.forgotten = forgotten;
    }

    pub(crate) fn remember(&mut self, invoice: Remembered) {
        if self.last.len() == WINDOW
            && let Some(oldest) = self.last.oldest_ordered().next()
        {
            self.forgotten = self.forgotten.max(oldest.stated);
        }
        self.last.write(invoice);
    }

    /// The invoice with this payload.
    pub(crate) fn by_hash(&self, hash: PayloadHash) -> Option<&Remembered> {
        let hash = half(hash);
        self.last.iter().find(|invoice| invoice.hash == hash)
    }

    /// The invoice that was committed with this nonce.
    pub(crate) fn by_nonce(&self, nonce: Nonce) -> Option<&Remembered> {
        self.last.iter().find(|invoice| invoice.nonce == nonce)
    }

    /// Whether a payload that states this time may be one that was sealed and forgotten (D4).
    ///
    /// The oldest that is remembered is the border by D4; a till's clock may have been ahead, so what the forgotten
    /// ones stated counts too.
    pub(crate) fn may_have_forgotten(&self, stated: Timestamp) -> bool {
        let full = self.last.len() == WINDOW;
        let oldest = self.last.oldest_ordered().next().filter(|_| full);
        stated <= self.forgotten || oldest.is_some_and(|oldest| stated < oldest.time)
    }
}

fn half(hash: PayloadHash) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.0[..16]);
    half
}
