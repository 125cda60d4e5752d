//! The firmware for QEMU's `ast1030-evb`: a Cortex-M4, two W25Q64 behind its FMC, a UART as the COM port.
//!
//! `stelala device qemu` builds it, starts QEMU with it, and gives it its flashes.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod machine;

/// There is nothing to run without the machine.
#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    eprintln!("this is firmware: cargo build --release -p qemu --target thumbv7em-none-eabihf");
    std::process::ExitCode::from(2)
}
