//! What must not happen.

#![allow(unsafe_code, reason = "an exception that does not return is declared so")]

use cortex_m_rt::{ExceptionFrame, exception};

use super::host;

#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    host::fail(format_args!("the processor's fault: {frame:?}"))
}

#[panic_handler]
fn panic(panic: &core::panic::PanicInfo<'_>) -> ! {
    host::fail(format_args!("{panic}"))
}
