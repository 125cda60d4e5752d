//! The first CMSDK timer, which counts instructions: with `-icount shift=0` one of them takes a nanosecond.

#![allow(unsafe_code, reason = "registers")]

/// In the secure world; its registers are CTRL, VALUE and RELOAD, 32 bits each (Arm DDI 0479, "APB timer").
const TIMER: *mut u32 = 0x5000_0000 as *mut u32;
const CONTROL: usize = 0;
const VALUE: usize = 1;
const RELOAD: usize = 2;

/// It counts with 20 MHz (Arm DAI 0505, "Clocks"), so a tick is 50 instructions.
pub(super) const INSTRUCTIONS: u32 = 50;

/// Counts down, and around after 214 seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer(());

impl Timer {
    pub(super) fn start() -> Self {
        // SAFETY: these are its registers, and nobody else uses it.
        unsafe {
            TIMER.add(RELOAD).write_volatile(u32::MAX);
            TIMER.add(VALUE).write_volatile(u32::MAX);
            TIMER.add(CONTROL).write_volatile(1);
        }
        Self(())
    }

    /// Ticks since any moment.
    pub(super) fn ticks(self) -> u32 {
        // SAFETY: reading it changes nothing.
        !unsafe { TIMER.add(VALUE).read_volatile() }
    }
}
