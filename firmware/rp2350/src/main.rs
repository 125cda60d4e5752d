//! The program of the board.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod board;

#[cfg(not(target_os = "none"))]
fn main() -> std::process::ExitCode {
    eprintln!("this is firmware: cargo build --release -p rp2350 --target thumbv8m.main-none-eabihf");
    std::process::ExitCode::from(2)
}
