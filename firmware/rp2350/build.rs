//! Puts the board's memory map where the linker finds it.

use std::{env, fs, path::PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    #[allow(clippy::disallowed_methods, reason = "so a build script is told what to do")]
    let variable = |name| env::var_os(name).expect("cargo sets it for build scripts");
    if variable("CARGO_CFG_TARGET_OS") != "none" {
        return;
    }
    let out = PathBuf::from(variable("OUT_DIR"));
    fs::copy("memory.x", out.join("memory.x")).expect("the output folder can be written");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=--nmagic");
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
