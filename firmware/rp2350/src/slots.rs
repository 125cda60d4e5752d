//! The two places of the firmware, and the trial of a new one.
//!
//! The boot ROM starts, of the slots whose image is signed and not on trial, the one with the higher build. An image
//! with the flag of the trial starts only once, by a restart that names its slot; whatever ends that run, the next
//! start is the other's (datasheet 5.1.17, "try before you buy").
//!
//! To confirm is to clear that flag, a single bit from 1 to 0, which flash can do without an erasure: wherever the power
//! fails, either image is whole and one of them starts. The ROM's own way, `explicit_buy`, is not used. It first burns
//! a raised rollback version into OTP, then erases the sector with the flag and writes it again (`varm_launch_image.c`):
//! between the two the old image is refused for its version and the new one for its flag, and a device without BOOTSEL
//! would start nothing ever again. Without it the ROM burns the version in at the next start, when the new image
//! already is the one that starts.
//!
//! An erasure takes up to 400 ms and a page up to 3 ms (W25Q16JV, AC characteristics), with interrupts off because they
//! run from the same flash: USB answers nothing so long, which hosts bear (they are told to wait, not that it failed),
//! and the clock of the ticks goes on.

use def_engine::board::FirmwareSlots;

use crate::{
    layout::{PAGE_BYTES, PlaceFault, SECTOR_BYTES, SLOT_BYTES, Slot},
    picobin::{ImageDef, PicobinFault},
    version::ROLLBACK,
};

/// The flash in the package and the restart, by places in the flash (not by what the ROM maps the running slot to).
pub trait Package {
    /// Reads from the flash itself, past any cache.
    fn read(&mut self, at: u32, bytes: &mut [u8]);

    /// Erases a sector. Says whether it was done.
    fn erase(&mut self, at: u32) -> bool;

    /// Programs whole pages. Says whether it was done.
    fn program(&mut self, at: u32, pages: &[u8]) -> bool;

    /// Restarts into the slot that begins there. On the board it does not return.
    fn restart_into(&mut self, at: u32);
}

/// The slots of the board.
pub struct Slots<P> {
    package: P,
    running: Option<Slot>,
}

impl<P: Package> Slots<P> {
    /// For the program that the ROM started from this place in the flash. One that stands in no slot has no other.
    pub fn new(package: P, running_at: u32) -> Self {
        Self { package, running: Slot::from_start(running_at) }
    }

    fn other(&self) -> Result<Slot, SlotFault> {
        Ok(self.running.ok_or(SlotFault::NoSlots)?.other())
    }

    fn image(&mut self, slot: Slot) -> Result<ImageDef, PicobinFault> {
        self.image_with(slot, &[])
    }

    /// The image of a slot of which the beginning is not there yet.
    fn image_with(&mut self, slot: Slot, beginning: &[u8]) -> Result<ImageDef, PicobinFault> {
        let package = &mut self.package;
        ImageDef::find(|offset| {
            if let Some(word) = beginning.get(offset as usize..).and_then(<[u8]>::first_chunk) {
                return Some(u32::from_le_bytes(*word));
            }
            let at = slot.place(offset, 4, 4).ok()?;
            let mut word = [0; 4];
            package.read(at, &mut word);
            Some(u32::from_le_bytes(word))
        })
    }

    /// Whether the flag of the trial reads as set, once at least: a bit that was cut off while it was cleared may read
    /// differently each time, and counts as set until it is cleared for good.
    fn flag_is_set(&mut self, slot: Slot, image: &ImageDef) -> bool {
        let (at, flag) = image.trial_flag();
        (0..FLAG_READS).any(|_| {
            let mut byte = [0];
            self.package.read(slot.at() + at, &mut byte);
            byte[0] & flag != 0
        })
    }
}

/// How often a flag is read before it counts as cleared.
const FLAG_READS: usize = 16;
/// How often it is programmed: the second time strengthens what the first left weak.
const FLAG_PROGRAMS: usize = 2;

impl<P: Package> FirmwareSlots for Slots<P> {
    type Error = SlotFault;

