//! What cannot go on ends in a restart.
#![allow(unsafe_code, reason = "the runtime calls the handler of faults")]

use core::panic::PanicInfo;

use cortex_m_rt::{ExceptionFrame, exception};
use rp2350::reset::Cause;

use super::watchdog;

/// The line alone is kept: text would cost more than the board's own part of the program has.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let line = info.location().map_or(0, |location| location.line());
    watchdog::restart(Some(Cause::Panic(line as u16)))
}

#[exception]
unsafe fn HardFault(_: &ExceptionFrame) -> ! {
    watchdog::restart(Some(Cause::Fault))
}

#[exception]
unsafe fn DefaultHandler(_: i16) {
    watchdog::restart(Some(Cause::Fault))
}
