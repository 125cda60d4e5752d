//! Time since the start: the first of the machine's timers, free-running at 1 MHz.
//!
//! Not SysTick, which counts only when its interrupt is taken in time, and a host that is busy makes it late.

use def_engine::board::Ticks;
use embedded_hal::delay::DelayNs;

use super::register::Register;

/// Counts down from the reload value, over and over.
const COUNT: Register = Register::at(0x7E78_2000);
const RELOAD: Register = Register::at(0x7E78_2004);
/// Bit 0: the first timer runs; bit 1: at 1 MHz.
const CONTROL: Register = Register::at(0x7E78_2030);

/// The timer, for whoever needs one: each follows its wraps by itself, and has to look more than once in 71 minutes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    microseconds: u64,
    last: u32,
}

impl Timer {
    pub(super) fn start() -> Self {
        RELOAD.write(u32::MAX);
        CONTROL.write(0b11);
        Self { microseconds: 0, last: COUNT.read() }
    }

    fn microseconds(&mut self) -> u64 {
        let now = COUNT.read();
        self.microseconds += u64::from(self.last.wrapping_sub(now));
        self.last = now;
        self.microseconds
    }
}

impl Ticks for Timer {
    fn milliseconds(&mut self) -> u64 {
        self.microseconds() / 1_000
    }
}

impl DelayNs for Timer {
    fn delay_ns(&mut self, ns: u32) {
        let end = self.microseconds() + u64::from(ns.div_ceil(1_000));
        while self.microseconds() < end {}
    }
}