    fn capacity(&self) -> u32 {
        if self.running.is_some() { SLOT_BYTES } else { 0 }
    }

    fn erase(&mut self, offset: u32) -> Result<(), SlotFault> {
        let at = self.other()?.place(offset, SECTOR_BYTES as usize, SECTOR_BYTES)?;
        if self.package.erase(at) { Ok(()) } else { Err(SlotFault::Flash) }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), SlotFault> {
        let at = self.other()?.place(offset, bytes.len(), PAGE_BYTES)?;
        if self.package.program(at, bytes) { Ok(()) } else { Err(SlotFault::Flash) }
    }

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), SlotFault> {
        let at = self.other()?.place(offset, bytes.len(), 1)?;
        self.package.read(at, bytes);
        Ok(())
    }

    fn check(&mut self, beginning: &[u8]) -> Result<(), SlotFault> {
        let other = self.other()?;
        let (image, own) = (self.image_with(other, beginning)?, self.image(other.other())?);
        if !image.is_on_trial() {
            return Err(SlotFault::NoTrial);
        }
        // At equal builds the ROM takes slot A, whichever is newer.
        if image.build <= own.build {
            return Err(SlotFault::NotNewer);
        }
        if image.rollback.is_none_or(|version| version < ROLLBACK) {
            return Err(SlotFault::RolledBack);
        }
        Ok(())
    }

    fn on_trial(&mut self) -> bool {
        let Some(running) = self.running else { return false };
        // An image that runs has a definition.
        self.image(running).is_ok_and(|image| image.is_on_trial() || self.flag_is_set(running, &image))
    }

    fn confirm(&mut self) -> Result<(), SlotFault> {
        let Some(running) = self.running else { return Ok(()) };
        let image = self.image(running)?;
        if !image.is_on_trial() && !self.flag_is_set(running, &image) {
            return Ok(());
        }
        let (at, flag) = image.trial_flag();
        let byte_at = running.at() + at;
        let page_at = byte_at - byte_at % PAGE_BYTES;
        // Ones program nothing: every other bit of the page stays.
        let mut page = [0xFF; PAGE_BYTES as usize];
        page[(byte_at - page_at) as usize] = !flag;
        for _ in 0..FLAG_PROGRAMS {
            if !self.package.program(page_at, &page) {
                return Err(SlotFault::Flash);
            }
        }
        if self.flag_is_set(running, &image) { Err(SlotFault::Flash) } else { Ok(()) }
    }

    fn start_other(&mut self) -> Result<(), SlotFault> {
        self.check(&[])?;
        let other = self.other()?;
        self.package.restart_into(other.at());
        Ok(())
    }
}

/// Why a firmware was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SlotFault {
    /// The board was flashed without a partition table.
    #[error(
        "this firmware stands in no slot: the board is flashed in the factory's way, with a partition table"
    )]
    NoSlots,
    /// A wrong range.
    #[error(transparent)]
    Place(#[from] PlaceFault),
    /// The flash did not do it.
    #[error("the flash in the chip does not keep what is written: the board is to be replaced")]
    Flash,
    /// What was written is no image.
    #[error(transparent)]
    Image(#[from] PicobinFault),
    /// It would start for good, at once.
    #[error("the new image is not marked for a trial: make it with `image update`")]
    NoTrial,
    /// Its build number.
    #[error("the new image's build is not above the one that runs: install a newer one")]
    NotNewer,
    /// Its rollback version.
    #[error("the new image's rollback version is below the one that runs: the chip would not start it")]
    RolledBack,
}

impl SlotFault {
    /// The stable name of the case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSlots => "SLOT_NONE",
            Self::Place(_) => "SLOT_PLACE",
            Self::Flash => "SLOT_FLASH",
            Self::Image(_) => "SLOT_IMAGE",
            Self::NoTrial => "SLOT_NO_TRIAL",
            Self::NotNewer => "SLOT_NOT_NEWER",
            Self::RolledBack => "SLOT_ROLLED_BACK",
        }
    }
}

#[cfg(test)]
mod tests;
