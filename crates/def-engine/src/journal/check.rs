//! The checks of what stands on the flash: by a secret of the device, so that decay shows, and changes by anyone too.

use sha2::{Digest, Sha256};

use super::{Place, Sequence, slot::SlotHeader};

/// A check, in bytes: the first of a SHA-256.
pub(crate) const CHECK: usize = 4;

/// The secret with which everything on the flash is checked; the secure element keeps it.
///
/// Each check is the beginning of SHA-256 over the secret, a word that says of what it is, and the bytes. Four of
/// the 32 bytes are told, so nothing can be put behind them; a guess takes a start of the device each.
#[derive(Clone, Copy)]
pub(crate) struct CheckKey(pub(crate) [u8; 32]);

/// A check that is being made.
pub(crate) struct Check(Sha256);

impl CheckKey {
    /// Before the device has a secret, it has nothing on its flash.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// Of a sector's header.
    pub(crate) fn of_header(&self, header: &[u8]) -> [u8; CHECK] {
        self.begin(b"SLJ1-sec").with(header).finish()
    }

    /// Of a sector's last bytes.
    pub(crate) fn of_trailer(&self, sector: Sequence) -> [u8; CHECK] {
        self.begin(b"SLJ1-end").with(&sector.0.to_be_bytes()).finish()
    }

    /// Of a record at its place; its content follows.
    pub(crate) fn of_slot(&self, place: Place, header: SlotHeader) -> Check {
        let check = self.begin(b"SLJ1-rec").with(&place.sector.0.to_be_bytes());
        check.with(&place.offset.to_be_bytes()).with(&header.to_bytes())
    }

    fn begin(&self, what: &[u8; 8]) -> Check {
        Check(Sha256::new().chain_update(self.0).chain_update(what))
    }
}

impl Check {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn with(mut self, bytes: &[u8]) -> Self {
        self.update(bytes);
        self
    }

    pub(crate) fn finish(self) -> [u8; CHECK] {
        let mut check = [0; CHECK];
        check.copy_from_slice(&self.0.finalize()[..CHECK]);
        check
    }
}
