//! What QEMU gives beside the machine (semihosting): the time, a word at the start, and an end that is seen.

use core::fmt::{Arguments, Write};

use cortex_m_semihosting::{debug, hio};
use qemu::WallTime;

/// The host's clock.
#[derive(Debug)]
pub(super) struct HostTime;

impl WallTime for HostTime {
    fn seconds(&mut self) -> i64 {
        // SYS_TIME has 32 bits: they end in 2106.
        i64::from(call::time())
    }
}

/// Whether this word was given when the machine was started.
pub(super) fn was_told(word: &str) -> bool {
    let mut line = [0; 256];
    let length = call::command_line(&mut line).min(line.len());
    line[..length].split(|byte| *byte == b' ' || *byte == 0).any(|told| told == word.as_bytes())
}

/// Says something to whoever started QEMU.
pub(super) fn report(what: Arguments<'_>) {
    if let Ok(mut host) = hio::hstderr() {
        // There is nobody else to tell.
        let _ = writeln!(host, "firmware: {what}");
    }
}

/// Says why, and ends QEMU with exit code 1.
pub(super) fn end(why: &str) -> ! {
    report(format_args!("{why}"));
    loop {
        debug::exit(debug::EXIT_FAILURE);
    }
}

mod call {
    #![allow(unsafe_code, reason = "semihosting takes addresses")]

    use cortex_m_semihosting::{nr, syscall};

    pub(super) fn time() -> u32 {
        // SAFETY: it takes nothing and gives the seconds since 1970.
        unsafe { syscall!(TIME) as u32 }
    }

    /// Fills in the command line; its length, 0 when there is none.
    pub(super) fn command_line(line: &mut [u8]) -> usize {
        let block = [line.as_mut_ptr() as usize, line.len()];
        // SAFETY: the block has the buffer and its length, which the host writes at most, and both are replaced.
        let failed = unsafe { cortex_m_semihosting::syscall(nr::GET_CMDLINE, &block) };
        if failed == 0 { line.iter().position(|byte| *byte == 0).unwrap_or(line.len()) } else { 0 }
    }
}
