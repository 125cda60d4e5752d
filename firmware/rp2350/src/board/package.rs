//! The flash in the chip's package, past the mapping of the running slot, and the restart into the other.
#![allow(unsafe_code, reason = "the flash is read where it is mapped")]

use embassy_rp::{
    Peri,
    flash::{Blocking, Flash},
    peripherals::FLASH,
    rom_data,
};
use rp2350::{
    layout::{FLASH_BYTES, SECTOR_BYTES},
    slots::Package,
};

use super::watchdog;

/// All of the flash, neither cached nor mapped (datasheet 4.4.2: `XIP_NOCACHE_NOALLOC_NOTRANSLATE_BASE`).
const UNMAPPED_AT: usize = 0x1C00_0000;
/// Where addresses of the flash begin for the boot ROM.
const XIP_AT: u32 = 0x1000_0000;
/// `REBOOT2_FLAG_REBOOT_TYPE_FLASH_UPDATE` and `REBOOT2_FLAG_NO_RETURN_ON_SUCCESS` (pico-sdk
/// `boot/picoboot_constants.h`).
const UPDATE_RESTART: u32 = 0x004 | 0x100;
/// Before the restart.
const DELAY_MS: u32 = 10;

/// The flash in the package.
pub(super) struct InPackage(Flash<'static, FLASH, Blocking, { FLASH_BYTES as usize }>);

impl InPackage {
    pub(super) fn new(flash: Peri<'static, FLASH>) -> Self {
        Self(Flash::new_blocking(flash))
    }
}

impl Package for InPackage {
    fn read(&mut self, at: u32, bytes: &mut [u8]) {
        assert!(at as usize + bytes.len() <= FLASH_BYTES as usize);
        let from = (UNMAPPED_AT + at as usize) as *const u8;
        for (nth, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: the whole flash is mapped there, for reading, at all times when this program runs, and the range
            // is in it. The flash changes under the program, so it is read as a device.
            *byte = unsafe { from.add(nth).read_volatile() };
        }
    }

    fn erase(&mut self, at: u32) -> bool {
        watchdog::feed();
        self.0.blocking_erase(at, at + SECTOR_BYTES).is_ok()
    }

    fn program(&mut self, at: u32, pages: &[u8]) -> bool {
        watchdog::feed();
        self.0.blocking_write(at, pages).is_ok()
    }

    fn restart_into(&mut self, at: u32) {
        watchdog::forget();
        cortex_m::interrupt::disable();
        // It returns only if it refuses, and then the watchdog, which it stopped, is not missed: the engine's restart
        // comes next.
        rom_data::reboot(UPDATE_RESTART, DELAY_MS, XIP_AT + at, 0);
    }
}
