//! A NOR flash in memory that is cheap to copy.

mod cut;
mod file;
mod power;
mod sector;

use std::sync::Arc;

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash, check_erase, check_read, check_write,
};

pub use self::file::FileFlash;
pub use self::power::Power;
pub use self::sector::WeakReads;

use self::sector::Sector;
use crate::{fault::FlashError, random::Seeded, world::Outcome};

/// What one erase clears, in bytes.
pub const SECTOR_BYTES: usize = 4096;
/// What one program may touch, in bytes.
pub const PAGE_BYTES: usize = 256;

/// A NOR flash in memory.
///
/// `clone` is a snapshot: one pointer is copied, and a sector when either side writes to it. The power of this one
/// never fails; that of a [`crate::World`]'s does.
#[derive(Clone, Debug)]
pub struct Flash {
    sectors: Arc<[Arc<Sector>]>,
    random: Seeded,
    weak_reads: WeakReads,
    bytes_read: u64,
}

impl Flash {
    /// An erased part of so many sectors; weak bits read as the seed says.
    pub fn erased(sectors: usize, seed: u64) -> Self {
        let blank = Arc::new(Sector::erased());
        Self {
            sectors: std::iter::repeat_n(blank, sectors).collect(),
            random: Seeded::new(seed),
            weak_reads: WeakReads::default(),
            bytes_read: 0,
        }
    }

    /// Fills the buffer from `address`; weak bits read as they like.
    pub fn read(&mut self, address: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, address, bytes.len())?;
        self.bytes_read += bytes.len() as u64;
        let mut filled = 0;
        while filled < bytes.len() {
            let (index, at) = place(address as usize + filled);
            let length = (SECTOR_BYTES - at).min(bytes.len() - filled);
            let part = &mut bytes[filled..filled + length];
            self.sectors[index].read(at, part, self.weak_reads, &mut self.random);
            filled += length;
        }
        Ok(())
    }

    /// How many bytes were read of it so far.
    pub const fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Programs within one page: the data is `AND`ed into it.
    ///
    /// # Panics
    ///
    /// When the data crosses a page border or ends behind the part; [`NorFlash::write`] does neither.
    pub fn program(&mut self, address: u32, data: &[u8]) {
        assert!(address as usize % PAGE_BYTES + data.len() <= PAGE_BYTES, "a program stays within a page");
        let (sector, at) = self.sector_of(address);
        sector.program(at, data);
    }

    /// Erases one sector, completely.
    pub fn erase_sector(&mut self, sector: usize) {
        Arc::make_mut(&mut self.sector_list()[sector]).erase();
    }

    /// Bits that stay 1 whatever is programmed: ones in `mask`. A bit that is 0 now stays so until the next erase.
    pub fn fail_cells(&mut self, address: u32, mask: &[u8]) {
        self.for_each_byte(address, mask, |sector, at, mask| sector.fail_cells(at, mask));
    }

    /// Flips bits at rest: ones in `mask`. They are strong afterwards.
    pub fn rot(&mut self, address: u32, mask: &[u8]) {
        self.for_each_byte(address, mask, |sector, at, mask| sector.rot(at, mask));
    }

    /// Makes bits weak: ones in `mask`.
    pub fn weaken(&mut self, address: u32, mask: &[u8]) {
        self.for_each_byte(address, mask, |sector, at, mask| sector.weaken(at, mask));
    }

    /// The weak bits of one byte.
    pub fn weak_bits(&self, address: u32) -> u8 {
        let (index, at) = place(address as usize);
        self.sectors[index].weak(at)
    }

    /// How many bits of the whole part are weak.
    pub fn weak_count(&self) -> usize {
        self.sectors.iter().map(|sector| sector.weak_count()).sum()
    }

    /// How weak bits read from now on.
    pub const fn set_weak_reads(&mut self, reads: WeakReads) {
        self.weak_reads = reads;
    }

    /// Begins another sequence of what weak bits read.
    pub const fn reseed(&mut self, seed: u64) {
        self.random = Seeded::new(seed);
    }

    /// Leaves of a program what a power cut leaves.
    pub fn interrupt_program(&mut self, address: u32, data: &[u8], outcome: Outcome) {
        let (sector, at) = self.sector_of(address);
        cut::program(sector, at, data, outcome);
        self.reseed(outcome.seed);
    }

    /// Leaves of an erase what a power cut leaves.
    pub fn interrupt_erase(&mut self, sector: usize, outcome: Outcome) {
        cut::erase(Arc::make_mut(&mut self.sector_list()[sector]), outcome);
        self.reseed(outcome.seed);
    }

    fn sector_of(&mut self, address: u32) -> (&mut Sector, usize) {
        let (index, at) = place(address as usize);
        (Arc::make_mut(&mut self.sector_list()[index]), at)
    }

    /// The list of sectors, copied first if a snapshot shares it.
    fn sector_list(&mut self) -> &mut [Arc<Sector>] {
        Arc::make_mut(&mut self.sectors)
    }

    fn for_each_byte(&mut self, address: u32, mask: &[u8], change: impl Fn(&mut Sector, usize, u8)) {
        for (address, mask) in (address..).zip(mask) {
            let (sector, at) = self.sector_of(address);
            change(sector, at, *mask);
        }
    }
}

impl ErrorType for Flash {
    type Error = FlashError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        Self::read(self, offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.sectors.len() * SECTOR_BYTES
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR_BYTES;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        sectors(from, to).for_each(|sector| self.erase_sector(sector));
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        programs(offset, bytes).for_each(|(address, data)| self.program(address, data));
        Ok(())
    }
}

impl MultiwriteNorFlash for Flash {}

/// The page programs that a write is.
pub(crate) fn programs(address: u32, bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut at = address as usize;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (data, after) = rest.split_at(rest.len().min(PAGE_BYTES - at % PAGE_BYTES));
        rest = after;
        let address = at as u32;
        at += data.len();
        (!data.is_empty()).then_some((address, data))
    })
}

/// The sectors that an erase clears.
pub(crate) fn sectors(from: u32, to: u32) -> std::ops::Range<usize> {
    from as usize / SECTOR_BYTES..to as usize / SECTOR_BYTES
}

const fn place(address: usize) -> (usize, usize) {
    (address / SECTOR_BYTES, address % SECTOR_BYTES)
}
