//! What the chip knows of itself: what is burnt in, whether it is locked, where the program stands.
#![allow(unsafe_code, reason = "the boot ROM's functions are foreign")]

use def_engine::{FactoryPage, PageFault, board::Protection};
use embassy_rp::{
    otp,
    pac::{
        OTP,
        otp::regs::{Debugen, DebugenLock},
    },
    rom_data,
};
use rp2350::burnt::{self, DEBUG_ENABLES, DebugPort};

/// Where the running image is mapped.
const MAPPED_AT: u32 = 0x1000_0000;

/// What the factory burnt in.
pub(super) fn factory_page() -> Result<FactoryPage, PageFault> {
    burnt::factory_page(|row| otp::read_ecc_word(usize::from(row)).ok())
}

/// Where the running image begins in the flash.
pub(super) fn running_at() -> u32 {
    // SAFETY: it looks an address up in the registers of the translation, and takes any.
    let at = unsafe { rom_data::flash_runtime_to_storage_addr(MAPPED_AT) };
    // What is no place is no slot's begin.
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The debug port.
pub(super) struct Debug;

impl Debug {
    /// Gives up to open it, until the next start.
    pub(super) fn lock() -> Self {
        OTP.debugen().write_value(Debugen(0));
        OTP.debugen_lock().write_value(DebugenLock(DEBUG_ENABLES));
        Self
    }
}

impl Protection for Debug {
    fn debug_locked(&mut self) -> bool {
        let (critical, opened) = (OTP.critical().read().0, OTP.debugen().read().0);
        DebugPort { critical, opened, locked: OTP.debugen_lock().read().0 }.is_closed()
    }
}
