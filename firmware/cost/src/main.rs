//! The program for QEMU: `cargo run --release -- bench firmware` of the workspace above builds and starts it.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod machine;

/// There is nothing to run without the machine.
#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    eprintln!("this is firmware: cargo build --release -p cost --target thumbv8m.main-none-eabihf");
    std::process::ExitCode::from(2)
}
