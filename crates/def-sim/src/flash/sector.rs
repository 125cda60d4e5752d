//! One sector: its cells, and which of them are weak or no longer program.

use super::SECTOR_BYTES;
use crate::random::Seeded;

type Bytes = [u8; SECTOR_BYTES];

/// How a weak bit reads.
///
/// The default is what is seen on real parts, more or less. The others are an adversary's: a bit that reads one way
/// throughout recovery and the other way ever after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WeakReads {
    /// Each read gives either value.
    #[default]
    Even,
    /// One read in eight gives 0.
    MostlyOnes,
    /// One read in eight gives 1.
    MostlyZeros,
    /// Every read gives 1, for now.
    Ones,
    /// Every read gives 0, for now.
    Zeros,
}

impl WeakReads {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Even, Self::MostlyOnes, Self::MostlyZeros, Self::Ones, Self::Zeros];

    fn byte(self, random: &mut Seeded) -> u8 {
        match self {
            Self::Even => random.byte(),
            Self::MostlyOnes => random.byte() | random.byte() | random.byte(),
            Self::MostlyZeros => random.byte() & random.byte() & random.byte(),
            Self::Ones => 0xFF,
            Self::Zeros => 0x00,
        }
    }
}

/// The cells of one sector.
#[derive(Clone, Debug)]
pub(super) struct Sector {
    cells: Bytes,
    /// Ones where a bit is weak; none where no bit is.
    weak: Option<Box<Bytes>>,
    /// Ones where a bit no longer programs.
    failed: Option<Box<Bytes>>,
}

impl Sector {
    pub(super) const fn erased() -> Self {
        Self { cells: [0xFF; SECTOR_BYTES], weak: None, failed: None }
    }

    pub(super) fn read(&self, at: usize, bytes: &mut [u8], reads: WeakReads, random: &mut Seeded) {
        bytes.copy_from_slice(&self.cells[at..at + bytes.len()]);
        let Some(weak) = &self.weak else { return };
        for (byte, weak) in bytes.iter_mut().zip(&weak[at..]) {
            if *weak != 0 {
                *byte = *byte & !weak | reads.byte(random) & weak;
            }
        }
    }

    pub(super) fn program(&mut self, at: usize, data: &[u8]) {
        for (at, data) in (at..).zip(data) {
            self.settle_at_zero(at, self.targets(at, *data));
        }
        self.forget_no_weakness();
    }

    pub(super) fn erase(&mut self) {
        self.cells = [0xFF; SECTOR_BYTES];
        self.weak = None;
    }

    /// The bits that a program of `data` takes to 0.
    pub(super) fn targets(&self, at: usize, data: u8) -> u8 {
        let failed = self.failed.as_ref().map_or(0, |failed| failed[at]);
        (self.cells[at] | self.weak(at)) & !data & !failed
    }

    /// The bits that an erase takes to 1.
    pub(super) fn zeros(&self, at: usize) -> u8 {
        !self.cells[at] | self.weak(at)
    }

    pub(super) fn settle_at_zero(&mut self, at: usize, mask: u8) {
        self.cells[at] &= !mask;
        self.strengthen(at, mask);
    }

    pub(super) fn settle_at_one(&mut self, at: usize, mask: u8) {
        self.cells[at] |= mask;
        self.strengthen(at, mask);
    }

    pub(super) fn weaken(&mut self, at: usize, mask: u8) {
        if mask != 0 {
            self.weak.get_or_insert_with(|| Box::new([0; SECTOR_BYTES]))[at] |= mask;
        }
    }

    pub(super) fn rot(&mut self, at: usize, mask: u8) {
        self.cells[at] ^= mask;
        self.strengthen(at, mask);
    }

    pub(super) fn fail_cells(&mut self, at: usize, mask: u8) {
        self.failed.get_or_insert_with(|| Box::new([0; SECTOR_BYTES]))[at] |= mask;
    }

    pub(super) fn weak(&self, at: usize) -> u8 {
        self.weak.as_ref().map_or(0, |weak| weak[at])
    }

    pub(super) fn weak_count(&self) -> usize {
        self.weak.iter().flat_map(|weak| weak.iter()).map(|weak| weak.count_ones() as usize).sum()
    }

    fn strengthen(&mut self, at: usize, mask: u8) {
        if let Some(weak) = &mut self.weak {
            weak[at] &= !mask;
        }
    }

    /// Reads and copies are faster where nothing is weak.
    fn forget_no_weakness(&mut self) {
        if self.weak.as_ref().is_some_and(|weak| weak.iter().all(|weak| *weak == 0)) {
            self.weak = None;
        }
    }
}
