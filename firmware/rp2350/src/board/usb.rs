//! The USB port, on the executor of interrupts.
#![allow(unsafe_code, reason = "an executor is driven by its interrupt")]

use def_usb::{Identity, Line, Memory, Pace, Port};
use embassy_executor::SendSpawner;
use embassy_rp::{
    Peri, bind_interrupts,
    executor::InterruptExecutor,
    interrupt,
    interrupt::{InterruptExt, Priority},
    peripherals::USB,
    usb::{Driver, InterruptHandler},
};
use embassy_time::{Duration, Instant, block_for};
use static_cell::StaticCell;

use super::watchdog;

/// Between the engine and the port.
pub(super) static LINE: Line = Line::new();

static EXECUTOR: InterruptExecutor = InterruptExecutor::new();

bind_interrupts!(struct Interrupts {
    USBCTRL_IRQ => InterruptHandler<USB>;
});

#[interrupt]
fn SWI_IRQ_0() {
    // SAFETY: this is the interrupt that the executor is started with, which also unmasks it.
    unsafe { EXECUTOR.on_interrupt() }
}

/// Starts the executor of interrupts, below the interrupts of the parts themselves.
pub(super) fn executor() -> SendSpawner {
    interrupt::SWI_IRQ_0.set_priority(Priority::P3);
    EXECUTOR.start(interrupt::SWI_IRQ_0)
}

/// Takes the controller.
pub(super) fn driver(usb: Peri<'static, USB>) -> Driver<'static, USB> {
    Driver::new(usb, Interrupts)
}

/// Serves hosts for ever.
#[embassy_executor::task]
pub(super) async fn serve(driver: Driver<'static, USB>, identity: Identity) -> ! {
    static MEMORY: StaticCell<Memory<'static>> = StaticCell::new();
    // A packet that a host did not fetch stays in the controller for the next one: to take it back would need the
    // abort of an endpoint and its toggle put back, which nobody can try without the board.
    Port::new(driver, identity, &LINE, MEMORY.init(Memory::new())).run(|| {}).await
}

/// How time passes while an answer waits for its host.
pub(super) struct Waiting;

impl Pace for Waiting {
    fn milliseconds(&mut self) -> u64 {
        Instant::now().as_millis()
    }

    fn pause(&mut self) {
        watchdog::feed();
        block_for(Duration::from_millis(1));
    }
}
