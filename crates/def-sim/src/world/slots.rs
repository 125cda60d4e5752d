//! The two places of a board's firmware.

use std::sync::Arc;

use def_engine::board::FirmwareSlots;

use super::World;
use crate::{
    fault::FlashError,
    flash::{PAGE_BYTES, SECTOR_BYTES},
};

/// The places of a [`World`]'s firmware, as a boot ROM deals with them: which one runs, and whether on trial.
#[derive(Clone, Debug)]
pub struct Slots {
    other: Arc<Vec<u8>>,
    /// Which of the two runs.
    pub running: u8,
    trial: Trial,
    /// After so many operations on the other place, so many fail.
    working: u32,
    failing: u32,
    /// What the other place holds is none that this board starts.
    pub foreign: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trial {
    None,
    /// The next start is the other's, on trial.
    Ordered,
    /// This is it.
    Running,
}

impl Slots {
    /// The room of each, in bytes: a small one.
    pub const BYTES: usize = 16 * SECTOR_BYTES;

    /// Lets `working` operations on the other place through, then makes the `failing` ones after them fail.
    pub const fn fail_after(&mut self, working: u32, failing: u32) {
        (self.working, self.failing) = (working, failing);
    }

    /// What is in the place that does not run.
    pub fn other(&self) -> &[u8] {
        &self.other
    }

    /// The power comes, or the board restarted: what ran on trial and was not confirmed does not run again.
    pub(super) fn restart(&mut self) {
        self.trial = match self.trial {
            Trial::None => return,
            Trial::Ordered => Trial::Running,
            Trial::Running => Trial::None,
        };
        self.running ^= 1;
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            other: Arc::new(vec![0xFF; Self::BYTES]),
            running: 0,
            trial: Trial::None,
            working: 0,
            failing: 0,
            foreign: false,
        }
    }
}

/// The firmware's places of a [`World`].
#[derive(Clone, Debug)]
pub struct SlotsPort(pub(super) World);

impl SlotsPort {
    fn change<R>(
        &self,
        offset: u32,
        length: usize,
        change: impl FnOnce(&mut [u8]) -> R,
    ) -> Result<R, FlashError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        let slots = &mut board.state.slots;
        match (slots.working, slots.failing) {
            (_, 0) => {}
            (0, _) => {
                slots.failing -= 1;
                return Err(FlashError::PowerLost);
            }
            _ => slots.working -= 1,
        }
        let bytes = Arc::make_mut(&mut slots.other);
        let from = offset as usize;
        bytes.get_mut(from..from + length).map(change).ok_or(FlashError::OutOfBounds)
    }
}

impl FirmwareSlots for SlotsPort {
    type Error = FlashError;

    fn capacity(&self) -> u32 {
        Slots::BYTES as u32
    }

    fn erase(&mut self, offset: u32) -> Result<(), FlashError> {
        if !(offset as usize).is_multiple_of(SECTOR_BYTES) {
            return Err(FlashError::NotAligned);
        }
        self.change(offset, SECTOR_BYTES, |bytes| bytes.fill(0xFF))
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        if !(offset as usize).is_multiple_of(PAGE_BYTES) || !bytes.len().is_multiple_of(PAGE_BYTES) {
            return Err(FlashError::NotAligned);
        }
        self.change(offset, bytes.len(), |cells| {
            cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell &= byte);
        })
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.change(offset, bytes.len(), |cells| bytes.copy_from_slice(cells))
    }

    fn check(&mut self, _: &[u8]) -> Result<(), FlashError> {
        if self.0.0.borrow().state.slots.foreign { Err(FlashError::OutOfBounds) } else { Ok(()) }
    }

    fn on_trial(&mut self) -> bool {
        self.0.0.borrow().state.slots.trial == Trial::Running
    }

    fn confirm(&mut self) -> Result<(), FlashError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.slots.trial = Trial::None;
        Ok(())
    }

    fn start_other(&mut self) -> Result<(), FlashError> {
        let mut board = self.0.0.borrow_mut();
        board.check_power()?;
        board.state.slots.trial = Trial::Ordered;
        // The restart is the caller's: `World::reboot`.
        board.powered = false;
        Ok(())
    }
}
