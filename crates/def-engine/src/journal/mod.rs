//! An append-only log of records on raw NOR flash: a record is there entirely or not at all, whatever the power does.
//!
//! `docs/journal.md` is its specification. This module knows envelopes, sectors and what interrupted cells may show;
//! what the records say is for the rooms above.

pub(crate) mod check;
pub(crate) mod geometry;
pub(crate) mod header;
pub(crate) mod slot;

mod append;
mod erase;
mod mount;
mod read;

use crc::{CRC_16_IBM_3740, Crc};
use embedded_storage::nor_flash::MultiwriteNorFlash;

pub(crate) use check::CheckKey;
pub(crate) use geometry::{Place, Ring, Sequence};
pub(crate) use header::{ChainPoint, Fields, SectorHeader, Usage};
pub(crate) use mount::{Scan, SectorEnd};
pub(crate) use read::{Found, Slot};

const SLOT_CHECK: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// The longest content of a record, in bytes: the longest payload that does not get shorter, with its seal.
pub(crate) const CONTENT_BYTES: usize = 26 * 1024;

/// The log, and how far it is written.
pub(crate) struct Journal<F> {
    flash: F,
    ring: Ring,
    key: CheckKey,
    /// The newest sector in use, none on a flash that holds nothing.
    newest: Option<Sequence>,
    /// Where the newest records end.
    end: Option<Place>,
    /// Whether the next record may follow them in the same sector.
    open: bool,
    /// Up to here, and not further, sectors after the newest were erased since the power came.
    erased: Sequence,
    /// Sectors among them that could not be erased.
    bad: heapless::Vec<Sequence, 8>,
    /// How many sectors were found bad since the power came.
    bad_sectors: u32,
    /// The oldest sector that is live: everything from here on is kept.
    oldest: Sequence,
    /// The newest record, where its cells do not take what makes it permanent: nobody has seen it, and it is none.
    unfit: Option<Place>,
    /// The newest checkpoint that can be read.
    checkpoint: Option<Sequence>,
}

/// Why the journal did not do as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JournalFault {
    /// The flash did not answer, or four sectors in a row did not take the record.
    #[error("the flash failed: switch the device off and on, then have it serviced")]
    Flash,
    /// No sector is left for this.
    #[error("the journal is full: have the authority reset it")]
    Full,
    /// Sectors have to be erased first, which is done between commands.
    #[error("the device prepares its memory: ask again")]
    NotReady,
    /// The newest record reads differently each time, and may still be decided about: read everything again.
    #[error("the newest record was interrupted and cannot be read twice alike: switch the device off and on")]
    Unstable,
    /// A record cannot be read.
    #[error("sector {}, offset {}: {reason}", place.sector, place.offset)]
    Corrupt {
        /// Where.
        place: Place,
        /// What is wrong there.
        reason: &'static str,
    },
}

impl JournalFault {
    pub(crate) const fn corrupt(place: Place, reason: &'static str) -> Self {
        Self::Corrupt { place, reason }
    }
}

impl<F: MultiwriteNorFlash> Journal<F> {
    /// Takes the secret that everything on the flash is checked with.
    pub(crate) const fn unlock(&mut self, key: CheckKey) {
        self.key = key;
    }

    /// The flash as a ring.
    pub(crate) const fn ring(&self) -> Ring {
        self.ring
    }

    /// The oldest sector that is live.
    pub(crate) const fn oldest(&self) -> Sequence {
        self.oldest
    }

    /// Gives everything before this sector free to be erased, when its turn comes.
    pub(crate) fn release_before(&mut self, sector: Sequence) {
        self.oldest = self.oldest.max(sector);
    }

    /// Where the next record would begin.
    pub(crate) const fn end(&self) -> Option<Place> {
        self.end
    }

    /// Sectors that hold nothing that is live.
    pub(crate) fn free_sectors(&self) -> u32 {
        let used = self.newest.map_or(0, |newest| newest.after(self.oldest) + 1);
        self.ring.sectors.saturating_sub(used)
    }

    /// Whether only the last sectors are left, with which the device does no more than what leads out of that.
    pub(crate) fn is_down_to_the_last(&self) -> bool {
        self.free_sectors() <= self.ring.last()
    }

    /// Whether so few are left that all are for the record of a new epoch.
    pub(crate) fn is_down_to_the_very_last(&self) -> bool {
        self.free_sectors() <= self.ring.last() / 2
    }

    /// What invoices may still take, in bytes.
    pub(crate) fn free_bytes(&self) -> u64 {
        u64::from(self.free_sectors().saturating_sub(self.ring.reserve())) * u64::from(geometry::DATA)
    }

    /// How many sectors after the newest are erased and good.
    pub(crate) fn erased_ahead(&self) -> u32 {
        let next = self.newest.map_or(Sequence::FIRST, |newest| newest.plus(1));
        self.erased.after(next) - self.bad.len() as u32
    }

    /// How many sectors were found bad since the power came.
    pub(crate) const fn bad_sectors(&self) -> u32 {
        self.bad_sectors
    }

    /// Whether enough sectors were written since the last checkpoint to make another.
    pub(crate) fn checkpoint_due(&self) -> bool {
        let since = self.checkpoint.unwrap_or(self.oldest);
        self.newest.is_some_and(|newest| newest.after(since) >= self.ring.between_checkpoints())
    }

    fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), JournalFault> {
        self.flash.write(address, bytes).map_err(|_| JournalFault::Flash)
    }

    fn read_raw(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), JournalFault> {
        self.flash.read(address, bytes).map_err(|_| JournalFault::Flash)
    }

    /// Programs bytes into the data that begins at a sector.
    fn write_flow(&mut self, place: Place, mut bytes: &[u8]) -> Result<(), JournalFault> {
        let mut offset = place.offset;
        while !bytes.is_empty() {
            let (address, room) = self.ring.flow(place.sector, offset);
            let (now, later) = bytes.split_at(bytes.len().min(room as usize));
            self.write(address, now)?;
            offset += now.len() as u32;
            bytes = later;
        }
        Ok(())
    }

    /// Reads bytes of the data that begins at a sector.
    fn read_flow(&mut self, place: Place, mut bytes: &mut [u8]) -> Result<(), JournalFault> {
        let mut offset = place.offset;
        while !bytes.is_empty() {
            let address = self.ring.flow(place.sector, offset).0;
            // Reading knows no pages, only the ends of data areas.
            let room = geometry::DATA - offset % geometry::DATA;
            let length = bytes.len().min(room as usize);
            let (now, later) = bytes.split_at_mut(length);
            self.read_raw(address, now)?;
            offset += length as u32;
            bytes = later;
        }
        Ok(())
    }
}
