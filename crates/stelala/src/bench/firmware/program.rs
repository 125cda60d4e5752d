//! The program that counts: `firmware/cost` of the clone, built by cargo, run by QEMU.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use serde_json::Value;

const TARGET: &str = "thumbv8m.main-none-eabihf";
/// In a clone.
const MANIFEST: &str = "firmware/cost/Cargo.toml";
const QEMU: &str = "qemu-system-arm";
/// A Cortex-M33 on which one instruction takes a nanosecond, and nothing but semihosting to talk to.
const MACHINE: [&str; 10] =
    ["-M", "mps2-an505", "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "none"];

/// What the program says: a line of JSON for each thing that it measured.
pub(super) fn output(rounds: u32) -> anyhow::Result<String> {
    let folder = folder()?;
    eprintln!("building firmware/cost…");
    let elf = build(&folder)?;
    eprintln!("running it on QEMU, about a second a round…");
    let mut qemu = Command::new(QEMU);
    qemu.args(MACHINE).arg("-semihosting-config");
    qemu.arg(format!("enable=on,target=native,arg=cost,arg={rounds}"));
    qemu.arg("-kernel").arg(&elf).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ended = qemu.output().with_context(|| {
        format!("{QEMU} cannot be started: install QEMU for Arm (Debian: apt-get install qemu-system-arm)")
    })?;
    if !ended.status.success() {
        bail!("the program did not come to its end ({}), for the reason above", ended.status);
    }
    String::from_utf8(ended.stdout).context("the program's output")
}

/// The firmware's workspace.
fn folder() -> anyhow::Result<PathBuf> {
    let here = std::env::current_dir().context("the current folder")?;
    let clone = here.ancestors().find(|folder| folder.join(MANIFEST).is_file());
    clone.map(|clone| clone.join("firmware")).with_context(|| {
        format!("no {MANIFEST} in {} or above it: run this in a clone of the repository", here.display())
    })
}

/// The program's file.
fn build(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--release", "--package", "cost", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::inherit());
    let ended = cargo.output().context("cargo cannot be started: install Rust")?;
    if !ended.status.success() {
        bail!(
            "firmware/cost was not built, for the reason above; if it is the target that is missing: rustup target add {TARGET}"
        );
    }
    let messages = String::from_utf8(ended.stdout).context("cargo's output")?;
    let files = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let files: Vec<Value> = files.filter(|message| message["target"]["name"] == "cost").collect();
    let elf = files.iter().find_map(|message| message["executable"].as_str());
    elf.map(PathBuf::from).context("cargo did not say where the program is: update cargo")
}
