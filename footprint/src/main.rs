//! The same as a program without an operating system; on the host it is an empty one.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod bare {
    /// Where the linker starts to count what is used.
    #[allow(unsafe_code, reason = "the linker's entry needs a name of its own")]
    #[unsafe(no_mangle)]
    extern "C" fn _start() -> ! {
        core::hint::black_box(footprint::run_with_anything());
        loop {}
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        loop {}
    }
}

#[cfg(not(target_os = "none"))]
fn main() {}
