//! What PREPARE and COMMIT cost a Cortex-M33, counted in QEMU, and how long they take with the board's parts.

#![allow(clippy::float_arithmetic, reason = "times and their ratios are not money")]

mod budget;
mod limits;
mod measured;
mod program;
mod table;

use std::process::ExitCode;

use self::{limits::Verdict, measured::Measured};

pub(super) fn run(rounds: u32, json: bool) -> anyhow::Result<ExitCode> {
    let measured = Measured::read(&program::output(rounds)?)?;
    let verdict = Verdict::of(&measured)?;
    if json {
        table::print_json(&measured, &verdict)?;
    } else {
        table::print(&measured, &verdict)?;
    }
    Ok(ExitCode::from(u8::from(!verdict.is_kept())))
}
