//! The program that counts: `firmware/cost` of the clone, built by cargo, run by QEMU.

use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::firmware::Program;

const COST: Program = Program { package: "cost", target: "thumbv8m.main-none-eabihf", instead: "" };
const QEMU: &str = "qemu-system-arm";
/// A Cortex-M33 on which one instruction takes a nanosecond, and nothing but semihosting to talk to.
const MACHINE: [&str; 10] =
    ["-M", "mps2-an505", "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "none"];

/// What the program says: a line of JSON for each thing that it measured.
pub(super) fn output(rounds: u32) -> anyhow::Result<String> {
    let elf = COST.build()?;
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
