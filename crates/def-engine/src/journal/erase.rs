//! Erasing, always ahead of the newest sector and never while an invoice is sealed.

use embedded_storage::nor_flash::MultiwriteNorFlash;

use super::{Journal, JournalFault, Sequence, geometry::SECTOR};

impl<F: MultiwriteNorFlash> Journal<F> {
    /// Erases one sector more if fewer are erased than should be. Says whether it did.
    pub(crate) fn erase_ahead(&mut self) -> Result<bool, JournalFault> {
        if self.erased_ahead() >= self.ring.ahead() || !self.may_erase(self.erased) || self.bad.is_full() {
            return Ok(false);
        }
        let address = self.ring.address(self.erased);
        let erased = self.flash.erase(address, address + SECTOR).is_ok() && self.is_erased(address)?;
        if !erased {
            self.bad_sectors += 1;
            // There is room: a full list was left alone above.
            let _ = self.bad.push(self.erased);
        }
        self.erased = self.erased.plus(1);
        Ok(true)
    }

    /// Whether the place of this sector holds nothing that is live.
    fn may_erase(&self, sector: Sequence) -> bool {
        sector.after(self.oldest) < self.ring.sectors
    }

    /// Whether the place of a sector that was released is among the next to be erased, or was.
    pub(crate) fn may_be_erased(&self, sector: Sequence) -> bool {
        let newest = self.newest.unwrap_or(Sequence::FIRST);
        let furthest = newest.plus(1 + self.ring.ahead() + self.bad.capacity() as u32);
        furthest.after(sector) >= self.ring.sectors
    }

    fn is_erased(&mut self, address: u32) -> Result<bool, JournalFault> {
        let mut chunk = [0; 64];
        for offset in (0..SECTOR).step_by(chunk.len()) {
            self.read_raw(address + offset, &mut chunk)?;
            if chunk.iter().any(|byte| *byte != 0xFF) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next `count` sectors in a row that are erased and good.
    pub(super) fn erased_run(&mut self, count: u32) -> Result<Sequence, JournalFault> {
        let mut first = self.newest.map_or(Sequence::FIRST, |newest| newest.plus(1));
        while let Some(bad) = self.bad.iter().find(|bad| **bad >= first && bad.after(first) < count) {
            first = bad.plus(1);
        }
        if self.erased.after(first) >= count {
            Ok(first)
        } else if self.may_erase(first.plus(count - 1)) {
            Err(JournalFault::NotReady)
        } else {
            Err(JournalFault::Full)
        }
    }
}
