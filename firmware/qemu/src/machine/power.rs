//! The processor: its memory for the engine, its sleep, its faults.

#![allow(unsafe_code, reason = "a static that is taken once, and the processor's own registers")]

use core::ptr::addr_of_mut;

use cortex_m::{
    interrupt::InterruptNumber,
    peripheral::{NVIC, SCB, syst::SystClkSource},
};
use cortex_m_rt::{ExceptionFrame, exception};
use def_engine::Memory;

use super::host;

/// The engine's memory, loaded into its place: the start's code would copy it there, and has no room for the copy.
#[unsafe(link_section = ".memory")]
static mut MEMORY: Memory = Memory::new();

/// The engine's memory; asked for once, by the entry, before anything that could be interrupted.
pub(super) fn memory() -> &'static mut Memory {
    let mut peripherals = cortex_m::Peripherals::take().unwrap_or_else(|| host::end("started twice"));
    // Nothing is done in interrupts: they end a sleep, so they stay closed.
    cortex_m::interrupt::disable();
    // The longest: a look at what is to be done a dozen times a second.
    peripherals.SYST.set_reload(0x00FF_FFFF);
    peripherals.SYST.set_clock_source(SystClkSource::Core);
    peripherals.SYST.enable_counter();
    peripherals.SYST.enable_interrupt();
    // SAFETY: `take` above let only one caller through.
    unsafe { &mut *addr_of_mut!(MEMORY) }
}

/// An interrupt that ends a sleep.
pub(super) fn wake_at(interrupt: impl InterruptNumber) {
    // SAFETY: interrupts are closed for good: it wakes, and no handler runs.
    unsafe { NVIC::unmask(interrupt) };
}

/// Sleeps until an interrupt comes, unless there is already something to do.
pub(super) fn sleep_unless(is_busy: impl FnOnce() -> bool) {
    SCB::clear_pendst();
    if !is_busy() {
        cortex_m::asm::wfi();
    }
}

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    host::report(format_args!("the processor's fault: {frame:?}"));
    host::end("the firmware did what the processor cannot do")
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    host::report(format_args!("{panic}"));
    host::end("the firmware panicked")
}
